import { StorageError } from '../errors.ts';
import type { ErrorDetails } from '../errors.ts';
import type { RoomState, WhenFull } from '../ports/local-store.ts';
import type { RoomWatch } from './room-watch.ts';

/*
 * Admission of appends by room: the cap on all logs together (`storageBytesMax`) and the reserve of free disk.
 *
 * Rules
 * - `refuse`: an append that would pass the cap is refused with STORAGE_FULL (retriable) until retention has made room.
 * - `drop-oldest`: an append may pass the cap by `overshootBytesMax`, so that writers do not wait for each round of
 *   dropping; `needsRoom` says how much is to be dropped, and `onNeedsRoom` is called when that begins. Beyond the
 *   overshoot it is refused like the other.
 * - Under `refuse`, too, repeats may pass the cap so far: a batch whose records are all known stores no record, only
 *   the header that keeps its producer's sequence, and refusing it would keep its sender waiting for room that it does
 *   not need.
 * - What is dropped goes by whole segments, so under `drop-oldest` segments are closed early enough that all active
 *   ones together stay well below the cap (`segmentBytesMax`).
 * - Less free disk than the reserve refuses as well, whatever the cap says: recovery, checkpoints and deletions need
 *   room. On a small disk the reserve is a share of it. Between two looks, appended bytes count as taken from the disk.
 * - Internal topics are exempt from the cap (not from the reserve's lower half: half of it is theirs to use).
 *
 * Bytes are counted when an append is assigned, and given back when it is taken back or its segment goes.
 */

// A small disk must not be reserved away.
const reserveShareMax = 0.05;
/** Of the cap: by how much it may be passed while the oldest segments are being dropped. */
const overshootShareMax = 0.25;
/** Of the cap: what the active segments of all logs may take together. */
const activeShareMax = 0.25;
/** Smaller segments cost more files than they are worth, except where the cap itself is tiny. */
const smallSegmentBytes = 4 << 20;

export interface StorageCapOptions {
  /** Undefined: no cap. */
  readonly bytesMax: number | undefined;
  readonly whenFull: WhenFull;
  readonly overshootBytesMax: number;
  /** Free disk below which appends are refused; 0: not looked at. */
  readonly diskReserveBytes: number;
  readonly openLogs: () => number;
  /** Refusals are counted here. */
  readonly stats: { appendsRefusedFull: number };
  /** The cap was passed; under `drop-oldest` only. Called once until there is room again. */
  readonly onNeedsRoom?: () => void;
  /** An append was refused for what is known of the disk, which may be old: somebody else may have made room. */
  readonly onDiskShort?: () => void;
  /** Hears of every refusal. */
  readonly watch?: Pick<RoomWatch, 'refused'>;
}

export class StorageCap {
  readonly #options: StorageCapOptions;
  #bytesMax: number | undefined;
  #whenFull: WhenFull;
  #usedBytes = 0;
  #freeBytes = Number.POSITIVE_INFINITY;
  #reserveBytes: number;
  #isRoomWanted = false;
  #refusal: string | null = null;

  constructor(options: StorageCapOptions) {
    this.#options = options;
    this.#bytesMax = options.bytesMax;
    this.#whenFull = options.whenFull;
    this.#reserveBytes = options.diskReserveBytes;
  }

  /** Bytes of all logs. */
  get usedBytes(): number {
    return this.#usedBytes;
  }

  /** Free disk, as far as is known. */
  get freeBytes(): number {
    return this.#freeBytes;
  }

  /** Free disk below which appends are refused. */
  get reserveBytes(): number {
    return this.#reserveBytes;
  }

  /** The disk has less room than is kept in reserve, as far as is known. */
  get isDiskShort(): boolean {
    return this.#freeBytes < this.#reserveBytes;
  }

  /** Whether something small would be taken, as far as is known. */
  get hasRoom(): boolean {
    const bytesMax = this.#bytesMax;
    const isCapReached = bytesMax !== undefined && this.#whenFull === 'refuse' && this.#usedBytes >= bytesMax;
    return !this.isDiskShort && !isCapReached && this.#refusal === null;
  }

  get state(): RoomState {
    return {
      usedBytes: this.#usedBytes,
      bytesMax: this.#bytesMax ?? null,
      capRefuses: this.#whenFull === 'refuse',
      isDiskShort: this.isDiskShort,
      reserveBytes: this.#reserveBytes,
      refusal: this.#refusal,
    };
  }

  /** A segment is closed before it grows past this, whatever its log's configuration says. */
  get segmentBytesMax(): number {
    const bytesMax = this.#bytesMax;
    if (bytesMax === undefined || this.#whenFull !== 'drop-oldest') return Number.POSITIVE_INFINITY;
    const share = (bytesMax * activeShareMax) / Math.max(1, this.#options.openLogs());
    return Math.max(share, Math.min(smallSegmentBytes, bytesMax / 8));
  }

  /** How many bytes are to be dropped now; 0 unless `whenFull` is drop-oldest and the cap is passed. */
  get needsRoom(): number {
    if (this.#bytesMax === undefined || this.#whenFull !== 'drop-oldest') return 0;
    return Math.max(0, this.#usedBytes - this.#bytesMax);
  }

  /**
   * Asks for room; takes none.
   * @throws StorageError STORAGE_FULL with details {limit: 'storageBytesMax' | 'diskReserveBytes', …}
   */
  admit(bytes: number, o: { internal: boolean; isRepeat?: boolean }): void {
    const { overshootBytesMax } = this.#options;
    const bytesMax = this.#bytesMax;
    this.#admitByDisk(bytes, o.internal);
    if (this.#refusal !== null && !o.internal) throw this.#refused(this.#refusal, { limit: 'disk' });
    if (bytesMax === undefined || o.internal) return;
    const limit =
      this.#whenFull === 'refuse' && o.isRepeat !== true
        ? bytesMax
        : bytesMax + Math.min(overshootBytesMax, bytesMax * overshootShareMax);
    if (this.#usedBytes + bytes <= limit) return;
    throw this.#refused(
      `the logs hold ${this.#usedBytes} bytes of ${bytesMax} (storageBytesMax); ${bytes} more do not fit until old segments go`,
      { limit: 'storageBytesMax', usedBytes: this.#usedBytes, bytesMax, bytes },
    );
  }

  /** Another cap from now on. What is stored beyond it goes as if it had just been written, or stays. */
  limit(to: Pick<StorageCapOptions, 'bytesMax' | 'whenFull'>): void {
    this.#bytesMax = to.bytesMax;
    this.#whenFull = to.whenFull;
    this.count(0);
  }

  /** Until null comes, nothing is admitted but for internal topics, and this is why. */
  refuse(reason: string | null): void {
    this.#refusal = reason;
  }

  /** Bytes came (positive) or went (negative), here and on the disk. */
  add(bytes: number): void {
    this.#freeBytes -= bytes;
    this.count(bytes);
  }

  /** Bytes went from the disk that are not counted here any more. */
  freed(bytes: number): void {
    this.#freeBytes += bytes;
  }

  /**
   * Bytes are counted from now on, or no more, and the disk has as much room as before: a log is opened or closed,
   * files are set aside.
   */
  count(bytes: number): void {
    this.#usedBytes += bytes;
    const isRoomWanted = this.needsRoom > 0;
    if (isRoomWanted && !this.#isRoomWanted) this.#options.onNeedsRoom?.();
    this.#isRoomWanted = isRoomWanted;
  }

  /** A fresh look at the disk. */
  observeDisk(space: { readonly freeBytes: number; readonly totalBytes: number }): void {
    this.#freeBytes = space.freeBytes;
    this.#reserveBytes = Math.min(this.#options.diskReserveBytes, Math.floor(space.totalBytes * reserveShareMax));
  }

  #refused(reason: string, details: { readonly limit: string } & ErrorDetails): StorageError {
    this.#options.stats.appendsRefusedFull += 1;
    this.#options.watch?.refused({ limit: details.limit, reason });
    return new StorageError('STORAGE_FULL', reason, { details });
  }

  #admitByDisk(bytes: number, internal: boolean): void {
    const reserve = internal ? this.#reserveBytes / 2 : this.#reserveBytes;
    if (this.#options.diskReserveBytes === 0 || this.#freeBytes - bytes >= reserve) return;
    this.#options.onDiskShort?.();
    throw this.#refused(
      `the disk has ${this.#freeBytes} bytes free; the last ${reserve} are kept in reserve (diskReserveBytes)`,
      { limit: 'diskReserveBytes', freeBytes: this.#freeBytes, reserveBytes: reserve, bytes },
    );
  }
}
