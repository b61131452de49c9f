import {
  assignOffsets,
  batchBaseOffset,
  batchLastOffsetDelta,
  encodeBatch,
  iterateRecords,
  messageIdHeader,
  readBatchHeader,
  visitRecordsInSlices,
} from '@q/protocol';
import { describe, expect, it } from 'vitest';
import { Deduplication } from '../../src/dedup/deduplication.ts';
import type { Admission } from '../../src/dedup/deduplication.ts';
import { storedMessageIds } from '../../src/message-ids/stored-message-ids.ts';

const limits = {
  producerBatchesKept: 5,
  producersMax: 100,
  producerExpiryMs: 10_000,
  messageIdsMax: 100,
  messageIdBytesMax: 10_000,
  uncompressedBytesMax: 1 << 20,
};

/** Each text is a record; `id:value` gives it a message id. */
function batchOf(texts: string[], stamp: { producerId?: number; baseSequence?: number } = {}): Buffer {
  const records = texts.map((text) => {
    const [id, value] = text.includes(':') ? (text.split(':') as [string, string]) : [null, text];
    return {
      value,
      timestampMs: 1_000,
      ...(id === null ? {} : { headers: [{ key: messageIdHeader, value: Buffer.from(id) }] }),
    };
  });
  return encodeBatch(records, stamp.producerId === undefined ? {} : { producerEpoch: 0, baseSequence: 0, ...stamp });
}

/** A log that is its batches: appends what is admitted. */
class TinyLog {
  readonly dedup: Deduplication;
  readonly batches: Buffer[] = [];
  end = 0;
  now = 1_000;

  constructor(dedupWindowMs = 100) {
    this.dedup = new Deduplication({ limits, dedupWindowMs });
  }

  append(batch: Buffer): Admission {
    const admission = this.dedup.admit(batch, {}, this.end, this.now, this.now);
    if (admission.kind === 'append') {
      assignOffsets(admission.batch, { baseOffset: this.end, leaderEpoch: 0 });
      this.dedup.applied(admission.producer, admission.ids, this.end, this.now, this.now);
      this.batches.push(admission.batch);
      this.end += batchLastOffsetDelta(admission.batch) + 1;
    }
    return admission;
  }

  contents(): string[] {
    return this.batches.flatMap((batch) =>
      [...iterateRecords(batch)].map((record) => `${record.offset}=${record.valueText()}`),
    );
  }
}

describe('Deduplication', () => {
  it('P4 drops a record whose message id was seen, and answers with the first offset', () => {
    const log = new TinyLog();
    log.append(batchOf(['a:1']));
    log.append(batchOf(['b:2']));
    expect(log.append(batchOf(['a:again']))).toMatchObject({
      kind: 'duplicate',
      repeated: { baseOffset: 0, lastOffset: 0, appendTimeMs: 1_000 },
    });
    expect(log.contents()).toEqual(['0=1', '1=2']);
    log.now += 100;
    expect(log.append(batchOf(['a:later']))).toMatchObject({ kind: 'append', repeated: null });
  });

  it('P4 stores a mixed batch without the repeats, its other records at the offsets that the sender expects', () => {
    const log = new TinyLog();
    log.append(batchOf(['a:1', 'b:2']));
    const admission = log.append(batchOf(['c:3', 'a:x', 'plain', 'c:y']));
    expect(admission).toMatchObject({
      kind: 'append',
      repeats: [
        { index: 1, offset: 0 },
        { index: 3, offset: 2 },
      ],
      repeated: null,
    });
    expect(log.contents()).toEqual(['0=1', '1=2', '2=3', '4=plain']);
    expect(log.end).toBe(6);
  });

  it('P4 keeps the sequence of a producer whose batch held repeats only', () => {
    const log = new TinyLog();
    const send = (texts: string[], baseSequence: number): Admission =>
      log.append(batchOf(texts, { producerId: 7, baseSequence }));
    send(['a:1'], 0);
    expect(send(['a:x', 'a:y'], 1)).toMatchObject({ kind: 'append', repeated: { baseOffset: 0, lastOffset: 0 } });
    expect(readBatchHeader(log.batches[1]!)).toMatchObject({
      recordsCount: 0,
      lastOffsetDelta: 1,
      baseSequence: 1,
      producerId: 7,
    });
    expect(send(['b:2'], 3)).toMatchObject({ kind: 'append', repeated: null });
    expect(log.contents()).toEqual(['0=1', '3=2']);
  });

  it('P4 answers a resent batch as it answered the first time, repeats included', () => {
    const log = new TinyLog();
    const send = (texts: string[], baseSequence: number): Admission =>
      log.append(batchOf(texts, { producerId: 7, baseSequence }));
    send(['a:1'], 0);
    send(['b:2', 'a:x', 'plain'], 1);
    expect(send(['b:2', 'a:x', 'plain'], 1)).toMatchObject({
      kind: 'duplicate',
      repeated: { baseOffset: 1, lastOffset: 3 },
      repeats: [{ index: 1, offset: 0 }],
    });
    send(['a:y'], 4);
    expect(send(['a:y'], 4)).toMatchObject({ kind: 'duplicate', repeated: { baseOffset: 0 } });
    expect(log.end).toBe(5);
  });

  it('P4 looks at message ids only while the window is on', () => {
    const log = new TinyLog(0);
    log.append(batchOf(['a:1']));
    expect(log.append(batchOf(['a:1']))).toMatchObject({ kind: 'append' });
    log.dedup.setWindow(100);
    expect(log.append(batchOf(['a:1']))).toMatchObject({ kind: 'append' });
    expect(log.append(batchOf(['a:1']))).toMatchObject({ kind: 'duplicate', repeated: { baseOffset: 2 } });
    log.dedup.setWindow(0);
    expect(log.append(batchOf(['a:1']))).toMatchObject({ kind: 'append' });
  });

  it('S2 takes both kinds back together', () => {
    const log = new TinyLog();
    log.append(batchOf(['a:1'], { producerId: 7, baseSequence: 0 }));
    log.dedup.settle(1);
    log.append(batchOf(['b:2'], { producerId: 7, baseSequence: 1 }));
    log.dedup.rollbackTo(1);
    log.end = 1;
    expect(log.append(batchOf(['b:2'], { producerId: 7, baseSequence: 1 }))).toMatchObject({
      kind: 'append',
      repeated: null,
    });
    expect(log.append(batchOf(['a:1'], { producerId: 7, baseSequence: 0 }))).toMatchObject({ kind: 'duplicate' });
  });

  it('P4 stores the rest of a batch that the caller has made, unless the repeats are others by now', () => {
    const log = new TinyLog();
    log.append(batchOf(['a:1']));
    const batch = batchOf(['b:2', 'a:x', 'c:3']);
    expect(log.dedup.repeatsOf(['b', 'a', 'c'], log.now)).toEqual([1]);
    const rest = { leftOut: [1], batch: batchOf(['the rest']) };
    const admit = (): Admission => log.dedup.admit(batch, { rest }, log.end, log.now, log.now);
    expect(admit()).toMatchObject({ kind: 'append', batch: rest.batch, repeats: [{ index: 1, offset: 0 }] });
    log.append(batchOf(['c:3']));
    const other = admit();
    expect(other).toMatchObject({ kind: 'append', repeats: [{ index: 1 }, { index: 2 }] });
    expect(other.kind === 'append' && [...iterateRecords(other.batch)].map((record) => record.valueText())).toEqual([
      '2',
    ]);
  });

  it('S2 is rebuilt from the stored batches', async () => {
    const log = new TinyLog();
    const stamp = { producerId: 7 };
    log.append(batchOf(['a:1', 'b:2'], { ...stamp, baseSequence: 0 }));
    log.append(batchOf(['b:x', 'c:3'], { ...stamp, baseSequence: 2 }));
    const restarted = new TinyLog();
    restarted.end = log.end;
    restarted.now = 1_050;
    for (const batch of log.batches) {
      restarted.dedup.replayProducer(batch, restarted.now);
      const ids = await storedMessageIds(batch, (each, visit) =>
        visitRecordsInSlices(each, visit, { pause: async () => {} }),
      );
      if (ids !== null)
        restarted.dedup.replayMessageIds(ids, batchBaseOffset(batch), { now: restarted.now, wallMs: restarted.now });
    }
    expect(restarted.append(batchOf(['b:x', 'c:3'], { ...stamp, baseSequence: 2 }))).toMatchObject({
      kind: 'duplicate',
      repeated: { baseOffset: 1, lastOffset: 3 },
    });
    expect(restarted.append(batchOf(['c:z']))).toMatchObject({ kind: 'duplicate', repeated: { baseOffset: 3 } });
  });
});
