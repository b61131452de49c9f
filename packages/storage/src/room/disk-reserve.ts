import { isDiskFull } from '../errors.ts';
import type { DiskSpace, FileSystem } from '../ports/file-system.ts';
import type { StorageLog } from '../ports/storage-log.ts';
import { reserveFileName } from '../files/file-names.ts';

/**
 * Given up in pieces: another program that fills the disk gets what is left of each, and there are to be pieces for
 * many starts.
 */
const pieceBytes = 32 << 10;
/** Of the disk, at most. */
const shareMax = 0.01;
/**
 * Taken at a start already, when a moment counts: enough for the first few dozen needs. The rest comes with
 * maintenance.
 */
const startBytes = 8 * pieceBytes;

/*
 * A file that takes room, so that there is some when the disk is full. What makes room needs a little first: to move a
 * start offset a checkpoint is written, to delete a topic the metadata says so. They get it from the end of this file.
 *
 * Invariants
 * - Only what makes room, or is needed to start and to stop, runs in `withRoom`. What a client writes never does.
 * - The file is filled up again when the disk has much more room than that, and only by the owner of the folder.
 */
export class DiskReserve {
  readonly #fileSystem: FileSystem;
  readonly #directory: string;
  readonly #path: string;
  readonly #bytesMax: number;
  readonly #log: StorageLog;
  /** What else can be given up, once the file is; false when nothing was. */
  lastResort: () => Promise<boolean> = () => Promise.resolve(false);
  #givenUp = 0;
  #givingUp: Promise<boolean> | null = null;

  constructor(o: { fileSystem: FileSystem; directory: string; bytesMax: number; log: StorageLog }) {
    this.#fileSystem = o.fileSystem;
    this.#directory = o.directory;
    this.#path = `${o.directory}/${reserveFileName}`;
    this.#bytesMax = o.bytesMax;
    this.#log = o.log;
  }

  /**
   * Runs `work`, and again for each piece of the reserve that it takes until there is room for it. It must be such that
   * it can be begun anew.
   */
  async withRoom<T>(work: () => Promise<T>): Promise<T> {
    for (;;) {
      const before = this.#givenUp;
      try {
        return await work();
      } catch (error) {
        // Another one may have got a piece meanwhile, which serves both.
        if (!isDiskFull(error) || (before === this.#givenUp && !(await this.#giveUpPiece()))) throw error;
      }
    }
  }

  /** At the end of a store a full disk is no failure: the next start recovers what could not be saved. */
  async unlessFull(save: () => Promise<void>): Promise<void> {
    try {
      await save();
    } catch (error) {
      if (!isDiskFull(error)) throw error;
      this.#log.warn(
        { event: 'disk.stop_not_noted', err: error },
        'the disk is full, so the shutdown could not be noted in full; the next start takes longer',
      );
    }
  }

  /**
   * After a fresh look at the disk. `keepBytes`: what has to be free beside it, twice. A failure is reported: the next
   * look tries again.
   */
  async fillUp(disk: DiskSpace, keepBytes: number): Promise<void> {
    const wantedBytes = this.#wantedBytes(disk);
    await this.#fillTo(wantedBytes, disk.freeBytes - 2 * Math.max(keepBytes, wantedBytes));
  }

  /** As `fillUp`, of the first pieces, before the first record can take their room: so also where there is little. */
  async begin(disk: DiskSpace): Promise<void> {
    const wantedBytes = Math.min(startBytes, this.#wantedBytes(disk));
    await this.#fillTo(wantedBytes, disk.freeBytes - wantedBytes);
  }

  #wantedBytes({ totalBytes }: DiskSpace): number {
    return Math.min(this.#bytesMax, Math.floor((totalBytes * shareMax) / pieceBytes) * pieceBytes);
  }

  async #fillTo(wantedBytes: number, spareBytes: number): Promise<void> {
    if (wantedBytes <= 0) return;
    try {
      const sizeBytes = await this.#sizeBytes();
      const missingBytes = wantedBytes - sizeBytes;
      if (missingBytes <= 0 || spareBytes < missingBytes) return;
      await this.#extend(sizeBytes, wantedBytes);
      await this.#fileSystem.syncDirectory(this.#directory);
    } catch (error) {
      this.#log.warn(
        { event: 'disk.reserve_not_taken', file: this.#path, err: error },
        'the room that is kept for a full disk could not be taken; the next round of maintenance tries again',
      );
    }
  }

  async #sizeBytes(): Promise<number> {
    const names = await this.#fileSystem.readDirectory(this.#directory);
    return names.includes(reserveFileName) ? (await this.#fileSystem.stat(this.#path)).sizeBytes : 0;
  }

  async #extend(from: number, to: number): Promise<void> {
    const file = await this.#fileSystem.open(this.#path, 'create');
    try {
      const piece = incompressible(pieceBytes);
      for (let at = from; at < to; at += piece.length)
        await file.write([piece.subarray(0, Math.min(piece.length, to - at))], at);
      await file.datasync();
    } finally {
      await file.close();
    }
  }

  /** False: there is none left. */
  async #giveUpPiece(): Promise<boolean> {
    this.#givingUp ??= this.#shorten().finally(() => (this.#givingUp = null));
    return await this.#givingUp;
  }

  async #shorten(): Promise<boolean> {
    const sizeBytes = await this.#sizeBytes();
    if (sizeBytes === 0) return await this.#giveUpOther();
    const file = await this.#fileSystem.open(this.#path, 'write');
    try {
      await file.truncate(Math.max(0, sizeBytes - pieceBytes));
      // On some file systems the room is free only after that.
      await file.datasync();
    } finally {
      await file.close();
    }
    this.#givenUp += 1;
    this.#log.warn(
      { event: 'disk.reserve_used', file: this.#path, leftBytes: Math.max(0, sizeBytes - pieceBytes) },
      'the disk is full; some of the room that was kept for that is used',
    );
    return true;
  }

  async #giveUpOther(): Promise<boolean> {
    const isGivenUp = await this.lastResort();
    if (isGivenUp) this.#givenUp += 1;
    return isGivenUp;
  }
}

/** File systems that compress keep no room for zeros. */
function incompressible(bytes: number): Buffer {
  const buffer = Buffer.allocUnsafe(bytes);
  let state = 1;
  for (let at = 0; at < bytes; at += 4) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    buffer.writeUInt32LE(state, at);
  }
  return buffer;
}
