/*
 * Consume, process, produce: reads records as a member of a group, and writes each of them to another topic, so many at
 * a time; in a transaction with their offsets, or in none. Goes on until it is stopped.
 */
import { connect } from '@q/client';
import type { GroupMessage, Q, Transaction } from '@q/client';
import { ReadMeter } from '../measure/read-meter.ts';
import { report, workerOptions } from '../measure/worker-channel.ts';

export interface ProductProcessOptions {
  readonly url: string;
  readonly from: string;
  /** One that is not there yet. */
  readonly to: string;
  /** Those that are measured; the topic has at least two rounds more. */
  readonly records: number;
  readonly recordsPerRound: number;
  readonly isTransactional: boolean;
}

const { url, from, to, records, recordsPerRound, isTransactional } = workerOptions<ProductProcessOptions>();
const q = await connect(url);
await q.admin.createTopic(to, { partitions: 1 });
const meter = new ReadMeter(records, () => void report('measuring'));
let handled = 0;

/** What was handled before is acknowledged or committed by now. */
function nextRound(count: number): void {
  if (meter.isDone) return;
  meter.add(handled);
  handled = count;
  if (meter.isDone) void report('result', meter.result());
}

async function copy(messages: readonly GroupMessage[], out: Pick<Transaction, 'enqueue' | 'ready'>): Promise<void> {
  nextRound(messages.length);
  for (const { value } of messages) if (!out.enqueue(to, { value })) await out.ready();
}

async function exactlyOnce(client: Q): Promise<void> {
  const consumer = client.consumer(from, { group: 'bench', autoCommit: false });
  await consumer.process(client.producer({ transactionalId: 'bench' }), { maxRecords: recordsPerRound }, copy);
}

async function atLeastOnce(client: Q): Promise<void> {
  const producer = client.producer();
  let messages: GroupMessage[] = [];
  for await (const message of client.consumer(from, { group: 'bench' })) {
    messages.push(message);
    if (messages.length < recordsPerRound) continue;
    await copy(messages, producer);
    await producer.flush();
    for (const each of messages) each.ack();
    messages = [];
  }
}

await (isTransactional ? exactlyOnce(q) : atLeastOnce(q));
