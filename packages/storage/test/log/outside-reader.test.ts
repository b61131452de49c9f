import { createRequire } from 'node:module';
import { readFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { encodeBatch } from '@q/protocol';
import { defaultLogConfig, openDirectoryStore } from '@q/storage';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { orders } from '../conformance/harness.ts';

/*
 * A segment as a tool that is not ours reads it: kafkajs knows the record batch layout, and the index files are read by
 * the public description of theirs.
 */
interface KafkaBatch {
  readonly firstOffset: string;
  readonly partitionLeaderEpoch: number;
  readonly records: readonly {
    readonly offset: string;
    readonly timestamp: string;
    readonly key: Buffer | null;
    readonly value: Buffer;
    readonly headers: Record<string, Buffer>;
  }[];
}

const require = createRequire(import.meta.url);
const KafkaDecoder = require('kafkajs/src/protocol/decoder') as new (bytes: Buffer) => { canReadInt32(): boolean };
const decodeBatch = require('kafkajs/src/protocol/recordBatch/v0/decoder') as (decoder: object) => Promise<KafkaBatch>;

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(`${tmpdir()}/q-outside-`);
});
afterEach(() => rm(directory, { recursive: true, force: true }));

it('S1 S3 kafkajs reads a segment file, and its indexes lead to the batches they name', async () => {
  const store = await openDirectoryStore({ directory, onFatal: (error) => expect.unreachable(error.message) });
  const log = await store.open(orders, { ...defaultLogConfig, indexIntervalBytes: 300 });
  for (let index = 0; index < 20; index += 1) {
    const records = [0, 1, 2].map((part) => ({
      key: Buffer.from(`k${part}`),
      value: Buffer.from(`value ${index}-${part}`.padEnd(60)),
      headers: [{ key: 'n', value: Buffer.from(String(index)) }],
      timestampMs: 1_700_000_000_000 + index * 10 + part,
    }));
    await log.append(encodeBatch(records, { codec: index % 2 === 0 ? 'none' : 'gzip' }), { leaderEpoch: 3 }).durable;
  }
  await store.close();

  const name = `${directory}/orders-0/00000000000000000000`;
  const file = await readFile(`${name}.log`);
  const decoder = new KafkaDecoder(file);
  const batches: KafkaBatch[] = [];
  while (decoder.canReadInt32()) batches.push(await decodeBatch(decoder));
  expect(batches.map((batch) => [Number(batch.firstOffset), batch.partitionLeaderEpoch])).toEqual(
    Array.from({ length: 20 }, (_, index) => [index * 3, 3]),
  );
  const records = batches.flatMap((batch) => batch.records);
  expect(records.map((record) => Number(record.offset))).toEqual(Array.from({ length: 60 }, (_, offset) => offset));
  expect(records[40]).toMatchObject({
    timestamp: '1700000000131',
    key: Buffer.from('k1'),
    headers: { n: Buffer.from('13') },
  });
  expect(records[40]?.value.toString().trimEnd()).toBe('value 13-1');

  const index = await readFile(`${name}.index`);
  expect(index.length).toBeGreaterThan(8);
  for (let entry = 0; entry < index.length; entry += 8) {
    const batch = await decodeBatch(new KafkaDecoder(file.subarray(index.readInt32BE(entry + 4))));
    expect(Number(batch.firstOffset) + 2).toBe(index.readInt32BE(entry));
  }
  const times = await readFile(`${name}.timeindex`);
  for (let entry = 0; entry < times.length; entry += 12) {
    const offset = times.readInt32BE(entry + 8);
    expect(records[offset]?.timestamp).toBe(String(times.readBigInt64BE(entry)));
  }
});
