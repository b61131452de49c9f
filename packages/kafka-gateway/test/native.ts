import { connect } from '@q/client';
import type { Message, Q } from '@q/client';
import type { Broker } from '@q/broker';
import { onTestFinished } from 'vitest';

/** A client of the native protocol, gone with the test. */
export async function nativeClient(broker: Broker): Promise<Q> {
  const q = await connect(`q://127.0.0.1:${broker.port}`, { clientId: 'native' });
  onTestFinished(async () => void (await q.close()));
  return q;
}

/** The first `count` messages of a topic, as a native consumer reads them. */
export async function readNatively(q: Q, topic: string, count: number): Promise<Message[]> {
  await using consumer = q.consumer(topic, { from: 'earliest' });
  const messages: Message[] = [];
  for await (const message of consumer) {
    messages.push(message);
    if (messages.length === count) break;
  }
  return messages;
}
