/**
 * Gathers the facts: what costs little at every look, what costs more at every few of them.
 *
 * Invariant: at most one question to the disk is under way. One that does not come back leaves the last answer in
 * force, and costs one thread of the pool.
 */
import type { Clock } from '../../clock.ts';
import type {
  DescriptorFacts,
  DiskFacts,
  GroupBehind,
  HealthFacts,
  HoldingTransaction,
  PartitionTrouble,
} from './facts.ts';
import { GroupLags } from './group-lags.ts';
import type { HealthSources } from './health-sources.ts';
import type { HealthThresholds } from './thresholds.ts';

/** One look in so many asks what costs more. */
const slowEvery = 5;
/** Parts of the time over which syncs count. */
export const syncSlots = 12;
/** Of fewer syncs than this one slow one would decide. */
const syncsMin = 100;
/** More partitions in trouble than the board takes are the same trouble. */
const troublesMax = 200;
/** Transactions that hang because one program hangs are one trouble, and must not crowd out the others. */
const holdingMax = 20;
const minuteMs = 60_000;

export class HealthLook {
  readonly #clock: Clock;
  readonly #sources: HealthSources;
  readonly #lags: GroupLags;
  #looks = 0;
  #isAsking = false;
  #disk: DiskFacts | null = null;
  #partitions: readonly PartitionTrouble[] = [];
  #holding: readonly HoldingTransaction[] = [];
  #limit: Omit<DescriptorFacts, 'open'>;
  #refused = { full: 0, files: 0 };
  /** How many logins were refused by each look of the last minute. */
  #refusedLogins: { readonly atMs: number; readonly count: number }[] = [];
  #rounds = 0;
  #stuckSinceMs: number | null = null;
  #slotBeganMs: number;

  constructor(clock: Clock, sources: HealthSources) {
    this.#clock = clock;
    this.#sources = sources;
    this.#lags = new GroupLags(sources.lags);
    this.#limit = sources.descriptors();
    this.#newlyRefused();
    this.#slotBeganMs = clock.monotonic();
  }

  /** How far every group is behind, as far as it has been looked at. */
  lags(): readonly GroupBehind[] {
    return this.#lags.lags({ nowMs: this.#clock.monotonic(), wallMs: this.#clock.now() });
  }

  /** Since when the round of writes that is under way has been so, in ms; 0 when nothing waits. */
  stuckMs(): number {
    const { stats, pendingBytes } = this.#sources.store;
    const nowMs = this.#clock.monotonic();
    if (pendingBytes === 0) this.#stuckSinceMs = null;
    else if (this.#stuckSinceMs === null || stats.rounds !== this.#rounds) this.#stuckSinceMs = nowMs;
    this.#rounds = stats.rounds;
    return this.#stuckSinceMs === null ? 0 : nowMs - this.#stuckSinceMs;
  }

  take(thresholds: HealthThresholds, { loopBlockedMs }: { readonly loopBlockedMs: number }): HealthFacts {
    if (this.#looks++ % slowEvery === 0) this.#lookFurther(thresholds);
    const time = { nowMs: this.#clock.monotonic(), wallMs: this.#clock.now() };
    this.#lags.look(time, thresholds);
    this.#turnSlot(thresholds);
    const { store, budget, connections, connectionsMax, usage, residentBytesMax, syncs, throttled } = this.#sources;
    const { heldBytes, softBytes, hardBytes } = budget;
    const open = connections();
    return {
      disk: this.#disk,
      room: { ...store.room, ...this.#newlyRefused() },
      syncs: syncs.summary({ countMin: syncsMin }),
      stuckMs: this.stuckMs(),
      loopBlockedMs,
      memory: { heldBytes, softBytes, hardBytes, residentBytes: usage().rssBytes, residentBytesMax },
      connections: { open, max: connectionsMax() },
      descriptors: { ...this.#limit, open: open + store.stats.openFiles },
      certificates: this.#sources
        .certificates()
        .flatMap(({ listener, certificates }) =>
          certificates.map(({ subject, validToMs }) => ({ listener, name: subject, leftMs: validToMs - time.wallMs })),
        ),
      partitions: this.#partitions,
      refusedLogins: this.#refusedWithinMinute(time.nowMs),
      throttled: throttled(),
      holding: this.#holding,
      groups: this.#lags.behind(time),
    };
  }

  #refusedWithinMinute(nowMs: number): number {
    const count = this.#sources.refusedLogins();
    this.#refusedLogins = this.#refusedLogins.filter(({ atMs }) => nowMs - atMs < minuteMs);
    this.#refusedLogins.push({ atMs: nowMs, count });
    return count - this.#refusedLogins[0]!.count;
  }

  #newlyRefused(): { readonly refused: number; readonly refusedFiles: number } {
    const { appendsRefusedFull: all, appendsRefusedFiles: files } = this.#sources.store.stats;
    const full = all - files;
    const newly = { refused: full - this.#refused.full, refusedFiles: files - this.#refused.files };
    this.#refused = { full, files };
    return newly;
  }

  #turnSlot({ syncWindowMs }: HealthThresholds): void {
    const nowMs = this.#clock.monotonic();
    if (nowMs - this.#slotBeganMs < syncWindowMs / syncSlots) return;
    this.#slotBeganMs = nowMs;
    this.#sources.syncs.turn();
  }

  #lookFurther({ transactionHoldsMs: leastMs }: HealthThresholds): void {
    this.#partitions = this.#troubles();
    this.#holding = this.#sources.holding({ leastMs, countMax: holdingMax });
    this.#limit = this.#sources.descriptors();
    if (this.#isAsking) return;
    this.#isAsking = true;
    void this.#sources.store
      .diskSpace()
      .then(
        (space) => void (this.#disk = space),
        // What a disk says that does not answer: the last that is known stays, and its writes tell the rest.
        () => undefined,
      )
      .finally(() => (this.#isAsking = false));
  }

  #troubles(): PartitionTrouble[] {
    const troubles: PartitionTrouble[] = [];
    for (const { name: topic, partitions } of this.#sources.registry.topics()) {
      for (const { index: partition, trouble, log } of partitions) {
        if (trouble === null || troubles.length >= troublesMax) continue;
        const kind = log === null ? 'closed' : 'quarantined';
        troubles.push({ kind, topic, partition, reason: trouble.message });
      }
    }
    return troubles;
  }
}
