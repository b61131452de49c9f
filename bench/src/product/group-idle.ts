/*
 * Members of many groups that have nothing to do: each has joined, owns its share, and waits for records that never
 * come.
 */
import { connect } from '@q/client';
import type { GroupConsumer } from '@q/client';
import { setTimeout as sleep } from 'node:timers/promises';
import { report, workerOptions } from '../measure/worker-channel.ts';

export interface GroupIdleOptions {
  readonly url: string;
  readonly groups: number;
  readonly membersPerGroup: number;
  readonly measureMs: number;
}

/** Held heartbeats and fetches take up room on a connection, which has room for 2048 requests. */
const membersPerConnection = 100;

const options = workerOptions<GroupIdleOptions>();
const members = options.groups * options.membersPerGroup;
const clients = await Promise.all(
  Array.from({ length: Math.ceil(members / membersPerConnection) }, () => connect(options.url)),
);
await clients[0]!.admin.createTopic('bench', { partitions: options.membersPerGroup });

const consumers: GroupConsumer[] = Array.from({ length: members }, (_, index) =>
  clients[Math.floor(index / membersPerConnection)]!.consumer('bench', { group: `group-${index % options.groups}` }),
);
let taken = 0;
const loops = consumers.map(async (consumer) => {
  for await (const message of consumer) {
    taken += 1;
    message.ack();
  }
});
const broken = Promise.all(loops).then(() => {
  throw new Error('a member has left');
});
await Promise.race([broken, Promise.all(consumers.map((consumer) => consumer.ready()))]);
while (consumers.some(({ partitions }) => partitions.length !== 1)) await Promise.race([broken, sleep(100)]);

await report('measuring');
const startMs = performance.now();
await Promise.race([broken, sleep(options.measureMs)]);
if (taken > 0) throw new Error(`${taken} records came from nowhere`);
await report('result', { members, elapsedMs: performance.now() - startMs });
