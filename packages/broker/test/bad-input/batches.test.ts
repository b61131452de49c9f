/**
 * Batches that are wrong: each gets its code, nothing of it is stored, and another connection is still served.
 */
import { assignAppendTime, batchHeaderBytes, compress, crc32c, encodeBatch, errorCode, stampProducer } from '@q/protocol';
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

async function refused(batch: Buffer, code: ErrorName): Promise<string> {
  const answer = await rude.produce(topicId, batch);
  expect(answer).toMatchObject({ errorCode: errorCode(code), baseOffset: -1, logStartOffset: 0 });
  return answer.errorMessage!;
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
    expect(await refused(batch, 'CORRUPT_BATCH')).toContain('CRC');
  });

  it('P2 a length that is not that of the batch, and nothing at all', async () => {
    const batch = batchOf('hello');
    await refused(Buffer.concat([batch, Buffer.alloc(1)]), 'CORRUPT_BATCH');
    await refused(batch.subarray(0, batch.length - 1), 'CORRUPT_BATCH');
    await refused(Buffer.alloc(0), 'CORRUPT_BATCH');
    await refused(Buffer.concat([batch, batchOf('a second one')]), 'CORRUPT_BATCH');
  });

  it('P2 wrong counts', async () => {
    await refused(changed((batch) => batch.writeInt32BE(2, recordsCountAt)), 'INVALID_RECORD');
    await refused(changed((batch) => batch.writeInt32BE(0, recordsCountAt)), 'INVALID_RECORD');
    await refused(changed((batch) => batch.writeInt32BE(7, lastOffsetDeltaAt)), 'INVALID_RECORD');
    await refused(
      changed((batch) => {
        batch.writeInt32BE(4, recordsCountAt);
        batch.writeInt32BE(3, lastOffsetDeltaAt);
      }),
      'INVALID_RECORD',
    );
  });

  it('P3 an unknown codec', async () => {
    expect(await refused(changed((batch) => batch.writeUInt16BE(7, attributesAt)), 'UNSUPPORTED_CODEC')).toContain('7');
  });

  it.each(['gzip', 'snappy', 'lz4', 'zstd'] as const)('P3 %s that decompresses to less or more than it says, or not at all', async (codec) => {
    const number = { gzip: 1, snappy: 2, lz4: 3, zstd: 4 }[codec];
    const records = batchOf('a', 'b', 'c').subarray(batchHeaderBytes);
    await refused(compressedAs(compress(codec, records.subarray(0, records.length - 2)), number), 'INVALID_RECORD');
    await refused(compressedAs(compress(codec, Buffer.concat([records, records])), number), 'INVALID_RECORD');
    const answer = await rude.produce(topicId, compressedAs(Buffer.from('this was never compressed'), number));
    expect([errorCode('CORRUPT_BATCH'), errorCode('INVALID_RECORD')]).toContain(answer.errorCode);
  });

  it('P3 a bomb is stopped by its decompressed size', async () => {
    const bomb = compressedAs(compress('zstd', Buffer.alloc(80 << 20)), 4);
    expect(bomb.length).toBeLessThan(1 << 20);
    await refused(bomb, 'BATCH_TOO_LARGE');
  });

  it('P2 flags that a producer may not set', async () => {
    await refused(changed((batch) => batch.writeUInt16BE(0x20, attributesAt)), 'INVALID_RECORD');
    const batch = batchOf('a');
    assignAppendTime(batch, Date.now());
    await refused(batch, 'INVALID_TIMESTAMP');
  });

  it('P2 a time far in the future', async () => {
    const tomorrow = Date.now() + 24 * 60 * 60 * 1000;
    expect(await refused(encodeBatch([{ value: Buffer.from('x'), timestampMs: tomorrow }]), 'INVALID_TIMESTAMP')).toContain(String(tomorrow));
  });
});

describe('sizes', () => {
  it('P5 a record larger than 1 MiB', async () => {
    const record = encodeBatch([{ value: Buffer.alloc(1 << 20), timestampMs: Date.now() }]);
    const message = await refused(record, 'RECORD_TOO_LARGE');
    expect(message).toContain('max.message.bytes = 1048576');
  });

  it('P5 a batch larger than 1 MiB of records that are not', async () => {
    const batch = encodeBatch(Array.from({ length: 3 }, () => ({ value: Buffer.alloc(400_000), timestampMs: Date.now() })));
    await refused(batch, 'BATCH_TOO_LARGE');
  });

  it('P5 a record that is too large only when it is decompressed', async () => {
    const batch = encodeBatch([{ value: Buffer.alloc(2 << 20), timestampMs: Date.now() }], { codec: 'zstd' });
    await refused(batch, 'RECORD_TOO_LARGE');
  });

  it('P5 the limit is that of the topic', async () => {
    const small = await honest.createTopic('small', { configs: { 'max.message.bytes': '200' } });
    expect(small.maxMessageBytes).toBe(200);
    expect(await rude.produce(small.topicId, batchOf('x'.repeat(300)))).toMatchObject({ errorCode: errorCode('RECORD_TOO_LARGE') });
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
    const [first, second] = await Promise.all([rude.produce(id, stamped('a', 0, 0)), rude.produce(id, stamped('a', 0, 0))]);
    expect([first.baseOffset, second.baseOffset]).toEqual([0, 0]);
    expect([first.duplicate, second.duplicate]).toEqual([false, true]);
  });
});
