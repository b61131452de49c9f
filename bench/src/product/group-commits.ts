/*
 * Many members, each of a group of its own, that commit one offset after another, each awaited, while records are
 * produced to another topic. Every commit is durable before it is answered, and so is every record.
 */
import { connect } from '@q/client';
import type { GroupConsumer } from '@q/client';
import { recordValue } from '../ceiling/record-values.ts';
import { report, workerOptions } from '../measure/worker-channel.ts';

export interface GroupCommitsOptions {
  readonly url: string;
  readonly committers: number;
  readonly recordsPerSecond: number;
  readonly warmUpMs: number;
  readonly measureMs: number;
}

/** Records that can be committed. */
const first = 1000;
const producedPartitions = 12;

const options = workerOptions<GroupCommitsOptions>();
const q = await connect(options.url);
await q.admin.createTopic('consumed', { partitions: 1 });
await q.admin.createTopic('produced', { partitions: producedPartitions });
const producer = q.producer();
const record = { value: recordValue(100) };
await producer.sendBatch(
  'consumed',
  Array.from({ length: first }, () => record),
);

const consumers: GroupConsumer[] = Array.from({ length: options.committers }, (_, index) =>
  q.consumer('consumed', { group: `group-${index}`, autoCommit: false }),
);
await Promise.all(consumers.map((consumer) => consumer.ready()));

let isOver = false;
let committed = 0;
let produced = 0;

/** Sends what is due, in steps of a few milliseconds, until it is over. */
async function produce(): Promise<void> {
  const startMs = performance.now();
  let sent = 0;
  while (!isOver) {
    const due = ((performance.now() - startMs) * options.recordsPerSecond) / 1000;
    const sends: Promise<unknown>[] = [];
    for (; sent < due; sent += 1)
      sends.push(producer.send('produced', { ...record, partition: sent % producedPartitions }));
    await Promise.all(sends);
    produced += sends.length;
    await new Promise((resolve) => setImmediate(resolve));
  }
}

async function commit(consumer: GroupConsumer): Promise<void> {
  for (let offset = 1; !isOver; offset = (offset % first) + 1) {
    await consumer.commit([{ partition: 0, offset }]);
    committed += 1;
  }
}

const work = Promise.all([produce(), ...consumers.map(commit)]);
const pause = (ms: number): Promise<unknown> => Promise.race([work, new Promise((resolve) => setTimeout(resolve, ms))]);
await pause(options.warmUpMs);
committed = 0;
produced = 0;
await report('measuring');
const startMs = performance.now();
await pause(options.measureMs);
const elapsedMs = performance.now() - startMs;
await report('result', { commits: committed, records: produced, elapsedMs });
isOver = true;
await work;
