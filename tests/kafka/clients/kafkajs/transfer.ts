import type { Consumer, EachBatchPayload, Kafka, Producer } from 'kafkajs';
import type { ArgsOf } from '../../operations.ts';
import { aborted, Cannot } from '../line-server.ts';
import type { Operate, Session } from '../line-server.ts';

/** Consumes, and produces what it has consumed, in transactions with the offsets of its group. */
export function transferWith(kafka: Kafka): Operate['transfer'] {
  return async (args, session) => {
    if (args.asMember) throw new Cannot('kafkajs names no member with the offsets of a transaction');
    const { group: groupId, transactionalId, sessionTimeoutMs: sessionTimeout } = args;
    const consumer = kafka.consumer({
      groupId,
      sessionTimeout,
      heartbeatInterval: Math.min(1000, sessionTimeout / 4),
      maxWaitTimeInMs: 500,
      readUncommitted: false,
    });
    const producer = kafka.producer({
      transactionalId,
      idempotent: true,
      maxInFlightRequests: 1,
      allowAutoTopicCreation: false,
    });
    await Promise.all([consumer.connect(), producer.connect()]);
    try {
      await run({ consumer, producer, args }, session);
    } finally {
      await Promise.all([consumer.disconnect(), producer.disconnect()]);
    }
    return {};
  };
}

async function run(
  { consumer, producer, args }: { consumer: Consumer; producer: Producer; args: ArgsOf<'transfer'> },
  session: Session,
): Promise<void> {
  const failed = Promise.withResolvers<never>();
  let count = 0;
  await consumer.subscribe({ topic: args.topic, fromBeginning: true });
  await consumer.run({
    autoCommit: false,
    eachBatchAutoResolve: false,
    eachBatch: async (batch) => {
      try {
        for (const messages of chunks(batch.batch.messages, args.recordsMax)) {
          if (!batch.isRunning() || batch.isStale()) return;
          await transferOnce({ producer, args, messages, batch }, () =>
            session.tell('sent', { count: count + messages.length }),
          );
          count += messages.length;
          session.tell('transferred', { count });
        }
      } catch (error) {
        failed.reject(error);
        throw error;
      }
    },
  });
  await Promise.race([aborted(session.signal), failed.promise]);
}

type Messages = EachBatchPayload['batch']['messages'];

async function transferOnce(
  o: { producer: Producer; args: ArgsOf<'transfer'>; messages: Messages; batch: EachBatchPayload },
  tellSent: () => void,
): Promise<void> {
  const { producer, args, messages, batch } = o;
  const { partition, topic } = batch.batch;
  const transaction = await producer.transaction();
  try {
    await transaction.send({
      topic: args.to,
      acks: -1,
      messages: messages.map(({ key, value, timestamp }) => ({ key, value, timestamp, partition })),
    });
    tellSent();
    await new Promise((resolve) => setTimeout(resolve, args.pauseMs));
    const { offset } = messages.at(-1)!;
    const topics = [{ topic, partitions: [{ partition, offset: String(Number(offset) + 1) }] }];
    await transaction.sendOffsets({ consumerGroupId: args.group, topics });
    await transaction.commit();
    batch.resolveOffset(offset);
    await batch.heartbeat();
  } catch (error) {
    await transaction.abort().catch(() => undefined);
    throw error;
  }
}

function chunks(messages: Messages, size: number): Messages[] {
  return Array.from({ length: Math.ceil(messages.length / size) }, (_, index) =>
    messages.slice(index * size, (index + 1) * size),
  );
}
