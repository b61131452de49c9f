import { batchBaseOffset, batchLastOffset, batchSize, checkBatch, iterateRecords, QError } from '@q/protocol';
import type { RecordView } from '@q/protocol';
import { StorageError } from '@q/storage';
import type { PartitionLog } from '@q/storage';

/** What reading a log gave. */
export interface Found {
  /** Every record that a consumer would be handed, by offset, as one text of all that is in it. */
  readonly records: ReadonlyMap<number, string>;
  /** Offsets that were handed over more than once, or out of order. */
  readonly repeats: readonly number[];
  /** A consumer was told, by the broker or by the CRC that it checks itself. */
  readonly errors: readonly string[];
  /** Reads that gave nothing and no reason below the high watermark: a consumer would wait for ever. */
  readonly stalledAt: readonly number[];
}

/**
 * Reads as a consumer does, from `from` to the high watermark, in small fetches. Behind an error it goes on at the next
 * of `stops`, as somebody would who looks what can be saved. Anything thrown that is no typed error comes out.
 */
export async function readRecords(
  log: PartitionLog,
  o: { from: number; stops: readonly number[]; maxBytes: number },
): Promise<Found> {
  const found = {
    records: new Map<number, string>(),
    repeats: [] as number[],
    errors: [] as string[],
    stalledAt: [] as number[],
  };
  let offset = o.from;
  const nextStop = (): number => o.stops.find((stop) => stop > offset) ?? Number.POSITIVE_INFINITY;
  while (offset < log.highWatermark) {
    const read = await readOnce(log, { offset, maxBytes: o.maxBytes }, found);
    if (!read.isTold && read.nextOffset <= offset) found.stalledAt.push(offset);
    const isStuck = read.isTold || read.nextOffset <= offset;
    offset = Math.max(offset, read.nextOffset);
    if (isStuck) offset = nextStop();
  }
  return found;
}

type Finding = {
  readonly [Key in keyof Found]: Found[Key] extends ReadonlyMap<number, string>
    ? Map<number, string>
    : Found[Key] extends readonly (infer T)[]
      ? T[]
      : never;
};

/** Reads on from an offset; `isTold` when an error came behind what was read. */
async function readOnce(
  log: PartitionLog,
  o: { offset: number; maxBytes: number },
  found: Finding,
): Promise<{ nextOffset: number; isTold: boolean }> {
  let { offset } = o;
  try {
    const { buffers } = await log.read({ ...o, upTo: 'highWatermark' });
    for (const buffer of buffers) {
      for (let at = 0; at < buffer.length; at += batchSize(buffer, at)) {
        const check = checkBatch(buffer, at, buffer.length);
        if (check !== 'ok') throw new QError('CORRUPT_BATCH', check);
        const batch = buffer.subarray(at, at + batchSize(buffer, at));
        if (batchLastOffset(batch) < offset) found.repeats.push(batchBaseOffset(batch));
        takeRecords(batch, offset, found);
        offset = batchLastOffset(batch) + 1;
      }
    }
    return { nextOffset: offset, isTold: false };
  } catch (error) {
    found.errors.push(typedCode(error));
    return { nextOffset: offset, isTold: true };
  }
}

function takeRecords(batch: Buffer, fromOffset: number, found: Finding): void {
  for (const record of iterateRecords(batch, { fromOffset })) {
    if (found.records.has(record.offset)) found.repeats.push(record.offset);
    found.records.set(record.offset, recordText(record));
  }
}

function recordText(record: RecordView): string {
  const { timestampMs, key, value, headers } = record;
  const parts = headers.map((header) => `${header.key}=${header.value?.toString('hex') ?? 'null'}`);
  return `${timestampMs} ${key?.toString('hex') ?? 'null'} ${value?.toString('hex') ?? 'null'} ${parts.join(',')}`;
}

/** The code of an error that the product means to throw; any other error is a crash and is thrown on. */
export function typedCode(error: unknown): string {
  if (StorageError.is(error) || QError.is(error)) return error.code;
  throw error;
}
