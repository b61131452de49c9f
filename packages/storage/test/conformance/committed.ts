import {
  batchBaseOffset,
  batchIsControl,
  batchIsTransactional,
  batchLastOffset,
  batchProducerId,
  encodeEndMarker,
  iterateBatches,
  iterateRecords,
} from '@q/protocol';
import type { AbortedRange, Append, PartitionLog } from '@q/storage';
import { append } from './harness.ts';

/** A producer of transactions, as the coordinator would have it: the epoch rises with each. */
export class TransactionalProducer {
  epoch = 0;
  #sequence = 0;
  readonly #log: () => PartitionLog;
  readonly producerId: number;

  constructor(log: () => PartitionLog, producerId: number) {
    this.#log = log;
    this.producerId = producerId;
  }

  async write(...texts: string[]): Promise<Append> {
    const { producerId, epoch: producerEpoch } = this;
    const shape = { producerId, producerEpoch, baseSequence: this.#sequence, isTransactional: true };
    const appended = await append(this.#log(), texts, shape);
    this.#sequence += texts.length;
    return appended;
  }

  async commit(): Promise<Append> {
    return await this.#end('commit');
  }

  async abort(): Promise<Append> {
    return await this.#end('abort');
  }

  /** Puts the marker at the end of the log, and does not wait until it is durable. */
  mark(outcome: 'commit' | 'abort'): Append {
    this.epoch += 1;
    this.#sequence = 0;
    return this.#log().append(markerOf(this.producerId, this.epoch, outcome), { leaderEpoch: 0 });
  }

  async #end(outcome: 'commit' | 'abort'): Promise<Append> {
    const appended = this.mark(outcome);
    await appended.durable;
    return appended;
  }
}

export function markerOf(producerId: number, producerEpoch: number, outcome: 'commit' | 'abort'): Buffer {
  return encodeEndMarker({ producerId, producerEpoch, outcome, coordinatorEpoch: 3, timestampMs: 1_700_000_000_000 });
}

/** What a consumer that reads committed records is given, as `offset:text`, in reads of at most so many bytes. */
export async function committed(
  log: PartitionLog,
  { fromOffset = log.logStartOffset, maxBytes = 1 << 20 }: { fromOffset?: number; maxBytes?: number } = {},
): Promise<string[]> {
  const seen: string[] = [];
  let offset = fromOffset;
  for (;;) {
    const read = await log.read({ offset, maxBytes, upTo: 'lastStable' });
    const next = readCommitted(read.buffers, { aborted: read.aborted ?? [], offset, seen });
    read.release?.();
    if (next === offset) return seen;
    offset = next;
  }
}

function readCommitted(
  buffers: readonly Buffer[],
  o: { readonly aborted: readonly AbortedRange[]; readonly offset: number; readonly seen: string[] },
): number {
  const waiting = o.aborted.toSorted((a, b) => a.firstOffset - b.firstOffset);
  const leftOut = new Set<number>();
  let next = o.offset;
  for (const batch of buffers.flatMap((buffer) => [...iterateBatches(buffer)])) {
    const producerId = batchProducerId(batch);
    next = batchLastOffset(batch) + 1;
    while (waiting.length > 0 && waiting[0]!.firstOffset <= batchLastOffset(batch))
      leftOut.add(waiting.shift()!.producerId);
    if (batchIsControl(batch)) leftOut.delete(producerId);
    else if (!batchIsTransactional(batch) || !leftOut.has(producerId)) o.seen.push(...textsOf(batch, o.offset));
  }
  return next;
}

function textsOf(batch: Buffer, fromOffset: number): string[] {
  return [...iterateRecords(batch, { fromOffset })].map((record) => {
    const key = record.keyText();
    return `${record.offset}:${key === null ? '' : `${key}=`}${record.valueText() ?? ''}`;
  });
}

/** Offsets of all markers. */
export async function markersOf(log: PartitionLog): Promise<number[]> {
  const found: number[] = [];
  for (let offset = log.logStartOffset; offset < log.highWatermark;) {
    const { buffers } = await log.read({ offset, maxBytes: 1 << 20, upTo: 'highWatermark' });
    const batches = buffers.flatMap((buffer) => [...iterateBatches(buffer)]);
    if (batches.length === 0) break;
    found.push(...batches.filter((batch) => batchIsControl(batch)).map((batch) => batchBaseOffset(batch)));
    offset = batchLastOffset(batches.at(-1)!) + 1;
  }
  return found;
}
