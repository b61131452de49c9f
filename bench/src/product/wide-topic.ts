/* A topic of many partitions with a record in each. */
import { connect } from '@q/client';
import { report, workerOptions } from '../measure/worker-channel.ts';

export interface WideTopicOptions {
  readonly url: string;
  readonly topic: string;
  readonly partitions: number;
}

const { url, topic, partitions } = workerOptions<WideTopicOptions>();
const q = await connect(url, { requestTimeoutMs: 120_000 });
await q.admin.createTopic(topic, { partitions });
const producer = q.producer();
await Promise.all(
  Array.from({ length: partitions }, (_, partition) => producer.send(topic, { value: `in ${partition}`, partition })),
);
await report('result');
