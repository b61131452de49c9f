import { readFileSync } from 'node:fs';
import { Producer } from '@platformatic/kafka';
import type { LoginArgs } from '../../operations.ts';

/** Shows who it is, and sends one record. */
export async function logIn(args: LoginArgs): Promise<Record<string, never>> {
  const { bootstrap, mechanism, username, password, caFile, topic, value } = args;
  const producer = new Producer({
    clientId: 'rig-platformatic-login',
    bootstrapBrokers: [bootstrap],
    autocreateTopics: false,
    retries: 2,
    retryDelay: 50,
    sasl: mechanism === 'OAUTHBEARER' ? { mechanism, token: password } : { mechanism, username, password },
    ...(caFile !== null && { tls: { ca: [readFileSync(caFile, 'utf8')] } }),
  });
  try {
    await producer.send({ acks: -1, messages: [{ topic, partition: 0, value: Buffer.from(value) }] });
  } finally {
    await producer.close();
  }
  return {};
}
