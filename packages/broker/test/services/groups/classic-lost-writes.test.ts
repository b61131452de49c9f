/**
 * Members of classic groups come, ask, leave and hang up, and the disk loses rounds whenever it likes. Whoever asks is
 * answered, and what the broker holds in memory is in the end what the log says.
 */
import { classicRecordsOf, GroupImage } from '@q/coordinator';
import type { ClassicGroup, GroupRecord } from '@q/coordinator';
import { ManualClock, SeededRandom } from '@q/testkit';
import { expect, it } from 'vitest';
import { ClassicCoordinator } from '../../../src/services/groups/classic-coordinator.ts';
import { ClassicGroups } from '../../../src/services/groups/classic-groups.ts';
import { GroupDirectory } from '../../../src/services/groups/group-directory.ts';
import { groupRecords } from '../../../src/services/groups/group-records.ts';
import { replayGroups } from '../../../src/services/groups/groups-replay.ts';
import { StateLog } from '../../../src/state-log/state-log.ts';
import { defaultLimits } from '../../../src/limits.ts';
import { silentLogger } from '../../../src/logger.ts';
import { FakeCaller } from '../../fakes/fake-caller.ts';
import { ForgetfulLog } from '../../fakes/forgetful-log.ts';

function setUp(random: SeededRandom) {
  const clock = new ManualClock();
  const log = new ForgetfulLog(random);
  const stateLog = new StateLog({
    records: groupRecords,
    log,
    create: () => Promise.resolve(log),
    clock,
    logger: silentLogger,
  });
  const directory = new GroupDirectory({ log: stateLog, limits: { groupsMax: 10 } });
  const limits = { ...defaultLimits, groupInitialDelayMs: 100 };
  const coordinator = new ClassicCoordinator({ directory, clock, limits, logger: silentLogger });
  const classic = new ClassicGroups({ directory, coordinator, random, grown: () => undefined });
  return { clock, log, stateLog, directory, coordinator, classic };
}

type World = ReturnType<typeof setUp>;

const waiting = new Set<FakeCaller>();

function ask(world: World, random: SeededRandom): void {
  const groupId = random.chance(0.5) ? 'g' : 'h';
  const group = world.directory.find(groupId)?.classic ?? null;
  const ids = [...(group?.members.keys() ?? []), ...(group?.pending.keys() ?? [])];
  const memberId = ids[random.below(ids.length < 3 || random.chance(0.1) ? ids.length + 1 : ids.length)] ?? '';
  const claim = { memberId, instanceId: null, generation: group?.generation ?? 0 };
  const what = random.next();
  const caller = new FakeCaller();
  const answered = (): void => void waiting.delete(caller);
  if (what >= 0.85 && what < 0.9) {
    [...waiting].at(random.below(waiting.size))?.signal.abort();
    return;
  }
  waiting.add(caller);
  if (what < 0.45) {
    const protocols = [{ name: 'range', metadata: Buffer.from(`${random.below(3)}`) }];
    const times = { sessionTimeoutMs: 6_000, rebalanceTimeoutMs: 9_000 };
    const how = { protocolType: 'consumer', protocols, needsId: random.chance(0.5), knowsSkipping: true };
    void world.classic.join({ groupId, memberId, instanceId: null, ...times, ...how }, caller).then(answered, answered);
  } else if (what < 0.8) {
    const assignments = [{ memberId, assignment: Buffer.from(`${random.below(3)}`) }];
    const how = { groupId, protocolType: null, protocolName: null, assignments };
    void world.classic.sync({ ...how, ...claim }, caller).then(answered, answered);
  } else if (what < 0.85) void world.classic.leave(groupId, [claim]).then(answered, answered);
  else void world.classic.heartbeat(groupId, claim).then(answered, answered);
}

async function storedGroups({ log }: World): Promise<Map<string, ClassicGroup>> {
  const image = new GroupImage();
  await replayGroups(log, image);
  const groups = new Map<string, ClassicGroup>();
  for (const { groupId, classic } of image.groups(now)) if (classic !== null) groups.set(groupId, classic);
  return groups;
}

const now = { nowMs: 0, wallMs: 0 };

/** But for the moment since which it is empty, which the clock of the restart shifts. */
function durableOf(group: ClassicGroup): readonly GroupRecord[] {
  const records = classicRecordsOf({ ...group, emptySinceMs: null }, now);
  return records.toSorted((left, right) => (idOf(left) < idOf(right) ? -1 : 1));
}

function idOf(record: GroupRecord): string {
  return record.kind === 'classic-member' ? record.member.memberId : '';
}

it('B1 everybody is answered, and memory and log say the same, whichever rounds the disk loses', async () => {
  let [lost, compared] = [0, 0];
  for (let seed = 1; seed <= 60; seed += 1) {
    const random = new SeededRandom(seed);
    const world = setUp(random);
    const { clock, log, stateLog, directory, coordinator } = world;
    waiting.clear();
    for (let count = 0; count < 200; count += 1) {
      ask(world, random);
      if (random.chance(0.3)) await clock.runDeferred();
      if (random.chance(0.05)) await clock.advance(random.below(8_000));
      if (!random.chance(0.25)) continue;
      log.end();
      for (let turn = random.below(6); turn > 0; turn -= 1) {
        await Promise.resolve();
        ask(world, random);
      }
    }
    const drained = stateLog.drain();
    for (let round = 0; round < 5; round += 1) {
      log.end();
      await clock.runDeferred();
    }
    await drained;
    const stored = await storedGroups(world);
    for (const { groupId, classic } of directory.groups()) {
      if (classic === null || classic.stored === null) continue;
      compared += 1;
      const state = classic.stored.isAssigned ? 'Stable' : 'CompletingRebalance';
      expect(durableOf({ ...classic, ...classic.stored, state }), `seed ${seed}`).toEqual(
        durableOf(stored.get(groupId)!),
      );
    }
    // Everybody is silent from now on: nobody waits for ever.
    for (let round = 0; round < 20; round += 1) {
      await clock.advance(20_000);
      log.end();
      await clock.runDeferred();
    }
    expect(waiting.size, `seed ${seed}`).toBe(0);
    for (const { memberCount } of directory.groups()) expect(memberCount, `seed ${seed}`).toBe(0);
    coordinator.stop();
    lost += log.lost;
  }
  // Otherwise nothing was put to the test.
  expect(lost).toBeGreaterThan(200);
  expect(compared).toBeGreaterThan(30);
});
