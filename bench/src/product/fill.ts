/* Puts a known number of records into a topic, for a consumer to read. Not measured. */
import { connect } from '@q/client';
import { recordValue } from '../ceiling/full-batch.ts';
import { report, workerOptions } from '../measure/worker-channel.ts';

export interface FillOptions {
  readonly url: string;
  readonly topic: string;
  readonly partitions: number;
  readonly valueBytes: number;
  readonly records: number;
}

const options = workerOptions<FillOptions>();
const q = await connect(options.url);
await q.admin.createTopic(options.topic, { partitions: options.partitions, config: { durability: 'os' } });
const producer = q.producer();
const record = { value: recordValue(options.valueBytes) };
for (let count = 0; count < options.records; count += 1) {
  // False: it was taken, and is to be the last one for now.
  if (!producer.enqueue(options.topic, record)) await producer.ready();
}
await producer.flush();
await report('result', { records: options.records });
