import { crc32c } from '@q/protocol';
import type { ConfirmedTime, SeenClock } from '../clock/confirmed-time.ts';
import { readFileIfThere, replaceFile } from '../files/durable-file.ts';
import { clockCheckpointName } from '../files/file-names.ts';
import type { Clock } from '../ports/clock.ts';
import type { FileSystem } from '../ports/file-system.ts';
import type { StorageLog } from '../ports/storage-log.ts';

/*
 * File `clock-checkpoint`, text; frozen:
 *
 *   0                                    version
 *   <wallMs> <confirmedMs> <heldMs>
 *   <CRC-32C of the line before>
 */
export function encodeClockCheckpoint({ wallMs, confirmedMs, heldMs }: SeenClock): Buffer {
  const line = `${wallMs} ${confirmedMs} ${heldMs}`;
  return Buffer.from(`0\n${line}\n${crc32c(Buffer.from(line))}\n`);
}

/** Null when it is not whole and sound. */
export function decodeClockCheckpoint(bytes: Buffer): SeenClock | null {
  const match = /^0\n((-?\d{1,15}) (-?\d{1,15}) (\d{1,15}))\n(\d+)\n$/.exec(bytes.toString('latin1'));
  if (match === null || crc32c(Buffer.from(match[1] as string)) !== Number(match[5])) return null;
  return { wallMs: Number(match[2]), confirmedMs: Number(match[3]), heldMs: Number(match[4]) };
}

/** Often enough that little of an hour of watching is lost with the process. */
const saveMs = 10 * 60 * 1_000;

export interface ClockCheckpointOptions {
  readonly fileSystem: FileSystem;
  readonly directory: string;
  readonly clock: Pick<Clock, 'monotonic'>;
  readonly log: StorageLog;
  readonly time: ConfirmedTime;
}

/**
 * Tells the next process what this one has seen of the clock. Without it, or with an old one, that process waits longer
 * or believes more.
 */
export class ClockCheckpoint {
  readonly #options: ClockCheckpointOptions;
  #savedAt: number = Number.NEGATIVE_INFINITY;

  constructor(options: ClockCheckpointOptions) {
    this.#options = options;
  }

  /** The file is about rare days: a start does not depend on it. */
  async load(): Promise<void> {
    const { fileSystem, directory, log, time } = this.#options;
    const file = `${directory}/${clockCheckpointName}`;
    try {
      const bytes = await readFileIfThere(fileSystem, file);
      if (bytes === null) return;
      const seen = decodeClockCheckpoint(bytes);
      if (seen === null)
        log.warn(
          { event: 'clock.checkpoint_unreadable', file },
          'what the last run has seen of the clock is not sound; the clock is believed',
        );
      else time.goOnFrom(seen);
    } catch (error) {
      log.warn(
        { event: 'clock.checkpoint_unreadable', file, err: error },
        'what the last run has seen of the clock cannot be read; the clock is believed',
      );
    }
  }

  async saveIfDue(): Promise<void> {
    if (this.#options.clock.monotonic() - this.#savedAt >= saveMs) await this.save();
  }

  /** A failure is said, and is no reason to stop: the file is about rare days. */
  async save(): Promise<void> {
    const { fileSystem, directory, log, time, clock } = this.#options;
    this.#savedAt = clock.monotonic();
    try {
      await replaceFile(fileSystem, `${directory}/${clockCheckpointName}`, encodeClockCheckpoint(time.seen));
      await fileSystem.syncDirectory(directory);
    } catch (error) {
      log.warn({ event: 'clock.checkpoint_not_saved', err: error }, 'what was seen of the clock could not be saved');
    }
  }
}
