/*
 * Puts a known number of records into a topic, for a consumer to read: says `ready` when the topic is there, and waits
 * for the go-ahead.
 */
import type { Producer } from '@q/client';
import type { CodecName } from '@q/protocol';
import { recordValues } from '../ceiling/record-values.ts';
import type { ValueShape } from '../ceiling/record-values.ts';
import { goAhead, report, workerOptions } from '../measure/worker-channel.ts';
import { comeIn } from './way-in.ts';
import type { WayIn } from './way-in.ts';

export interface FillOptions {
  readonly url: string;
  readonly wayIn?: WayIn;
  readonly topic: string;
  readonly partitions: number;
  readonly shape: ValueShape & { readonly codec: CodecName };
  readonly records: number;
  readonly durability: 'fsync' | 'os';
  /** Of the first record; each one after it is a millisecond younger. Null: now. */
  readonly fromMs: number | null;
  /** False: the topic is there already, and gets more. */
  readonly isNew: boolean;
  /** In transactions of so many records, all committed; absent: in none. */
  readonly recordsPerTransaction?: number;
}

const { topic, partitions, shape, records, durability, fromMs, isNew, recordsPerTransaction, ...place } =
  workerOptions<FillOptions>();
const q = await comeIn(place);
// Nothing is to expire, however old it says it is.
if (isNew) await q.admin.createTopic(topic, { partitions, config: { durability, 'retention.ms': -1 } });
const values = recordValues(shape);

async function send(to: Pick<Producer, 'enqueue' | 'ready'>, from: number, until: number): Promise<void> {
  for (let count = from; count < until; count += 1) {
    const value = values[count % values.length]!;
    const record = fromMs === null ? { value } : { value, timestampMs: fromMs + count };
    // False: it was taken, and is to be the last one for now.
    if (!to.enqueue(topic, record)) await to.ready();
  }
}

async function sendAll(): Promise<void> {
  const producer = q.producer({ compression: shape.codec });
  await send(producer, 0, records);
  await producer.flush();
}

async function sendInTransactions(size: number): Promise<void> {
  const producer = q.producer({ transactionalId: 'fill', compression: shape.codec });
  for (let from = 0; from < records; from += size)
    await producer.transaction((tx) => send(tx, from, Math.min(records, from + size)));
}

const goes = goAhead();
await report('ready');
await goes;
await (recordsPerTransaction === undefined ? sendAll() : sendInTransactions(recordsPerTransaction));
await report('result', { records });
