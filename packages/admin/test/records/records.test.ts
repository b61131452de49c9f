import { connect } from '@q/client';
import { describe, expect, it, onTestFinished } from 'vitest';
import { problemSchema } from '../../src/http/problem-schema.ts';
import { produced, recordPage } from '../../src/records/record-schemas.ts';
import { adminBroker } from '../harness.ts';
import type { AdminBroker } from '../harness.ts';

async function withTopic(partitions = 1): Promise<AdminBroker> {
  const admin = await adminBroker();
  await admin.send('POST', '/api/v1/topics', { name: 'orders', partitions });
  return admin;
}

const path = '/api/v1/topics/orders/records';

async function fill({ send }: AdminBroker, count: number): Promise<void> {
  const records = Array.from({ length: count }, (_, index) => ({ key: `k${index % 10}`, value: `v${index}` }));
  expect((await send('POST', path, { records })).status).toBe(200);
}

describe('records', () => {
  it('O2 P1 C1 what is sent is read, byte for byte, and what is read can be sent', async () => {
    const admin = await withTopic();
    const bytes = Buffer.from([0, 255, 128]);
    const records = [
      { key: 'a', value: 'é', headers: [{ name: 'h', value: 'x' }], timestampMs: 1_700_000_000_000 },
      { key: null, value: null },
      { keyBase64: bytes.toString('base64'), valueBase64: bytes.toString('base64') },
      {
        value: '',
        headers: [
          { name: 'h', valueBase64: bytes.toString('base64') },
          { name: 'n', value: null },
        ],
      },
    ];
    const answer = produced.parse(await (await admin.send('POST', path, { records })).json());
    expect(answer).toMatchObject({
      records: 4,
      stored: 4,
      batches: [{ baseOffset: 0, durability: 'memory', error: null }],
    });
    const page = recordPage.parse(await admin.get(path));
    expect(
      page.records.map(({ key, value, keyBase64, valueBase64 }) => ({ key, value, keyBase64, valueBase64 })),
    ).toEqual([
      { key: 'a', value: 'é' },
      { key: null, value: null },
      { keyBase64: 'AP+A', valueBase64: 'AP+A' },
      { key: null, value: '' },
    ]);
    expect(page.records[0]).toMatchObject({ partition: 0, offset: 0, timestampMs: 1_700_000_000_000 });
    expect(page.next).toBeNull();

    const lines = await (await admin.ask(path, { headers: { accept: 'application/x-ndjson' } })).text();
    const again = await admin.ask(path, {
      method: 'POST',
      headers: { 'content-type': 'application/x-ndjson' },
      body: lines,
    });
    expect(produced.parse(await again.json())).toMatchObject({ records: 4, stored: 4 });
    const both = recordPage.parse(await admin.get(path)).records.map(({ offset: _, ...record }) => record);
    expect(both.slice(4)).toEqual(both.slice(0, 4));
  });

  it('O2 P2 a key goes where every client puts it', async () => {
    const admin = await withTopic(8);
    await fill(admin, 10);
    const q = await connect(admin.broker.url);
    onTestFinished(async () => void (await q.close()));
    const producer = q.producer();
    const { records } = recordPage.parse(await admin.get(path));
    for (const { key, partition } of records)
      expect((await producer.send('orders', { key: key!, value: '' })).partition).toBe(partition);
  });

  it('O2 C1 reads from a place to a place, page by page', async () => {
    const admin = await withTopic();
    await fill(admin, 25);
    const offsets: number[] = [];
    let cursor = '';
    for (let pages = 0; pages < 20; pages += 1) {
      const page = recordPage.parse(await admin.get(`${path}?from=3&to=-2&limit=7${cursor}`));
      offsets.push(...page.records.map(({ offset }) => offset));
      if (page.next === null) break;
      cursor = `&cursor=${encodeURIComponent(page.next)}`;
    }
    expect(offsets).toEqual(Array.from({ length: 20 }, (_, index) => index + 3));
  });

  it('O2 C1 filters by key, header and value, and cuts values', async () => {
    const admin = await withTopic(3);
    await fill(admin, 40);
    await admin.send('POST', path, { records: [{ value: 'needle in hay', headers: [{ name: 'kind', value: 'x' }] }] });
    const read = async (query: string): Promise<(string | null | undefined)[]> =>
      recordPage.parse(await admin.get(`${path}?${query}`)).records.map(({ value }) => value);
    expect(await read('key=k3')).toEqual(['v3', 'v13', 'v23', 'v33']);
    expect(await read('keyPrefix=k')).toHaveLength(40);
    expect(await read('contains=needle')).toEqual(['needle in hay']);
    expect(await read('header=kind%3Dx')).toEqual(['needle in hay']);
    expect(await read('header=kind%3Dy')).toEqual([]);
    const page = recordPage.parse(await admin.get(`${path}?contains=needle&previewBytes=6`));
    expect(page.records[0]).toMatchObject({ value: 'needle', valueBytes: 13 });
  });

  it('O2 C1 batches of every codec are read', async () => {
    const admin = await withTopic();
    for (const codec of ['none', 'gzip', 'snappy', 'lz4', 'zstd'])
      await admin.send('POST', `${path}?compression=${codec}`, { records: [{ value: codec }, { value: codec }] });
    const { records } = recordPage.parse(await admin.get(path));
    expect(records.map(({ value }) => value)).toEqual(
      ['none', 'gzip', 'snappy', 'lz4', 'zstd'].flatMap((codec) => [codec, codec]),
    );
  });

  it('O2 P1 nothing is sent when a line is wrong, and the line is named', async () => {
    const admin = await withTopic();
    const body = '{"value":"good"}\n\n{"value":7}\n{"value"\n{"valu":"x"}\n';
    const refused = await admin.ask(path, {
      method: 'POST',
      headers: { 'content-type': 'application/x-ndjson' },
      body,
    });
    expect(refused.status).toBe(400);
    expect(problemSchema.parse(await refused.json()).errors!.map(({ field }) => field)).toEqual([
      'body.line 3.value',
      'body.line 4',
      'body.line 5.valu',
    ]);
    expect(recordPage.parse(await admin.get(path)).records).toEqual([]);
  });

  it.each([
    ['from=nowhere', 400, 'query.from'],
    ['from=99', 416, undefined],
    ['partition=7', 404, undefined],
    ['partition=x', 400, 'query.partition'],
    ['limit=0', 400, 'query.limit'],
    ['limit=1&limit=2', 400, 'query.limit'],
    ['cursor=1', 400, 'query.cursor'],
    ['previewBytes=1e3', 400, 'query.previewBytes'],
    ['nothing=1', 400, 'query.nothing'],
  ])('O2 C1 %s is answered with %i', async (query, status, field) => {
    const admin = await withTopic();
    const response = await admin.ask(`${path}?${query}`);
    expect(response.status).toBe(status);
    expect(problemSchema.parse(await response.json()).errors?.[0]?.field).toBe(field);
  });

  it('O2 P1 a body of another kind, or one that is too large, is refused', async () => {
    const admin = await withTopic();
    const post = (body: string, type: string): Promise<Response> =>
      admin.ask(path, { method: 'POST', headers: { 'content-type': type }, body });
    expect((await post('a=b', 'application/x-www-form-urlencoded')).status).toBe(415);
    expect((await post('{}', 'text/plain')).status).toBe(415);
    expect((await post('{', 'application/json')).status).toBe(400);
    const large = JSON.stringify({ name: 'x'.repeat(2 << 20) });
    const tooLarge = await admin.ask('/api/v1/topics', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: large,
    });
    expect(tooLarge.status).toBe(413);
  });
});
