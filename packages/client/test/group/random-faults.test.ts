import { seededRandom } from '@q/testkit';
import type { SeededRandom } from '@q/testkit';
import { describe, expect, it } from 'vitest';

import type { GroupMessage } from '../../src/group/group-message.ts';
import { clientLimits } from '../../src/limits.ts';
import type { RequestFault } from '../fake/fake-broker.ts';
import { GroupScene } from '../fake/group-scene.ts';

const partitions = 4;
const records = 60;

/** Faults of everything that a group does, now and then; and assignments that come and go. */
function disturb(scene: GroupScene, random: SeededRandom, o: { memberId: string; untilMs: number }): void {
  const faults: RequestFault[] = ['cut', 'silence', 'BROKER_BUSY'];
  scene.broker.faults = ({ api }) => {
    const isTarget = api === 'GROUP_HEARTBEAT' || api === 'COMMIT_OFFSET' || api === 'FETCH_OFFSET' || api === 'FETCH';
    return isTarget && scene.clock.monotonic() < o.untilMs && random.chance(0.03) ? random.pick(faults) : 'none';
  };
  const next = (): void => {
    if (scene.clock.monotonic() >= o.untilMs) {
      if (scene.group.members.has(o.memberId)) scene.group.assign(o.memberId, [...scene.group.topic.logs.keys()]);
      return;
    }
    const isMember = scene.group.members.has(o.memberId);
    if (isMember && random.chance(0.1)) scene.group.expel(o.memberId);
    else if (isMember)
      scene.group.assign(
        o.memberId,
        [...scene.group.topic.logs.keys()].filter(() => random.chance(0.6)),
      );
    scene.clock.schedule(random.between(200, 8_000), next);
  };
  next();
}

describe('a group consumer under random faults', () => {
  it.each(Array.from({ length: 25 }, (_, seed) => seed + 1))(
    'C4 G2 W3 loses nothing, and commits nothing that was not handled (seed %i)',
    async (seed) => {
      const scene = await GroupScene.start({
        partitions,
        records,
        keys: (index) => (index % 5 === 0 ? null : `k${index % 6}`),
      });
      const random = seededRandom(seed);
      const isByKey = random.chance(0.5);
      const consumer = scene.consumer({
        drainTimeoutMs: 1_000,
        ...(isByKey ? { concurrency: { by: 'key', max: 5 } } : {}),
      });
      const handled = scene.group.topic.logs.map(() => new Set<number>());
      const commits = scene.group.commits;
      const notHandled: string[] = [];
      const push = commits.push.bind(commits);
      commits.push = (...added): number => {
        for (const { partition, offset } of added) {
          for (let before = 0; before < offset; before += 1)
            if (handled[partition]?.has(before) !== true)
              notHandled.push(`${partition}:${before} of a commit of ${offset}`);
        }
        return push(...added);
      };
      const running = consumer.run(async (message: GroupMessage) => {
        await new Promise<void>((resolve) => void scene.clock.schedule(random.between(1, 300), resolve));
        handled[message.partition]?.add(message.offset);
      });
      await scene.settle(consumer.ready());
      disturb(scene, random, { memberId: consumer.memberId, untilMs: 120_000 });
      const isDone = (): boolean =>
        scene.group.topic.logs.every((log, partition) => scene.group.committedOffset(partition) === log.endOffset);
      await scene.until(() => scene.clock.monotonic() > 125_000);
      await scene.until(isDone);
      expect(notHandled).toEqual([]);
      expect(handled.map(({ size }) => size)).toEqual(handled.map(() => records));
      await scene.settle(scene.q.close());
      expect((await running).abandoned).toBe(0);
      // The fake broker may still hold a heartbeat or a fetch that was cut off.
      await scene.clock.advance(Math.max(scene.group.heartbeatMs, clientLimits.fetchIdleWaitMs));
      expect(scene.clock.pending).toBe(0);
    },
  );
});
