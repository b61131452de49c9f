import { Consumer, FetchIsolationLevels, Producer } from '@platformatic/kafka';
import type { BaseOptions, Message } from '@platformatic/kafka';
import type { ArgsOf } from '../../operations.ts';
import { aborted } from '../line-server.ts';
import type { Operate, Session } from '../line-server.ts';

/** Consumes, and produces what it has consumed, in transactions with the offsets of its group: one record each. */
export function transferWith(base: BaseOptions): Operate['transfer'] {
  return async (args, session) => {
    const { group: groupId, transactionalId, sessionTimeoutMs: sessionTimeout } = args;
    const consumer = new Consumer({
      ...base,
      groupId,
      sessionTimeout,
      rebalanceTimeout: Math.max(10_000, sessionTimeout),
      heartbeatInterval: Math.min(1000, sessionTimeout / 4),
      maxWaitTime: 500,
      isolationLevel: FetchIsolationLevels.READ_COMMITTED,
    });
    const producer = new Producer({ ...base, idempotent: true, transactionalId });
    try {
      await Promise.race([run({ consumer, producer, args }, session), aborted(session.signal)]);
    } finally {
      await Promise.all([consumer.close(true), producer.close(true)]);
    }
    return {};
  };
}

async function run(
  { consumer, producer, args }: { consumer: Consumer; producer: Producer; args: ArgsOf<'transfer'> },
  session: Session,
): Promise<void> {
  const stream = await consumer.consume({
    topics: [args.topic],
    autocommit: false,
    mode: 'committed',
    fallbackMode: 'earliest',
  });
  let count = 0;
  for await (const message of stream) {
    await transferOnce({ consumer, producer, args, message }, () => session.tell('sent', { count: count + 1 }));
    count += 1;
    session.tell('transferred', { count });
  }
}

async function transferOnce(
  o: { consumer: Consumer; producer: Producer; args: ArgsOf<'transfer'>; message: Message },
  tellSent: () => void,
): Promise<void> {
  const { consumer, producer, args, message } = o;
  const { key, value, partition, timestamp } = message;
  const transaction = await producer.beginTransaction();
  try {
    await transaction.addConsumer(consumer);
    await transaction.send({ messages: [{ topic: args.to, key, value, partition, timestamp }] });
    tellSent();
    await new Promise((resolve) => setTimeout(resolve, args.pauseMs));
    await transaction.addOffset(message);
    await transaction.commit();
  } catch (error) {
    await transaction.abort().catch(() => undefined);
    throw error;
  }
}
