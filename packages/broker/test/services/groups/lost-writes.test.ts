/**
 * Members come, let go, commit and leave, operators delete, and the disk loses rounds whenever it likes. Whatever
 * happens, what the broker holds in memory is in the end exactly what the log says: that is what the next start reads.
 */
import { GroupImage, recordsOf } from '@q/coordinator';
import type { GroupRecord, HeartbeatCommand, LoadedGroup, PartitionsByTopic, StepContext } from '@q/coordinator';
import { ManualClock, SeededRandom } from '@q/testkit';
import { expect, it } from 'vitest';
import { GroupCoordinator } from '../../../src/services/groups/group-coordinator.ts';
import { GroupDirectory } from '../../../src/services/groups/group-directory.ts';
import { groupRecords } from '../../../src/services/groups/group-records.ts';
import { StateLog } from '../../../src/state-log/state-log.ts';
import { replayGroups } from '../../../src/services/groups/groups-replay.ts';
import { HeldHeartbeats } from '../../../src/services/groups/held-heartbeats.ts';
import { defaultLimits } from '../../../src/limits.ts';
import { silentLogger } from '../../../src/logger.ts';
import { FakeLog } from '../../fakes/fake-log.ts';
import { ForgetfulLog } from '../../fakes/forgetful-log.ts';
import { emptyRegistry, partitionWith, topicOf } from '../../fakes/topics.ts';

function setUp(random: SeededRandom) {
  const clock = new ManualClock();
  const log = new ForgetfulLog(random);
  const groupsLog = new StateLog({
    records: groupRecords,
    log,
    create: () => Promise.resolve(log),
    clock,
    logger: silentLogger,
  });
  const directory = new GroupDirectory({ log: groupsLog, limits: { groupsMax: 10 } });
  const registry = emptyRegistry();
  const topic = topicOf({ name: 'orders' });
  for (let count = 0; count < 6; count += 1) partitionWith(new FakeLog(), topic);
  registry.addInternal(topic);
  const held = new HeldHeartbeats(clock);
  const coordinator = new GroupCoordinator({
    directory,
    held,
    registry,
    clock,
    limits: defaultLimits,
    logger: silentLogger,
  });
  return { clock, log, groupsLog, directory, coordinator, topicId: topic.id };
}

type World = ReturnType<typeof setUp>;

function heartbeat(memberId: string, memberEpoch: number, owned: PartitionsByTopic | null): HeartbeatCommand {
  const rest = { instanceId: null, clientId: 'test', host: '', rebalanceTimeoutMs: -1, assignor: null, stalledMs: 0 };
  const topics = memberEpoch === 0 ? ['orders'] : null;
  return { kind: 'heartbeat', memberId, memberEpoch, sessionTimeoutMs: -1, topics, owned, ...rest };
}

/** One thing that happens to one group. */
function act({ directory, coordinator, topicId }: World, random: SeededRandom): void {
  const live = directory.obtain(random.chance(0.5) ? 'g' : 'h');
  const memberId = `member ${random.below(3)}`;
  const member = live.group?.members.get(memberId);
  const what = random.next();
  if (what < 0.4) {
    const place = { topicId, partition: random.below(6) };
    const offset = random.below(100);
    live.putOffset(place, { offset, leaderEpoch: 0, metadata: null, committedAtMs: offset }, offset);
  } else if (what < 0.45) {
    live.deleteOffset({ topicId, partition: random.below(6) });
  } else if (what < 0.5 && (live.group?.members.size ?? 0) === 0) {
    coordinator.remove(live);
  } else if (member === undefined) {
    coordinator.step(live, heartbeat(memberId, 0, new Map()));
  } else {
    const isLeaving = random.chance(0.2);
    coordinator.step(
      live,
      heartbeat(memberId, isLeaving ? -1 : member.memberEpoch, isLeaving ? null : member.assigned),
    );
  }
  directory.forgetIfGone(live);
}

/** Everything of the groups that a restart has to bring back, in an order of its own. */
function durableOf(groups: Iterable<LoadedGroup>, context: StepContext): Record<string, unknown> {
  const keyOf = (record: GroupRecord): string => (record.kind === 'member' ? record.member.memberId : '');
  const byKey = (left: GroupRecord, right: GroupRecord): number => (keyOf(left) < keyOf(right) ? -1 : 1);
  return Object.fromEntries(
    [...groups].map(({ groupId, group, offsets }) => [
      groupId,
      {
        records: group === null ? [] : recordsOf(group, context).sort(byKey),
        offsets: Object.fromEntries([...offsets.entries()].map(({ partition, committed }) => [partition, committed])),
      },
    ]),
  );
}

it('G2 C4 memory and log say the same, whichever rounds the disk loses', async () => {
  let lost = 0;
  let kept = 0;
  for (let seed = 1; seed <= 60; seed += 1) {
    const random = new SeededRandom(seed);
    const world = setUp(random);
    const { clock, log, groupsLog, directory, coordinator } = world;
    for (let count = 0; count < 150; count += 1) {
      act(world, random);
      if (random.chance(0.3)) await clock.runDeferred();
      if (random.chance(0.2)) {
        log.end();
        // The loss is told step by step, and requests do not wait for that.
        for (let turn = random.below(6); turn > 0; turn -= 1) {
          await Promise.resolve();
          act(world, random);
        }
      }
    }
    const drained = groupsLog.drain();
    for (let round = 0; round < 3; round += 1) {
      log.end();
      await clock.runDeferred();
    }
    await drained;
    coordinator.stop();
    await clock.runDeferred();

    const image = new GroupImage();
    await replayGroups(log, image);
    const context = coordinator.context();
    expect(durableOf(directory.groups(), context), `seed ${seed}`).toEqual(durableOf(image.groups(context), context));
    lost += log.lost;
    kept += log.batches.length;
  }
  // Otherwise nothing was put to the test.
  expect(lost).toBeGreaterThan(200);
  expect(kept).toBeGreaterThan(500);
});
