import { readFileSync } from 'node:fs';
import kafkajs from 'kafkajs';
import type { SASLOptions } from 'kafkajs';
import type { LoginArgs } from '../../operations.ts';

const { Kafka, logLevel } = kafkajs;

/** Shows who it is, and sends one record. */
export async function logIn(args: LoginArgs): Promise<Record<string, never>> {
  const { bootstrap, caFile, topic, value } = args;
  const kafka = new Kafka({
    clientId: 'rig-kafkajs-login',
    brokers: [bootstrap],
    logLevel: logLevel.NOTHING,
    retry: { initialRetryTime: 50, maxRetryTime: 200, retries: 2 },
    sasl: saslOf(args),
    ...(caFile !== null && { ssl: { ca: [readFileSync(caFile, 'utf8')] } }),
  });
  const producer = kafka.producer({ allowAutoTopicCreation: false });
  try {
    await producer.connect();
    await producer.send({ topic, acks: -1, messages: [{ partition: 0, value }] });
  } finally {
    await producer.disconnect();
  }
  return {};
}

function saslOf({ mechanism, username, password }: LoginArgs): SASLOptions {
  switch (mechanism) {
    case 'PLAIN':
      return { mechanism: 'plain', username, password };
    case 'SCRAM-SHA-256':
      return { mechanism: 'scram-sha-256', username, password };
    case 'SCRAM-SHA-512':
      return { mechanism: 'scram-sha-512', username, password };
    case 'OAUTHBEARER':
      return { mechanism: 'oauthbearer', oauthBearerProvider: async () => ({ value: password }) };
  }
}
