/**
 * How batches are checked without holding up everybody: on the spot where that takes little, else apart: in slices, and
 * gzip and zstd in the thread pool.
 *
 * Invariants:
 *  1. In one turn of the event loop batches become no more than `checkTurnBytesMax` bytes on the spot, whoever sent
 *     them. What was sent plain is as large as it was on the wire, and takes nothing of that.
 *  2. Apart, `checksMax` checks of up to `largeCheckBytesMin` bytes are under way at once, and `largeChecksMax` of
 *     larger ones, which therefore keep nobody waiting but each other. This also bounds the memory of what they become.
 */
import {
  batchBaseOffset,
  batchRecordsCount,
  checkWorkBytes,
  peekMessageIdsInSlices,
  rebuildBatchInSlices,
  recompressBatchInPool,
  validateBatchInSlices,
} from '@q/protocol';
import type { BatchHeader, CodecName, SliceOptions, ValidateBatchOptions } from '@q/protocol';
import type { RestOfBatch } from '@q/storage';
import type { Clock } from '../../clock.ts';
import type { CallerSignal } from '../../caller.ts';
import type { BrokerLimits } from '../../limits.ts';
import { WorkLane } from '../work-lane.ts';
import type { SentAway } from '../work-lane.ts';

type CheckLimit = 'checkTurnBytesMax' | 'largeCheckBytesMin' | 'checksMax' | 'largeChecksMax';

/** What a topic wants of a batch. */
export interface BatchWishes {
  readonly validate: ValidateBatchOptions;
  /** The codec that the topic forces, or null. */
  readonly recompressTo: CodecName | null;
  readonly wantsMessageIds: boolean;
}

/** Who asks for a check, and where the batch is to go. */
export interface CheckOf {
  readonly signal: CallerSignal;
  readonly timeoutMs: number;
  /** Which records the log has already, by their message ids. */
  readonly repeatsOf: (messageIds: readonly (string | null)[]) => number[];
}

/** A batch that may be appended. */
export interface CheckedBatch {
  readonly header: BatchHeader;
  readonly batch: Buffer;
  readonly messageIds: readonly (string | null)[] | null;
  /** What is left without repeats, as they were found when it was checked apart. */
  readonly rest: RestOfBatch | null;
}

const sentAway: SentAway = {
  late: (timeoutMs) =>
    `the broker had no time to check the records within ${timeoutMs} ms, and has not written them; send smaller batches, or again after a pause`,
  gone: 'the connection ended before the records were checked; they were not written',
};

export class BatchChecks {
  readonly #clock: Clock;
  readonly #limits: Pick<BrokerLimits, CheckLimit>;
  readonly #lane: WorkLane;
  readonly #largeLane: WorkLane;
  #leftThisTurn: number;
  #turnIsNoted = false;

  constructor({ clock, limits }: { clock: Clock; limits: Pick<BrokerLimits, CheckLimit> }) {
    this.#clock = clock;
    this.#limits = limits;
    this.#lane = new WorkLane({ clock, placesMax: limits.checksMax, sentAway });
    this.#largeLane = new WorkLane({ clock, placesMax: limits.largeChecksMax, sentAway });
    this.#leftThisTurn = limits.checkTurnBytesMax;
  }

  /** Whether a batch takes so little that it is to be checked on the spot. If so, it is taken for checked. */
  takeTurn(records: Buffer, recompressTo: CodecName | null): boolean {
    const workBytes = checkWorkBytes(records, recompressTo);
    if (workBytes > this.#limits.checkTurnBytesMax) return false;
    const grownBytes = workBytes - records.length;
    if (grownBytes <= 0) return true;
    if (grownBytes > this.#leftThisTurn) return false;
    this.#leftThisTurn -= grownBytes;
    if (!this.#turnIsNoted) {
      this.#turnIsNoted = true;
      this.#clock.defer(this.#nextTurn);
    }
    return true;
  }

  /**
   * Checks a batch apart. `records` must not change before the promise settles.
   * @throws QError as `validateBatch`; REQUEST_TIMED_OUT when it got no place in time
   */
  async check(records: Buffer, wishes: BatchWishes, asking: CheckOf): Promise<CheckedBatch> {
    const workBytes = checkWorkBytes(records, wishes.recompressTo);
    const lane = workBytes > this.#limits.largeCheckBytesMin ? this.#largeLane : this.#lane;
    await lane.enter(asking);
    try {
      const { pause } = this;
      const header = await validateBatchInSlices(records, { ...wishes.validate, pause });
      const { uncompressedBytesMax } = wishes.validate;
      const messageIds = wishes.wantsMessageIds
        ? await peekMessageIdsInSlices(records, { uncompressedBytesMax, pause })
        : null;
      const { recompressTo } = wishes;
      const batch =
        recompressTo === null
          ? records
          : await recompressBatchInPool(records, recompressTo, { uncompressedBytesMax, pause });
      const options = { uncompressedBytesMax, pause };
      const rest = messageIds === null ? null : await restOf(batch, asking.repeatsOf(messageIds), options);
      return { header, batch, messageIds, rest };
    } finally {
      lane.leave();
    }
  }

  /** Lets the event loop take a turn. */
  readonly pause = (): Promise<void> => new Promise((resolve) => this.#clock.defer(resolve));

  readonly #nextTurn = (): void => {
    this.#turnIsNoted = false;
    this.#leftThisTurn = this.#limits.checkTurnBytesMax;
  };
}

/** Null where that takes no time: without repeats, or with nothing else. */
async function restOf(batch: Buffer, leftOut: readonly number[], options: SliceOptions): Promise<RestOfBatch | null> {
  if (leftOut.length === 0 || leftOut.length === batchRecordsCount(batch)) return null;
  const indexes = new Set(leftOut);
  const baseOffset = batchBaseOffset(batch);
  const rest = await rebuildBatchInSlices(batch, ({ offset }) => !indexes.has(offset - baseOffset), options);
  return rest === null ? null : { leftOut, batch: rest };
}
