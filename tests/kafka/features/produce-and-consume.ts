import { equal, ok } from 'node:assert';
import { section } from '../feature.ts';
import type { Feature } from '../feature.ts';
import { codecs } from '../operations.ts';
import type { Acks, Codec } from '../operations.ts';
import { base64, expectOffsets, expectSame, oddRecords, plainText, someRecords, timeOf } from '../records.ts';
import type { Stage } from '../stage.ts';

const acknowledgements: readonly Acks[] = [-1, 1, 0];
const recordsInBatch = 50;

/** What a client sends with this codec, however it is acknowledged, is there for the native client and for itself. */
async function sendsIn(codec: Codec, stage: Stage): Promise<void> {
  for (const acks of acknowledgements) {
    const topic = await stage.topic();
    const records = someRecords(recordsInBatch, { name: `${codec} ${acks}` });
    await stage.client.ask('produce', { topic, codec, acks, isIdempotent: false, records });
    if (acks === 0) await endOf(stage, topic, records.length);
    const stored = await stage.stored(topic);
    expectSame(stored, records);
    expectOffsets(stored, 0, records.length);
    equal(await stage.codecOf(topic), codec);
  }
}

/** Nobody says when a record without an acknowledgement has arrived. */
async function endOf(stage: Stage, topic: string, count: number): Promise<void> {
  const { admin } = await stage.q;
  for (let look = 0; look < 200; look += 1) {
    const end = (await admin.listOffsets(topic, 'end'))[0];
    if (end === count) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error('what was sent with acks=0 did not arrive');
}

async function readsIn(codec: Codec, stage: Stage): Promise<void> {
  const topic = await stage.topic();
  const records = someRecords(recordsInBatch, { name: codec });
  await stage.store(topic, records, codec);
  const { records: seen } = await stage.client.ask('consume', {
    topic,
    partition: 0,
    from: 'start',
    count: records.length,
  });
  expectSame(seen, records);
  expectOffsets(seen, 0, records.length);
}

async function returnsOddRecords(stage: Stage): Promise<void> {
  const records = oddRecords();
  const fromClient = await stage.topic();
  await stage.client.ask('produce', { topic: fromClient, codec: 'none', acks: -1, isIdempotent: false, records });
  expectSame(await stage.stored(fromClient), records);
  const fromNative = await stage.topic();
  await stage.store(fromNative, records);
  for (const topic of [fromClient, fromNative]) {
    const { records: seen } = await stage.client.ask('consume', {
      topic,
      partition: 0,
      from: 'start',
      count: records.length,
    });
    expectSame(seen, records);
  }
}

/** Three compressed batches, so that the wanted record lies within one. */
async function storedInBatches(stage: Stage): Promise<string> {
  const topic = await stage.topic();
  const records = someRecords(90);
  for (let at = 0; at < 90; at += 30) await stage.store(topic, records.slice(at, at + 30), 'gzip');
  return topic;
}

/** Records come all the while; the first that is seen must be one that came after the client was asked. */
async function readsFromEnd(stage: Stage): Promise<void> {
  const topic = await stage.topic();
  await stage.store(topic, someRecords(20, { name: 'before' }));
  const reading = stage.client.ask('consume', { topic, partition: 0, from: 'end', count: 5 });
  let isOver = false;
  void reading.catch(() => undefined).finally(() => (isOver = true));
  for (let sent = 0; !isOver && sent < 400; sent += 1) {
    await stage.store(topic, [
      { partition: 0, key: null, value: base64(`after ${sent}`), headers: [], timestampMs: timeOf(sent) },
    ]);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  const { records } = await reading;
  ok(records[0]!.offset >= 20, `the first record is at ${records[0]!.offset}, and was there before`);
  ok(records.every((record) => plainText(record).startsWith('after')));
  expectOffsets(records, records[0]!.offset, 5);
}

async function startsAt(stage: Stage, from: { offset: number } | { timeMs: number }, first: number): Promise<void> {
  const topic = await storedInBatches(stage);
  const { records } = await stage.client.ask('consume', { topic, partition: 0, from, count: 90 - first });
  expectOffsets(records, first, 90 - first);
}

export const produceAndConsume: readonly Feature[] = [
  ...section(
    'Produce',
    Object.fromEntries(codecs.map((codec) => [`${codec}, acks 0, 1 and all`, (stage: Stage) => sendsIn(codec, stage)])),
  ),
  ...section('Produce', {
    'idempotent producers': async (stage) => {
      const topic = await stage.topic({ partitions: 3 });
      const records = [0, 1, 2].flatMap((partition) => someRecords(300, { partition }));
      // One producer after the other, with the same records: none may be taken for another one.
      for (let producer = 0; producer < 3; producer += 1)
        await stage.client.ask('produce', { topic, codec: 'none', acks: -1, isIdempotent: true, records });
      const sent = [0, 1, 2].flatMap((partition) => {
        const ofPartition = records.filter((record) => record.partition === partition);
        return [...ofPartition, ...ofPartition, ...ofPartition];
      });
      expectSame(await stage.stored(topic), sent);
    },
    'keys, headers, timestamps and nulls, both ways': returnsOddRecords,
  }),
  ...section(
    'Consume',
    Object.fromEntries(
      codecs.map((codec) => [`${codec} of the native client`, (stage: Stage) => readsIn(codec, stage)]),
    ),
  ),
  ...section('Consume', {
    'from the start': async (stage) => {
      const topic = await storedInBatches(stage);
      const { records } = await stage.client.ask('consume', { topic, partition: 0, from: 'start', count: 90 });
      expectOffsets(records, 0, 90);
    },
    'from the end': readsFromEnd,
    'from an offset within a batch': (stage) => startsAt(stage, { offset: 45 }, 45),
    'from a time within a batch': (stage) => startsAt(stage, { timeMs: timeOf(45) - 500 }, 45),
  }),
];
