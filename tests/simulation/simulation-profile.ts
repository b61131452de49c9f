import type { StorageLimits } from '@q/storage';
import type { SeededRandom } from '@q/testkit';
import { anewName } from './simulated-topics.ts';
import type { CrashPoint, SimulationPlan } from './simulation-plan.ts';

/**
 * What a run dwells on. Every fourth one is `mixed`, drawn without a thought; the others draw again what some chain of
 * events depends on that a mixed run meets once in hundreds of seeds.
 */
const special = ['rounds', 'overlaps', 'restarts', 'topics', 'compaction', 'groups'] as const;
export type SimulationProfile = 'mixed' | (typeof special)[number];

type Drawn = Partial<Omit<SimulationPlan, 'seed' | 'profile'>>;

export function drawProfile(random: SeededRandom): SimulationProfile {
  if (random.chance(0.25)) return 'mixed';
  // Groups have more ways to go wrong than any other.
  return random.pick([...special, 'groups', 'groups']);
}

export function parseProfile(name: string): SimulationProfile {
  const profile = ['mixed' as const, ...special].find((each) => each === name);
  if (profile === undefined) throw new Error(`there is no profile "${name}": use mixed, ${special.join(', ')}`);
  return profile;
}

export function profilePlan(profile: SimulationProfile, plan: SimulationPlan, random: SeededRandom): Drawn {
  switch (profile) {
    case 'mixed':
      return {};
    case 'rounds':
      return rounds(plan, random);
    case 'overlaps':
      return overlaps(plan, random);
    case 'restarts':
      return restarts(plan, random);
    case 'topics':
      return topics(plan, random);
    case 'compaction':
      return compaction(plan, random);
    case 'groups':
      return groups(plan, random);
  }
}

/** All of a round is written, and nothing of it synced. */
const roundSync: CrashPoint = { operation: 'datasync', inPath: '.log' };
/** A segment's file may be there, and nothing in it. */
const firstWrite: CrashPoint = { operation: 'write', inPath: '.log' };
/** The folder of a log is there, and not all that tells whose it is. */
const newLog: readonly CrashPoint[] = [
  { operation: 'syncDirectory', inPath: anewName },
  { operation: 'datasync', inPath: anewName },
  { operation: 'syncDirectory', inPath: '/data' },
];
/** What the broker says of groups may be on its way already, though it should not. */
const groupsSync: CrashPoint = { operation: 'datasync', inPath: '__groups' };

/**
 * Rounds of many small batches on a slow disk, and power cuts in the middle of them: holes with whole batches behind.
 */
function rounds({ storageLimits, weather }: SimulationPlan, random: SeededRandom): Drawn {
  return {
    faultsMs: random.between(1_000, 4_000),
    producers: 4,
    recordsPerProducer: random.between(50, 150),
    readers: 1,
    members: 0,
    crashes: random.between(3, 6),
    crashPoints: [roundSync, roundSync, { operation: null }],
    relapses: 0.7,
    powerCutShare: random.pick([0.7, 1]),
    imagesPerCrash: 4,
    // After a failure a producer has one batch on its way for a while.
    weather: { ...weather, refuse: 0, reset: 0, silence: 0, stall: 0 },
    diskFaults: 0,
    fullDisks: 0,
    diskDelayMsMax: 20,
    pauses: 0.03,
    focus: random.pick(['kept', 'compacted']),
    segmentBytes: random.pick([4_096, 65_536]),
    batchBytesMax: 512,
    paddingBytesMax: random.pick([1, 200, 400]),
    maxInFlight: 5,
    storageLimits: { ...storageLimits, ...fewJournals(random), checkpointBytes: 3_000, roundBytesMax: 1 << 20 },
  };
}

/** Checkpoints all the time of a log that is written to now and then: syncs and writes of one file at once. */
function overlaps({ storageLimits }: SimulationPlan, random: SeededRandom): Drawn {
  return {
    faultsMs: random.between(2_000, 6_000),
    producers: random.between(1, 3),
    recordsPerProducer: 100,
    readers: 1,
    members: 0,
    crashes: random.between(4, 8),
    powerCutShare: 1,
    imagesPerCrash: 4,
    diskDelayMsMax: random.pick([5, 20]),
    pauses: 0.3,
    focus: random.pick(['kept', 'loose', 'loose']),
    maintenanceIntervalMs: random.pick([5, 20, 50]),
    segmentBytes: 65_536,
    storageLimits: { ...storageLimits, ...fewJournals(random), checkpointBytes: 1, checkpointBytesMax: 1 },
  };
}

/** One death after another, before the last one is got over; segments begin all the time. */
function restarts({ crashPoints, storageLimits }: SimulationPlan, random: SeededRandom): Drawn {
  return {
    faultsMs: random.between(2_000, 6_000),
    recordsPerProducer: random.between(50, 100),
    crashes: random.between(5, 15),
    relapses: 0.6,
    powerCutShare: 0.5,
    imagesPerCrash: 4,
    segmentBytes: 1_024,
    paddingBytesMax: 400,
    batchBytesMax: 512,
    members: random.pick([0, 1]),
    diskDelayMsMax: random.pick([2, 20]),
    hasTopicChanges: random.chance(0.3),
    crashPoints: [...crashPoints, firstWrite, firstWrite, firstWrite],
    // What is above the recovery point is synced at the next start, names and all: little is to be.
    maintenanceIntervalMs: random.pick([5, 50]),
    storageLimits: { ...storageLimits, ...fewJournals(random), checkpointBytes: random.pick([1, 500]) },
  };
}

/** Topics that come and go between crashes, with checkpoints of all that is in them. */
function topics({ crashPoints, storageLimits }: SimulationPlan, random: SeededRandom): Drawn {
  return {
    faultsMs: random.between(5_000, 20_000),
    producers: 1,
    recordsPerProducer: 20,
    readers: 1,
    members: 0,
    crashes: random.between(5, 15),
    relapses: 0.4,
    powerCutShare: 0.5,
    imagesPerCrash: 4,
    diskDelayMsMax: random.pick([0.2, 2, 20]),
    diskFaults: random.pick([0, 20]),
    isFolderBad: true,
    hasTopicChanges: true,
    crashPoints: [...crashPoints, ...newLog],
    maintenanceIntervalMs: random.pick([20, 50, 3_000]),
    segmentBytes: 1_024,
    storageLimits: { ...storageLimits, ...fewJournals(random), checkpointBytes: 1 },
  };
}

/**
 * Compaction right behind producers that wait for late answers with many batches on their way; snapshots come with
 * compaction alone.
 */
function compaction({ storageLimits, weather }: SimulationPlan, random: SeededRandom): Drawn {
  return {
    faultsMs: random.between(3_000, 8_000),
    producers: 4,
    recordsPerProducer: 150,
    readers: 1,
    members: 0,
    crashes: random.between(5, 12),
    powerCutShare: 0.3,
    imagesPerCrash: 4,
    // Late, and not lost: after a loss a producer has one batch on its way for a while.
    weather: { ...weather, delayMsMax: random.pick([5, 15]), refuse: 0, reset: 0, silence: 0, stall: 0.1 },
    diskDelayMsMax: random.pick([0.5, 2]),
    diskFaults: 0,
    fullDisks: 0,
    pauses: 0.1,
    focus: 'compacted',
    segmentBytes: 1_024,
    maintenanceIntervalMs: random.pick([5, 20]),
    paddingBytesMax: random.pick([200, 400]),
    batchBytesMax: 512,
    deliveryTimeoutMs: 3_600_000,
    maxInFlight: 5,
    compression: 'none',
    storageLimits: {
      ...storageLimits,
      checkpointBytes: 1 << 20,
      checkpointBytesMax: 128 << 20,
      compactionMapBytesMax: 1 << 20,
    },
  };
}

/** Members that come, go, die and stand still, of a broker that has crashes enough to forget what it did not store. */
function groups({ crashPoints }: SimulationPlan, random: SeededRandom): Drawn {
  return {
    faultsMs: random.between(10_000, 30_000),
    producers: random.between(1, 2),
    recordsPerProducer: random.between(50, 150),
    readers: 1,
    members: random.between(2, 5),
    memberLifeMsMax: random.pick([1_000, 4_000, 12_000]),
    partitions: random.between(1, 4),
    crashes: random.between(2, 15),
    imagesPerCrash: 2,
    powerCutShare: 1,
    fullDisks: random.pick([0, 5]),
    diskDelayMsMax: random.pick([2, 20]),
    crashPoints: [...crashPoints, ...crashPoints.map(() => groupsSync)],
    hasTopicChanges: false,
    focus: 'kept',
  };
}

/**
 * With a journal the logs themselves are synced seldom, and so is what is to be seen here: two of three runs have none.
 */
function fewJournals(random: SeededRandom): Partial<StorageLimits> {
  return random.chance(2 / 3) ? { journalFiles: 0 } : {};
}
