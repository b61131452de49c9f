import { seededRandom } from '@q/testkit';
import type { SeededRandom, Weather } from '@q/testkit';
import type { StorageLimits } from '@q/storage';

/** Everything about a run that is drawn from its seed before it begins. A shrunk run overrides some of it. */
export interface SimulationPlan {
  readonly seed: number;
  /** How long faults last, in simulated ms. */
  readonly faultsMs: number;
  readonly producers: number;
  readonly recordsPerProducer: number;
  readonly readers: number;
  /** Crashes of the broker, of either kind. */
  readonly crashes: number;
  /** Of a crash: the power fails, and does not only the process die. */
  readonly powerCutShare: number;
  /** Further disks that each power cut might have left, checked by opening their logs. */
  readonly imagesPerCrash: number;
  readonly weather: Weather;
  readonly diskDelayMsMax: number;
  /** Writes, syncs and other operations that fail, over the whole run. */
  readonly diskFaults: number;
  /** How often the disk is full for a while. */
  readonly fullDisks: number;
  /** Of a send: its producer pauses behind it. Rare pauses make large bursts. */
  readonly pauses: number;
  readonly hasTopicChanges: boolean;
  /** Of one consumer group. */
  readonly members: number;
  readonly partitions: number;
  /** Producers send to one log only: its rounds hold many batches, over several segments. */
  readonly isFocused: boolean;
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
  const rate = random.pick([0, 0.002, 0.01, 0.03]);
  return {
    seed,
    faultsMs: random.between(1_000, 20_000),
    producers: random.between(1, 4),
    recordsPerProducer: random.between(10, 150),
    readers: random.between(1, 2),
    crashes: random.between(1, 10),
    powerCutShare: random.pick([0, 0.5, 1, 1]),
    imagesPerCrash: 8,
    weather: { delayMsMax: random.pick([1, 5, 40]), refuse: rate * 5, reset: rate, silence: rate / 4, split: random.pick([0, 0.3]), stall: random.pick([0, 0.02]) },
    diskDelayMsMax: random.pick([0.2, 2, 20]),
    diskFaults: random.pick([0, 0, 2, 6]),
    fullDisks: random.pick([0, 0, 3]),
    pauses: random.pick([0.03, 0.1, 0.3]),
    hasTopicChanges: random.chance(0.5),
    members: random.pick([0, 1, 2, 3]),
    partitions: random.between(1, 3),
    isFocused: random.chance(0.3),
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
      ...planJournal(seededRandom(~seed)),
    },
    ...overrides,
  };
}

/** Small files, so that they are filled, emptied and written over many times in a run; or no journal. */
function planJournal(random: SeededRandom): Partial<StorageLimits> {
  return {
    journalFiles: random.pick([0, 1, 2, 3]),
    journalFileBytes: random.pick([16_384, 65_536]),
    journalPieceBytesMax: random.pick([600, 4_096]),
    journalEntryBytes: random.pick([1_000, 1 << 20]),
    journalRoundsBefore: random.pick([0, 2, 10]),
  };
}
