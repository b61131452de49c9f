import { seededRandom } from '@q/testkit';
import type { DiskOperation, SeededRandom, Weather } from '@q/testkit';
import type { StorageLimits } from '@q/storage';
import type { TopicKind } from './simulated-topics.ts';
import { drawProfile, profilePlan } from './simulation-profile.ts';
import type { SimulationProfile } from './simulation-profile.ts';

/** Where a crash comes: the n-th of these operations; null: of any. */
export interface CrashPoint {
  readonly operation: DiskOperation | null;
  /** Only on files with this in their path. */
  readonly inPath?: string;
}

/** Often before a sync: much is unsynced then. */
const crashPoints: readonly CrashPoint[] = [
  { operation: null },
  { operation: 'datasync' },
  { operation: 'datasync' },
  { operation: 'syncDirectory' },
  { operation: 'rename' },
];

/** Everything about a run that is drawn from its seed before it begins. A shrunk run overrides some of it. */
export interface SimulationPlan {
  readonly seed: number;
  readonly profile: SimulationProfile;
  /** How long faults last, in simulated ms. */
  readonly faultsMs: number;
  readonly producers: number;
  readonly recordsPerProducer: number;
  readonly readers: number;
  /** Crashes of the broker, of either kind. */
  readonly crashes: number;
  readonly crashPoints: readonly CrashPoint[];
  /** Of a start after a crash: the next crash comes right behind it, before the last one is got over. */
  readonly relapses: number;
  /** Of a crash: the power fails, and does not only the process die. */
  readonly powerCutShare: number;
  /** Further disks that each power cut might have left, checked by opening their logs. */
  readonly imagesPerCrash: number;
  readonly weather: Weather;
  readonly diskDelayMsMax: number;
  /** Writes, syncs and other operations that fail, over the whole run. */
  readonly diskFaults: number;
  /** Half of them are syncs of the data folder. */
  readonly isFolderBad: boolean;
  /** How often the disk is full for a while. */
  readonly fullDisks: number;
  /** Of a send: its producer pauses behind it. Rare pauses make large bursts. */
  readonly pauses: number;
  readonly hasTopicChanges: boolean;
  /** Of one consumer group. */
  readonly members: number;
  /** How long a member stays at most, before something becomes of it. */
  readonly memberLifeMsMax: number;
  /** How long a member may take to give a partition up. */
  readonly rebalanceTimeoutMs: number;
  /** Idempotent producers that speak Kafka, and members of a classic group. In most runs there are none. */
  readonly kafkaProducers: number;
  readonly kafkaMembers: number;
  readonly partitions: number;
  /** Producers send to this topic only: rounds hold many batches, over several segments. Null: to all. */
  readonly focus: Exclude<TopicKind, 'trimmed'> | null;
  readonly segmentBytes: number;
  readonly indexIntervalBytes: number;
  readonly maintenanceIntervalMs: number;
  readonly paddingBytesMax: number;
  readonly batchBytesMax: number;
  readonly deliveryTimeoutMs: number;
  readonly maxInFlight: number;
  readonly compression: 'none' | 'gzip' | 'zstd';
  readonly looseDurability: 'interval' | 'os';
  readonly storageLimits: Partial<StorageLimits>;
}

export type PlanOverrides = Partial<Omit<SimulationPlan, 'seed'>>;

export function planSimulation(seed: number, overrides: PlanOverrides = {}): SimulationPlan {
  const random = seededRandom(seed);
  const plan = { ...drawPlan(seed, random), ...planKafka(seed) };
  const profile = overrides.profile ?? plan.profile;
  return { ...plan, ...profilePlan(profile, plan, random), ...overrides, profile };
}

function drawPlan(seed: number, random: SeededRandom): Omit<SimulationPlan, 'kafkaProducers' | 'kafkaMembers'> {
  const rate = random.pick([0, 0.002, 0.01, 0.03]);
  return {
    seed,
    profile: drawProfile(random),
    faultsMs: random.between(1_000, 20_000),
    producers: random.between(1, 4),
    recordsPerProducer: random.between(10, 150),
    readers: random.between(1, 2),
    crashes: random.between(1, 10),
    crashPoints,
    relapses: random.pick([0, 0, 0.3]),
    powerCutShare: random.pick([0, 0.5, 1, 1]),
    imagesPerCrash: 8,
    weather: {
      delayMsMax: random.pick([1, 5, 40]),
      refuse: rate * 5,
      reset: rate,
      silence: rate / 4,
      split: random.pick([0, 0.3]),
      stall: random.pick([0, 0.02]),
    },
    diskDelayMsMax: random.pick([0.2, 2, 20]),
    diskFaults: random.pick([0, 0, 2, 6]),
    isFolderBad: false,
    fullDisks: random.pick([0, 0, 3]),
    pauses: random.pick([0.03, 0.1, 0.3]),
    hasTopicChanges: random.chance(0.5),
    members: random.pick([0, 1, 2, 3]),
    memberLifeMsMax: random.pick([1_000, 8_000]),
    rebalanceTimeoutMs: random.pick([60_000, 60_000, 2_000]),
    partitions: random.between(1, 3),
    focus: random.chance(0.3) ? 'kept' : null,
    segmentBytes: random.pick([1_024, 1_024, 4_096, 65_536]),
    indexIntervalBytes: random.pick([128, 500, 4_096]),
    maintenanceIntervalMs: random.pick([50, 400, 3_000]),
    paddingBytesMax: random.pick([1, 200, 1_000]),
    batchBytesMax: random.pick([512, 2_048, 65_536]),
    deliveryTimeoutMs: random.pick([1_500, 10_000, 3_600_000]),
    maxInFlight: random.between(1, 5),
    compression: random.pick(['none', 'none', 'gzip', 'zstd']),
    looseDurability: random.pick(['interval', 'os']),
    storageLimits: {
      openFilesMax: random.pick([1, 2, 64]),
      tailCacheBytes: random.pick([0, 2_048, 1 << 20]),
      indexCacheBytes: random.pick([0, 200, 1 << 20]),
      checkpointBytes: random.pick([500, 500, 3_000]),
      checkpointBytesMax: random.pick([3_000, 128 << 20]),
      roundBytesMax: random.pick([1_000, 1 << 20]),
      readBlockBytes: random.pick([4_096, 1 << 16]),
      compactionMapBytesMax: random.pick([400, 1 << 20]),
      diskReserveBytes: 0,
      reserveFileBytes: 64 << 10,
      // What holds of a log is checked after every round of it.
      assertRounds: 1,
      // Frames lie in memory that is written over as soon as it is free: whoever still looks at it then is found out.
      appendBuffersBytesMin: 256,
      appendBuffersBytes: 64 << 10,
      appendBuffersSharedBytes: random.pick([1_024, 8_192]),
      ...planJournal(random),
    },
  };
}

/** Drawn from a stream of its own: runs without Kafka clients are what they were before there were any. */
function planKafka(seed: number): Pick<SimulationPlan, 'kafkaProducers' | 'kafkaMembers'> {
  const random = seededRandom(seed ^ 0x6b61);
  if (random.chance(0.7)) return { kafkaProducers: 0, kafkaMembers: 0 };
  return { kafkaProducers: random.between(1, 2), kafkaMembers: random.between(0, 3) };
}

/** Small files, so that they are filled, emptied and written over many times in a run; or no journal. */
export function planJournal(random: SeededRandom): Partial<StorageLimits> {
  return {
    journalFiles: random.pick([0, 1, 2, 3]),
    journalFileBytes: random.pick([16_384, 65_536]),
    journalPieceBytesMax: random.pick([600, 4_096]),
    journalEntryBytes: random.pick([1_000, 1 << 20]),
    journalMissesBefore: random.pick([0, 2, 10]),
  };
}
