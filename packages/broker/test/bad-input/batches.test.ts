/**
 * Batches that are wrong: each gets its code, nothing of it is stored, and another connection is still served.
 */
import {
  assignAppendTime,
  batchHeaderBytes,
  compress,
  crc32c,
  encodeBatch,
  errorCode,
  errorEntry,
  stampProducer,
} from '@q/protocol';
import type { ErrorName } from '@q/protocol';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startBroker } from '../../src/index.ts';
import type { Broker } from '../../src/index.ts';
import { batchOf, valuesOf } from '../harness.ts';
import { RawClient } from '../raw-client.ts';

// Offsets in a batch header, from the format.
const lengthAt = 8;
const crcAt = 17;
const attributesAt = 21;
const lastOffsetDeltaAt = 23;
const recordsCountAt = 57;

let broker: Broker;
let rude: RawClient;
let honest: RawClient;
let topicId: string;

beforeEach(async () => {
  broker = await startBroker({ storage: 'memory', port: 0, admin: false });
  honest = await RawClient.connect(broker);
  rude = await RawClient.connect(broker);
  ({ topicId } = await honest.createTopic('orders'));
  await honest.produce(topicId, batchOf('first'));
});

afterEach(async () => {
  expect(await honest.produce(topicId, batchOf('next'))).toMatchObject({ errorCode: 0, baseOffset: 1 });
  expect(valuesOf((await honest.fetch(topicId, 0)).records)).toEqual(['first', 'next']);
  await Promise.all([honest.close(), rude.close()]);
  await broker.close();
});

/** What the broker says to a batch. */
async function refusalOf(batch: Buffer): Promise<{ code: ErrorName; message: string }> {
  const answer = await rude.produce(topicId, batch);
  expect(answer).toMatchObject({ baseOffset: -1, logStartOffset: 0 });
  return { code: errorEntry(answer.errorCode).name, message: answer.errorMessage! };
}

function sealBatch(batch: Buffer): void {
  batch.writeUInt32BE(crc32c(batch.subarray(attributesAt)), crcAt);
}

/** Changes a good batch and makes its CRC right again. */
function changed(change: (batch: Buffer) => void, batch: Buffer = batchOf('a', 'b', 'c')): Buffer {
  change(batch);
  sealBatch(batch);
  return batch;
}

/** A batch whose compressed records were made by the test. */
function compressedAs(records: Buffer, codec: number): Buffer {
  const batch = Buffer.concat([batchOf('a', 'b', 'c').subarray(0, batchHeaderBytes), records]);
  batch.writeInt32BE(batch.length - 12, lengthAt);
  batch.writeUInt16BE(codec, attributesAt);
  sealBatch(batch);
  return batch;
}

describe('damaged and dishonest batches', () => {
  it('P2 a wrong CRC', async () => {
    const batch = batchOf('hello');
    batch[batch.length - 1]! ^= 1;
    expect(await refusalOf(batch)).toEqual({
      code: 'CORRUPT_BATCH',
      message: expect.stringContaining('CRC') as string,
    });
  });

  it('P2 a length that is not that of the batch, and nothing at all', async () => {
    const batch = batchOf('hello');
    expect(await refusalOf(Buffer.concat([batch, Buffer.alloc(1)]))).toMatchObject({ code: 'CORRUPT_BATCH' });
    expect(await refusalOf(batch.subarray(0, batch.length - 1))).toMatchObject({ code: 'CORRUPT_BATCH' });
    expect(await refusalOf(Buffer.alloc(0))).toMatchObject({ code: 'CORRUPT_BATCH' });
    expect(await refusalOf(Buffer.concat([batch, batchOf('a second one')]))).toMatchObject({ code: 'CORRUPT_BATCH' });
  });

  it('P2 wrong counts', async () => {
    expect(await refusalOf(changed((batch) => batch.writeInt32BE(2, recordsCountAt)))).toMatchObject({
      code: 'INVALID_RECORD',
    });
    expect(await refusalOf(changed((batch) => batch.writeInt32BE(0, recordsCountAt)))).toMatchObject({
      code: 'INVALID_RECORD',
    });
    expect(await refusalOf(changed((batch) => batch.writeInt32BE(7, lastOffsetDeltaAt)))).toMatchObject({
      code: 'INVALID_RECORD',
    });
    const both = refusalOf(
      changed((batch) => {
        batch.writeInt32BE(4, recordsCountAt);
        batch.writeInt32BE(3, lastOffsetDeltaAt);
      }),
    );
    expect(await both).toMatchObject({ code: 'INVALID_RECORD' });
  });

  it('P3 an unknown codec', async () => {
    expect(await refusalOf(changed((batch) => batch.writeUInt16BE(7, attributesAt)))).toEqual({
      code: 'UNSUPPORTED_CODEC',
      message: expect.stringContaining('7') as string,
    });
  });

  it.each(['gzip', 'snappy', 'lz4', 'zstd'] as const)(
    'P3 %s that decompresses to less or more than it says, or not at all',
    async (codec) => {
      const number = { gzip: 1, snappy: 2, lz4: 3, zstd: 4 }[codec];
      const records = batchOf('a', 'b', 'c').subarray(batchHeaderBytes);
      expect(
        await refusalOf(compressedAs(compress(codec, records.subarray(0, records.length - 2)), number)),
      ).toMatchObject({ code: 'INVALID_RECORD' });
      expect(await refusalOf(compressedAs(compress(codec, Buffer.concat([records, records])), number))).toMatchObject({
        code: 'INVALID_RECORD',
      });
      const answer = await rude.produce(topicId, compressedAs(Buffer.from('this was never compressed'), number));
      expect([errorCode('CORRUPT_BATCH'), errorCode('INVALID_RECORD')]).toContain(answer.errorCode);
    },
  );

  it('P3 a bomb is stopped by its decompressed size', async () => {
    const bomb = compressedAs(compress('zstd', Buffer.alloc(80 << 20)), 4);
    expect(bomb.length).toBeLessThan(1 << 20);
    expect(await refusalOf(bomb)).toMatchObject({ code: 'BATCH_TOO_LARGE' });
  });

  it('P2 flags that a producer may not set', async () => {
    expect(await refusalOf(changed((batch) => batch.writeUInt16BE(0x20, attributesAt)))).toMatchObject({
      code: 'INVALID_RECORD',
    });
    const batch = batchOf('a');
    assignAppendTime(batch, Date.now());
    expect(await refusalOf(batch)).toMatchObject({ code: 'INVALID_TIMESTAMP' });
  });

  it('P2 a time far in the future', async () => {
    const tomorrow = Date.now() + 24 * 60 * 60 * 1000;
    expect(await refusalOf(encodeBatch([{ value: Buffer.from('x'), timestampMs: tomorrow }]))).toEqual({
      code: 'INVALID_TIMESTAMP',
      message: expect.stringContaining(String(tomorrow)) as string,
    });
  });
});

describe('sizes', () => {
  it('P5 a record larger than 1 MiB', async () => {
    const record = encodeBatch([{ value: Buffer.alloc(1 << 20), timestampMs: Date.now() }]);
    expect(await refusalOf(record)).toEqual({
      code: 'RECORD_TOO_LARGE',
      message: expect.stringContaining('max.message.bytes = 1048576') as string,
    });
  });

  it('P5 a batch larger than 1 MiB of records that are not', async () => {
    const batch = encodeBatch(
      Array.from({ length: 3 }, () => ({ value: Buffer.alloc(400_000), timestampMs: Date.now() })),
    );
    expect(await refusalOf(batch)).toMatchObject({ code: 'BATCH_TOO_LARGE' });
  });

  it('P5 a record that is too large only when it is decompressed', async () => {
    const batch = encodeBatch([{ value: Buffer.alloc(2 << 20), timestampMs: Date.now() }], { codec: 'zstd' });
    expect(await refusalOf(batch)).toMatchObject({ code: 'RECORD_TOO_LARGE' });
  });

  it('P5 the limit is that of the topic', async () => {
    const small = await honest.createTopic('small', { configs: { 'max.message.bytes': '200' } });
    expect(small.maxMessageBytes).toBe(200);
    expect(await rude.produce(small.topicId, batchOf('x'.repeat(300)))).toMatchObject({
      errorCode: errorCode('RECORD_TOO_LARGE'),
    });
    expect(await rude.produce(small.topicId, batchOf('x'))).toMatchObject({ errorCode: 0 });
    const large = await honest.createTopic('large', { configs: { 'max.message.bytes': String(4 << 20) } });
    expect(await rude.produce(large.topicId, batchOf('x'.repeat(3 << 20)))).toMatchObject({ errorCode: 0 });
  });
});

describe('compacted topics', () => {
  it('S4 a record without a key', async () => {
    const compacted = await honest.createTopic('state', { configs: { 'cleanup.policy': 'compact' } });
    const answer = await rude.produce(compacted.topicId, batchOf('keyless'));
    expect(answer).toMatchObject({ errorCode: errorCode('KEY_REQUIRED') });
    const keyed = encodeBatch([{ key: Buffer.from('k'), value: null, timestampMs: Date.now() }]);
    expect(await rude.produce(compacted.topicId, keyed)).toMatchObject({ errorCode: 0 });
  });
});

describe('producers', () => {
  function stamped(value: string, producerEpoch: number, baseSequence: number, producerId = 5): Buffer {
    const batch = batchOf(value);
    stampProducer(batch, { producerId, producerEpoch, baseSequence });
    return batch;
  }

  it('P4 a sequence gap, a stale epoch, and a batch that was sent twice', async () => {
    const { topicId: id } = await honest.createTopic('idempotent');
    expect(await rude.produce(id, stamped('a', 1, 0))).toMatchObject({ errorCode: 0, baseOffset: 0, duplicate: false });
    expect(await rude.produce(id, stamped('b', 1, 1))).toMatchObject({ errorCode: 0, baseOffset: 1 });
    expect(await rude.produce(id, stamped('a', 1, 0))).toMatchObject({ errorCode: 0, baseOffset: 0, duplicate: true });

    const gap = await rude.produce(id, stamped('d', 1, 3));
    expect(gap).toMatchObject({ errorCode: errorCode('OUT_OF_ORDER_SEQUENCE'), baseOffset: -1 });
    const stale = await rude.produce(id, stamped('c', 0, 2));
    expect(stale).toMatchObject({ errorCode: errorCode('STALE_PRODUCER_EPOCH') });

    expect(await rude.produce(id, stamped('c', 1, 2))).toMatchObject({ errorCode: 0, baseOffset: 2 });
    expect(valuesOf((await honest.fetch(id, 0)).records)).toEqual(['a', 'b', 'c']);
  });

  it('P4 a batch that is resent while the first one is not durable yet is stored once', async () => {
    const { topicId: id } = await honest.createTopic('twice');
    const [first, second] = await Promise.all([
      rude.produce(id, stamped('a', 0, 0)),
      rude.produce(id, stamped('a', 0, 0)),
    ]);
    expect([first.baseOffset, second.baseOffset]).toEqual([0, 0]);
    expect([first.duplicate, second.duplicate]).toEqual([false, true]);
  });
});
