import { deepStrictEqual } from 'node:assert';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Running } from '../client-program.ts';
import { section } from '../feature.ts';
import type { Feature } from '../feature.ts';
import type { ResultOf, StreamsArgs } from '../operations.ts';
import { base64, plainText, timeOf } from '../records.ts';
import type { Stage } from '../stage.ts';

const words = ['red', 'green', 'blue'];
const perWord = 300;
const turnMs = 100;
const waitMs = 60_000;

/** The same number of each word, in a partition each. */
async function store(stage: Stage, topic: string): Promise<void> {
  const records = words.flatMap((word, partition) =>
    Array.from({ length: perWord }, (_, index) => ({
      partition: partition % 2,
      key: base64(`key-${index}`),
      value: base64(word),
      headers: [],
      timestampMs: timeOf(index),
    })),
  );
  await stage.store(topic, records);
}

/** The counts of each word, as they were written. */
async function countsIn(stage: Stage, topic: string): Promise<Map<string, number[]>> {
  const counts = new Map<string, number[]>(words.map((word) => [word, []]));
  for (const record of await stage.stored(topic))
    counts.get(plainText({ value: record.key }))!.push(Number(plainText(record)));
  return counts;
}

/** Waits until so many records are there. */
async function until(stage: Stage, topic: string, count: number): Promise<void> {
  for (let waited = 0; waited < waitMs; waited += turnMs) {
    if ((await stage.stored(topic)).length >= count) return;
    await new Promise((resolve) => setTimeout(resolve, turnMs));
  }
  throw new Error(`there are not ${count} records after ${waitMs} ms`);
}

async function begin(
  stage: Stage,
  args: StreamsArgs,
): Promise<{ app: Running<ResultOf<'streams'>>; kill: () => Promise<void> }> {
  const program = stage.program();
  const app = program.begin('streams', args);
  await app.until('its work', () => app.events.some(({ data }) => data['state'] === 'RUNNING'), waitMs);
  return { app, kill: () => program.kill() };
}

/** Every count is there once: none is skipped, and none comes again. */
async function countsOnce(stage: Stage): Promise<void> {
  const topic = await stage.topic({ partitions: 2 });
  const to = await stage.topic();
  const folder = await mkdtemp(join(tmpdir(), 'q-streams-'));
  const args = { application: stage.name('streams'), topic, to, folder, sessionTimeoutMs: 6000, pauseMs: 2 };
  const ofOneTurn = words.length * perWord;
  try {
    const first = await begin(stage, args);
    await store(stage, topic);
    await until(stage, to, ofOneTurn / 4);
    await first.kill();
    const second = await begin(stage, args);
    await store(stage, topic);
    await until(stage, to, ofOneTurn);
    await stage.crash();
    await until(stage, to, 2 * ofOneTurn);
    await second.app.stop();
    const expected = Array.from({ length: 2 * perWord }, (_, index) => index + 1);
    deepStrictEqual(await countsIn(stage, to), new Map(words.map((word) => [word, expected])));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Of one worker after the other, and of a broker that is killed: every number is there once, in its order. */
async function connects(stage: Stage): Promise<void> {
  const to = await stage.topic();
  const end = 2_000;
  const args = { group: stage.name('connect'), to, end, sessionTimeoutMs: 6000 };
  const first = stage.program();
  const begun = first.begin('connect', args);
  await begun.until('its source', () => begun.events.length > 0, waitMs);
  await until(stage, to, end / 10);
  await first.kill();
  const worker = stage.program().begin('connect', args);
  await until(stage, to, end / 2);
  await stage.crash();
  await until(stage, to, end);
  await worker.stop();
  deepStrictEqual(
    (await stage.stored(to)).map((record) => Number(plainText(record))),
    Array.from({ length: end }, (_, index) => index),
  );
}

export const streams: readonly Feature[] = section('Streams', {
  'Kafka Streams counts exactly once, across a kill of itself and of the broker': { run: countsOnce, isLong: true },
  'Kafka Connect writes a source exactly once, across kills of a worker and the broker': {
    run: connects,
    isLong: true,
  },
});
