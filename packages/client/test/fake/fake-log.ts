import {
  batchBaseSequence,
  batchProducerEpoch,
  batchProducerId,
  batchRecordsCount,
  assignOffsets,
  iterateRecords,
  validateBatch,
} from '@q/protocol';
import type { ErrorName } from '@q/protocol';

interface StoredBatch {
  readonly baseSequence: number;
  readonly records: number;
  readonly offset: number;
}

interface ProducerState {
  epoch: number;
  nextSequence: number;
  last: StoredBatch[];
}

export interface StoredRecord {
  readonly offset: number;
  readonly key: string | null;
  readonly value: string | null;
}

export type AppendResult = { readonly offset: number; readonly duplicate: boolean } | ErrorName;

/**
 * One partition's log with the rules for sequences that a real broker has: the last five batches of a producer are
 * recognised, a gap is refused, a new epoch begins at 0, and a producer that is not known may begin anywhere.
 */
export class FakeLog {
  readonly batches: Buffer[] = [];
  readonly #producers = new Map<number, ProducerState>();
  startOffset = 0;
  endOffset = 0;
  /** Of what is appended from now on. */
  leaderEpoch = 0;

  append(batch: Buffer): AppendResult {
    const copy = Buffer.from(batch);
    validateBatch(copy, { uncompressedBytesMax: 1 << 26, recordBytesMax: 1 << 26 });
    const producerId = batchProducerId(copy);
    if (producerId === -1) return this.#store(copy);
    const epoch = batchProducerEpoch(copy);
    const baseSequence = batchBaseSequence(copy);
    const records = batchRecordsCount(copy);
    const known = this.#producers.get(producerId);
    if (known !== undefined && epoch < known.epoch) return 'STALE_PRODUCER_EPOCH';
    if (known !== undefined && epoch === known.epoch) {
      const before = known.last.find((stored) => stored.baseSequence === baseSequence && stored.records === records);
      if (before !== undefined) return { offset: before.offset, duplicate: true };
      if (baseSequence !== known.nextSequence) return 'OUT_OF_ORDER_SEQUENCE';
    } else if (known !== undefined && baseSequence !== 0) return 'OUT_OF_ORDER_SEQUENCE';
    const stored = this.#store(copy);
    const last = known !== undefined && known.epoch === epoch ? known.last : [];
    const newest = { baseSequence, records, offset: stored.offset };
    this.#producers.set(producerId, {
      epoch,
      nextSequence: (baseSequence + records) % 2 ** 31,
      last: [...last, newest].slice(-5),
    });
    return stored;
  }

  /** What every log does after a long time: it no longer knows its producers. */
  forgetProducers(): void {
    this.#producers.clear();
  }

  read(fromOffset: number, maxBytes: number): Buffer {
    const chosen: Buffer[] = [];
    let bytes = 0;
    let baseOffset = 0;
    for (const batch of this.batches) {
      baseOffset = Number(batch.readBigInt64BE(0));
      if (baseOffset + batch.readInt32BE(23) < fromOffset) continue;
      if (chosen.length > 0 && bytes + batch.length > maxBytes) break;
      chosen.push(batch);
      bytes += batch.length;
    }
    return Buffer.concat(chosen);
  }

  records(): StoredRecord[] {
    return this.batches.flatMap((batch) =>
      [...iterateRecords(batch)].map((record) => ({
        offset: record.offset,
        key: record.keyText(),
        value: record.valueText(),
      })),
    );
  }

  values(): (string | null)[] {
    return this.records().map(({ value }) => value);
  }

  #store(batch: Buffer): { offset: number; duplicate: false } {
    const offset = this.endOffset;
    assignOffsets(batch, { baseOffset: offset, leaderEpoch: this.leaderEpoch });
    this.batches.push(batch);
    this.endOffset += batch.readInt32BE(23) + 1;
    return { offset, duplicate: false };
  }
}
