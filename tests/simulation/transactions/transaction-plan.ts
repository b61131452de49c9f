import type { StorageLimits } from '@q/storage';
import { seededRandom } from '@q/testkit';
import { planJournal } from '../simulation-plan.ts';

/** What one simulation of transactions is made of, drawn from its seed. */
export interface TransactionPlan {
  readonly seed: number;
  /** Transactional ids; some are used by two instances at once. */
  readonly ids: number;
  readonly rivals: number;
  /** Ids that keep their epoch, as clients of the first version of the protocol do. */
  readonly oldIds: number;
  /** How many transactions each instance begins. */
  readonly transactionsEach: number;
  readonly workers: number;
  readonly partitions: number;
  readonly crashes: number;
  readonly powerCutShare: number;
  readonly diskFaults: number;
  readonly fullDisks: number;
  readonly operatorAborts: number;
  readonly deletesTopic: boolean;
  readonly faultsMs: number;
  readonly diskDelayMsMax: number;
  readonly timeoutMsMin: number;
  readonly timeoutMsMax: number;
  /** Longest pause between two steps of an instance. */
  readonly pauseMsMax: number;
  readonly segmentBytes: number;
  readonly maintenanceIntervalMs: number;
  readonly storageLimits: Partial<StorageLimits>;
}

export function planTransactions(seed: number): TransactionPlan {
  const random = seededRandom(seed ^ 0x7472);
  return {
    seed,
    ids: random.between(2, 10),
    rivals: random.pick([0, 1, 3]),
    oldIds: random.pick([0, 0, 2]),
    transactionsEach: random.between(20, 50),
    workers: random.pick([0, 1, 2]),
    partitions: random.between(1, 4),
    crashes: random.pick([0, 2, 6, 12]),
    powerCutShare: random.pick([0, 0.5, 1, 1]),
    diskFaults: random.pick([0, 0, 5]),
    fullDisks: random.pick([0, 0, 3]),
    operatorAborts: random.pick([0, 5]),
    deletesTopic: random.chance(0.3),
    faultsMs: random.between(500, 4_000),
    diskDelayMsMax: random.pick([0, 0, 0, 0.5, 3]),
    timeoutMsMin: random.pick([20, 300, 2_000]),
    timeoutMsMax: random.pick([2_000, 5_000]),
    pauseMsMax: random.pick([2, 20, 60]),
    segmentBytes: random.pick([1_024, 2_000, 20_000]),
    maintenanceIntervalMs: random.pick([20, 100, 1_000]),
    storageLimits: {
      openFilesMax: random.pick([1, 2, 64]),
      tailCacheBytes: random.pick([0, 2_048, 1 << 20]),
      checkpointBytes: random.pick([500, 500, 3_000]),
      checkpointBytesMax: random.pick([3_000, 128 << 20]),
      compactionMapBytesMax: random.pick([400, 1 << 20]),
      diskReserveBytes: 0,
      reserveFileBytes: 64 << 10,
      assertRounds: random.pick([1, 0]),
      ...(random.chance(0.5) ? { journalFiles: 0 } : planJournal(random)),
    },
  };
}
