/*
 * Puts a known number of records into a topic, for a consumer to read: says `ready` when the topic is there, and waits
 * for the go-ahead.
 */
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
}

const { topic, partitions, shape, records, durability, fromMs, isNew, ...place } = workerOptions<FillOptions>();
const q = await comeIn(place);
// Nothing is to expire, however old it says it is.
if (isNew) await q.admin.createTopic(topic, { partitions, config: { durability, 'retention.ms': -1 } });
const producer = q.producer({ compression: shape.codec });
const values = recordValues(shape);
const goes = goAhead();
await report('ready');
await goes;
for (let count = 0; count < records; count += 1) {
  const value = values[count % values.length]!;
  const record = fromMs === null ? { value } : { value, timestampMs: fromMs + count };
  // False: it was taken, and is to be the last one for now.
  if (!producer.enqueue(topic, record)) await producer.ready();
}
await producer.flush();
await report('result', { records });
