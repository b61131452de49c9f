/*
 * A group of which one member goes away while records flow through all partitions: closed in an orderly way, or killed.
 * Says how long the partitions that stay where they are paused, and how long the others took to flow again.
 *
 * The topic's durability is `os`: records must come evenly in all partitions, whatever the disk does, so that a pause
 * is one of the group's. What the group stores is synced all the same.
 */
import { connect } from '@q/client';
import type { GroupConsumer } from '@q/client';
import { setTimeout as sleep } from 'node:timers/promises';
import { Worker } from '../measure/worker.ts';
import { report, workerOptions } from '../measure/worker-channel.ts';
import { DeliveryWatch } from './delivery-watch.ts';
import type { GroupMemberOptions } from './group-member.ts';

export interface GroupRebalanceOptions {
  readonly url: string;
  readonly members: number;
  readonly partitions: number;
  readonly how: 'close' | 'kill';
  readonly sessionTimeoutMs: number;
  readonly settleMs: number;
  readonly timeoutMs: number;
}

const options = workerOptions<GroupRebalanceOptions>();
const { url, members, partitions, how, sessionTimeoutMs, settleMs, timeoutMs } = options;
const topic = 'bench';
const group = 'group';
const share = partitions / members;
const recordEveryMs = 10;

const q = await connect(url);
await q.admin.createTopic(topic, { partitions, config: { durability: 'os' } });
const producer = q.producer();
let isOver = false;

async function produce(): Promise<void> {
  while (!isOver) {
    const sends = Array.from({ length: partitions }, (_, partition) => producer.send(topic, { partition, value: 'x' }));
    await Promise.all([...sends, sleep(recordEveryMs)]);
  }
}

async function until(what: string, holds: () => boolean): Promise<void> {
  const deadlineMs = performance.now() + timeoutMs;
  while (!holds()) {
    if (performance.now() > deadlineMs) throw new Error(`not within ${timeoutMs} ms: ${what}`);
    await sleep(2);
  }
}

const watch = new DeliveryWatch();
const clients = await Promise.all(Array.from({ length: members }, () => connect(url)));
const here: GroupConsumer[] = clients
  .slice(how === 'kill' ? 1 : 0)
  .map((client) => client.consumer(topic, { group, sessionTimeoutMs }));
const loops = Promise.all(here.map((consumer) => watch.follow(consumer)));
const producing = produce();
await using victim =
  how === 'kill'
    ? Worker.start('product/group-member.ts', {
        url,
        topic,
        group,
        sessionTimeoutMs,
        partitions: share,
      } satisfies GroupMemberOptions)
    : null;
const victimOwns = (await victim?.next<{ owned: readonly number[] }>('ready', timeoutMs))?.owned;
await until('the group is balanced', () => here.every((consumer) => consumer.partitions.length === share));
await sleep(settleMs);

await report('measuring');
const leaver = victim === null ? here[0]! : null;
const moving = victimOwns ?? leaver!.partitions;
watch.begin({ moving, leaver });
await sleep(settleMs);
const quietGapMs = watch.gapMsMax;
watch.begin({ moving, leaver });
const startMs = performance.now();
await Promise.all([leaver?.close(), victim?.stop()]);
await until('all partitions flow again', () => watch.flowing.size === share);
const flowMs = Math.max(...watch.flowing.values()) - startMs;
await sleep(settleMs);
await report('result', { gapMs: watch.gapMsMax, quietGapMs, flowMs });
isOver = true;
await producing;
await Promise.all(clients.map((client) => client.close()));
await loops;
await q.close();
