/** Batches pass through as they are, in at one door and out at the other. */
import { batchCodec, batchIsTransactional, codecNames, encodeBatch, iterateRecords } from '@q/protocol';
import type { CodecName } from '@q/protocol';
import { describe, expect, it } from 'vitest';
import { readRequestHead, readRequestHeader } from '../../src/frame/request-header.ts';
import { produce } from '../../src/messages/produce.ts';
import { capturesOf } from '../captures.ts';
import { fetchFrom, partitionsOf } from '../fetching.ts';
import { kafkaBroker, RawClient } from '../harness.ts';
import { nativeClient, readNatively } from '../native.ts';
import { batchAt, sending, sendOne } from '../producing.ts';

const timestampMs = Date.now() - 60_000;
const sent = Array.from({ length: 20 }, (_, index) => ({
  key: index % 3 === 0 ? null : `key-${index}`,
  value: index % 5 === 0 ? null : `value-${index}-`.repeat(30),
  headers: [
    { key: 'kind', value: Buffer.from('order') },
    { key: 'nothing', value: null },
  ],
  timestampMs: timestampMs + index * 7,
}));

async function setUp(partitions = 1) {
  const { broker, kafkaPort } = await kafkaBroker();
  const q = await nativeClient(broker);
  await q.admin.createTopic('orders', { partitions });
  const { topicId } = await q.admin.describeTopic('orders');
  return { q, topicId, client: await RawClient.connect(kafkaPort) };
}

/** A batch without what the log sets: base offset and leader epoch. */
function asSent(batch: Buffer): string {
  const copy = Buffer.from(batch);
  copy.writeBigInt64BE(0n, batchAt.baseOffset);
  copy.writeInt32BE(-1, batchAt.leaderEpoch);
  return copy.toString('hex');
}

async function fetched(client: RawClient, topicId: string, partition = 0): Promise<Buffer> {
  const [answered] = partitionsOf(await fetchFrom(client, [{ topicId, partition }]));
  return Buffer.concat(answered!.records ?? []);
}

describe.each(codecNames)('a batch with codec %s', (codec: CodecName) => {
  it('B1 that a Kafka client sends is read by the native client, and fetched as it was sent', async () => {
    const { q, topicId, client } = await setUp();
    const batch = encodeBatch(sent, { codec });
    const original = asSent(batch);
    expect(await sendOne(client, { topicId }, batch, { version: 13 })).toMatchObject({ errorCode: 0, baseOffset: 0 });

    expect(asSent(await fetched(client, topicId))).toBe(original);
    const messages = await readNatively(q, 'orders', sent.length);
    expect(
      messages.map(({ offset, timestampMs: time, key, value, headers }) => ({
        offset,
        timestampMs: time,
        key: key?.toString() ?? null,
        value: value?.toString() ?? null,
        headers: headers.map((header) => ({ key: header.key, value: header.value })),
      })),
    ).toEqual(sent.map((record, offset) => ({ offset, ...record })));
  });

  it('B1 that the native client sends is fetched by a Kafka client, every field of it', async () => {
    const { q, topicId, client } = await setUp();
    await using producer = q.producer({ compression: codec });
    await producer.sendBatch('orders', sent);
    const batch = await fetched(client, topicId);
    expect(batchCodec(batch)).toBe(codec);
    const records = [...iterateRecords(batch)].map((record) => ({
      offset: record.offset,
      timestampMs: record.timestampMs,
      key: record.keyText(),
      value: record.valueText(),
      headers: record.headers.map(({ key, value }) => ({ key, value })),
    }));
    expect(records).toEqual(sent.map((record, offset) => ({ offset, ...record })));
  });
});

const inOrder = (left: string, right: string): number => left.localeCompare(right);

describe('the batches that real clients were recorded to send', () => {
  const batches = capturesOf(produce.key).flatMap(({ flow, apiVersion, request }) => {
    const { bodyAt } = readRequestHeader(request, readRequestHead(request), apiVersion >= produce.flexibleSince);
    const { topicData } = produce.request.decode(request, bodyAt, apiVersion);
    return topicData.flatMap(({ partitionData }) =>
      partitionData.map(({ records }) => ({ flow, version: apiVersion, batch: Buffer.from(records![0]!) })),
    );
  });
  const plain = batches.filter(({ batch }) => !batchIsTransactional(batch));

  it('B1 are stored as they are, and each record is read natively', async () => {
    // A partition for each: in the recordings several producers have the same id.
    const { q, topicId, client } = await setUp(plain.length);
    expect(new Set(plain.map(({ batch }) => batchCodec(batch)))).toEqual(new Set(codecNames));
    const texts: string[] = [];
    for (const [index, { flow, version, batch }] of plain.entries()) {
      const original = asSent(batch);
      const partitionData = [{ index, records: [batch] }];
      const { responses } = await client.ask(produce, version, {
        ...sending({}, []),
        topicData: [{ name: 'orders', topicId, partitionData }],
      });
      expect(responses[0]!.partitionResponses[0], flow).toMatchObject({ index, errorCode: 0, baseOffset: 0 });
      expect(asSent(await fetched(client, topicId, index)), flow).toBe(original);
      for (const record of iterateRecords(batch)) texts.push(record.valueText() ?? '');
    }
    const messages = await readNatively(q, 'orders', texts.length);
    expect(messages.map(({ value }) => value?.toString() ?? '').toSorted(inOrder)).toEqual(texts.toSorted(inOrder));
  });

  it('B1 are refused within a transaction of a producer that has begun none', async () => {
    const { client } = await setUp();
    const transactional = batches.filter(({ batch }) => batchIsTransactional(batch));
    expect(transactional.length).toBeGreaterThan(0);
    for (const { version, batch } of transactional)
      expect(await sendOne(client, { name: 'orders' }, batch, { version: Math.min(version, 12) })).toMatchObject({
        errorCode: 49,
      });
  });
});
