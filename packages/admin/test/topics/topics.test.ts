import { describe, expect, it } from 'vitest';
import { problemSchema } from '../../src/http/problem-schema.ts';
import { createdTopic, topicDetails, topicList } from '../../src/topics/topic-schemas.ts';
import { adminBroker } from '../harness.ts';

describe('topics', () => {
  it('O2 T1 are made, shown, changed, grown and deleted', async () => {
    const { ask, get, send } = await adminBroker();
    const made = await send('POST', '/api/v1/topics', {
      name: 'orders',
      partitions: 2,
      configs: { 'retention.ms': '1h' },
    });
    expect(made.status).toBe(201);
    const created = createdTopic.parse(await made.json());
    expect(created).toMatchObject({ name: 'orders', partitions: 2, validateOnly: false });
    expect(created.configs).toContainEqual({ key: 'retention.ms', value: '3600000', source: 'topic' });

    const altered = await send('PATCH', '/api/v1/topics/orders', {
      set: { 'segment.ms': '1d' },
      unset: ['retention.ms'],
    });
    expect(altered.status).toBe(200);
    expect(await (await send('POST', '/api/v1/topics/orders/partitions', { partitions: 3 })).json()).toEqual({
      partitions: 3,
    });
    const details = topicDetails.parse(await get('/api/v1/topics/orders'));
    expect(details).toMatchObject({ name: 'orders', topicId: created.topicId, partitionCount: 3, next: null });
    expect(details.configs).toContainEqual({ key: 'segment.ms', value: '86400000', source: 'topic' });
    expect(details.partitions.map(({ partition, error }) => [partition, error])).toEqual([
      [0, null],
      [1, null],
      [2, null],
    ]);

    expect(await (await ask('/api/v1/topics/orders', { method: 'DELETE' })).json()).toEqual({
      topicId: created.topicId,
    });
    const gone = await ask('/api/v1/topics/orders');
    expect(gone.status).toBe(404);
    expect(problemSchema.parse(await gone.json())).toMatchObject({
      type: '/api/v1/errors/UNKNOWN_TOPIC',
      code: 'UNKNOWN_TOPIC',
      retriable: false,
    });
  });

  it('O2 T1 validateOnly changes nothing', async () => {
    const { get, send } = await adminBroker();
    const checked = await send('POST', '/api/v1/topics', { name: 'orders', validateOnly: true });
    expect([checked.status, (await checked.json()) as object]).toEqual([
      201,
      expect.objectContaining({ validateOnly: true }),
    ]);
    expect(await get('/api/v1/topics')).toEqual({ topics: [], next: null });
  });

  it('O2 T1 a list comes page by page, and so do partitions', async () => {
    const { get, send } = await adminBroker();
    for (const name of ['b', 'a', 'd', 'c', 'x.1']) await send('POST', '/api/v1/topics', { name, partitions: 12 });
    const names: string[] = [];
    let after = '';
    for (let pages = 0; pages < 10; pages += 1) {
      const page = topicList.parse(await get(`/api/v1/topics?limit=2${after}`));
      names.push(...page.topics.map(({ name }) => name));
      if (page.next === null) break;
      after = `&after=${encodeURIComponent(page.next)}`;
    }
    expect(names).toEqual(['a', 'b', 'c', 'd', 'x.1']);
    expect(topicList.parse(await get('/api/v1/topics?prefix=x.')).topics).toHaveLength(1);
    const first = topicDetails.parse(await get('/api/v1/topics/a?limit=11'));
    expect([first.partitions.length, first.next]).toEqual([11, '10']);
    const second = topicDetails.parse(await get('/api/v1/topics/a?limit=11&after=10'));
    expect([second.partitions.map(({ partition }) => partition), second.next]).toEqual([[11], null]);
  });

  it('O2 T1 trims, and opens again', async () => {
    const { send } = await adminBroker();
    await send('POST', '/api/v1/topics', { name: 'orders', partitions: 1 });
    await send('POST', '/api/v1/topics/orders/records', { records: [{ value: 'a' }, { value: 'b' }] });
    const trimmed = await send('POST', '/api/v1/topics/orders/trim', {
      partitions: [
        { partition: 0, before: 1 },
        { partition: 7, before: 'end' },
      ],
    });
    expect(await trimmed.json()).toEqual({
      validateOnly: false,
      partitions: [
        { partition: 0, logStartOffset: 1, error: null },
        { partition: 7, logStartOffset: -1, error: expect.objectContaining({ code: 'UNKNOWN_PARTITION' }) },
      ],
    });
    const trim = async (body: object): Promise<unknown> =>
      (await send('POST', '/api/v1/topics/orders/trim', body)).json();
    const tried = { validateOnly: true, partitions: [{ partition: 0, logStartOffset: 2, error: null }] };
    expect(await trim({ before: '@now', validateOnly: true })).toEqual(tried);
    expect(await trim({ before: 'end', in: [0], validateOnly: true })).toEqual(tried);
    expect(await trim({ before: '@-1d' })).toMatchObject({ partitions: [{ logStartOffset: 1, error: null }] });
    expect(await trim({ before: '9', validateOnly: true })).toMatchObject({
      partitions: [{ error: { code: 'OFFSET_OUT_OF_RANGE' } }],
    });
    expect(await trim({ before: 'end' })).toMatchObject({ partitions: [{ logStartOffset: 2, error: null }] });
    expect(await (await send('POST', '/api/v1/topics/orders/reopen', {})).json()).toEqual({ partitions: [] });
  });

  it('O2 T1 what is wrong is named with its value and what is allowed', async () => {
    const { send } = await adminBroker();
    const wrong = await send('POST', '/api/v1/topics', { name: 7, partitions: 0, colour: 'red' });
    expect(wrong.status).toBe(400);
    const { code, errors } = problemSchema.parse(await wrong.json());
    expect(code).toBe('INVALID_REQUEST');
    expect(errors).toEqual(
      expect.arrayContaining([
        { field: 'body.name', value: '7', allowed: expect.stringContaining('text') },
        { field: 'body.partitions', value: '0', allowed: expect.stringContaining('1') },
        { field: 'body.colour', value: 'red', allowed: expect.stringContaining('no such') },
      ]),
    );
    const setting = await send('POST', '/api/v1/topics', { name: 'x', configs: { 'retention.ms': 'soon' } });
    expect(problemSchema.parse(await setting.json())).toMatchObject({
      code: 'INVALID_CONFIG',
      errors: [{ field: 'retention.ms', value: 'soon', allowed: expect.stringContaining('whole number') }],
    });
  });
});
