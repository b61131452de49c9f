import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { codecNames, Fetch, iterateBatches, readBatchHeader } from '@q/protocol';
import type { CodecName } from '@q/protocol';
import { describe, expect, it } from 'vitest';
import { WireConnection } from '../wire-connection.ts';
import { readValues, Scene } from './scene.ts';

const values = Array.from(
  { length: 500 },
  (_, index) => `line ${index}: ${'a sentence that compresses well '.repeat(index % 7)}`,
);

describe.each(codecNames)('codec %s', (codec) => {
  it('P3 C3 S3 is stored as it was sent and comes out as it went in', async () => {
    await using scene = await Scene.start();
    await produceAll(scene, codec);
    expect(await readValues(scene.q, 'lines')).toEqual(values);
    await scene.restart();
    expect(await readValues(scene.q, 'lines')).toEqual(values);
    const batches = await storedBatches(scene.dataDir);
    expect(batches.map((batch) => readBatchHeader(batch).codec)).toEqual(batches.map(() => codec));
  });

  it('Z1 has the same bytes on disk and in the answer to a fetch', async () => {
    await using scene = await Scene.start();
    await produceAll(scene, codec);
    const fetched = await fetchedBytes(scene);
    expect(Buffer.concat(await storedBatches(scene.dataDir)).equals(fetched)).toBe(true);
  });
});

describe('a topic that forces a codec', () => {
  it('S3 stores every batch in it, whatever the producer chose', async () => {
    await using scene = await Scene.start();
    await scene.q.admin.createTopic('lines', { partitions: 1, config: { 'compression.type': 'zstd' } });
    for (const codec of codecNames) {
      await using producer = scene.q.producer({ compression: codec });
      await producer.send('lines', { value: `sent as ${codec}` });
    }
    expect(await readValues(scene.q, 'lines')).toEqual(codecNames.map((codec) => `sent as ${codec}`));
    await scene.restart();
    const codecs = (await storedBatches(scene.dataDir)).map((batch) => readBatchHeader(batch).codec);
    expect(codecs).toEqual(codecNames.map(() => 'zstd'));
  });
});

async function produceAll(scene: Scene, compression: CodecName): Promise<void> {
  await scene.q.admin.createTopic('lines', { partitions: 1 });
  await using producer = scene.q.producer({ compression });
  await producer.sendBatch(
    'lines',
    values.map((value) => ({ value })),
  );
}

/** The batches of partition 0 of `lines`, from its segment files. */
async function storedBatches(dataDir: string): Promise<Buffer[]> {
  const names = await readdir(dataDir, { recursive: true });
  const logs = names.filter((name) => /(^|\/)lines-0\/\d{20}\.log$/.test(name)).toSorted();
  const bytes = Buffer.concat(await Promise.all(logs.map((name) => readFile(join(dataDir, name)))));
  return [...iterateBatches(bytes)];
}

async function fetchedBytes(scene: Scene): Promise<Buffer> {
  await using connection = await WireConnection.open(scene.broker.url);
  const topicId = await connection.topicId('lines');
  const partitions = [{ partition: 0, leaderEpoch: -1, fetchOffset: 0, maxBytes: 8 << 20 }];
  const answer = await connection.call(Fetch, {
    maxWaitMs: 0,
    minBytes: 1,
    maxBytes: 8 << 20,
    isolation: 0,
    throttleWaitMs: -1,
    topics: [{ topicId, partitions }],
  });
  return answer.topics[0]!.partitions[0]!.records;
}
