import { describe, expect, it } from 'vitest';
import { adminBroker } from '../harness.ts';
import type { AdminBroker } from '../harness.ts';
import { EventReader } from '../stream/event-reader.ts';

const path = '/api/v1/topics/orders/records';

async function withTopic(partitions = 1): Promise<AdminBroker> {
  const admin = await adminBroker();
  await admin.send('POST', '/api/v1/topics', { name: 'orders', partitions });
  return admin;
}

async function send({ send: post }: AdminBroker, ...values: string[]): Promise<void> {
  const records = values.map((value) => ({ value, partition: 0 }));
  expect((await post('POST', path, { records })).status).toBe(200);
}

describe('following a topic', () => {
  it('O2 C2 events tell what comes, and a reader that comes back goes on where it was', async () => {
    const admin = await withTopic(2);
    await send(admin, 'old');
    const reader = await EventReader.open(`${admin.url}${path}`);
    expect(reader.response.headers.get('content-type')).toBe('text/event-stream');
    expect(await reader.next()).toMatchObject({
      event: 'begin',
      data: {
        positions: [
          { partition: 0, offset: 1 },
          { partition: 1, offset: 0 },
        ],
      },
    });
    await send(admin, 'a', 'b');
    expect(await reader.next()).toMatchObject({ event: 'record', data: { value: 'a', offset: 1 } });
    const second = await reader.next();
    expect(second).toMatchObject({ event: 'record', data: { value: 'b', offset: 2 }, id: '0:3,1:0' });
    reader.close();
    await send(admin, 'c');
    const again = await EventReader.open(`${admin.url}${path}`, { 'last-event-id': second!.id! });
    expect((await again.next())!.event).toBe('begin');
    expect(await again.next()).toMatchObject({ event: 'record', data: { value: 'c', offset: 3 } });
  });

  it('O2 C2 ends where it was told to', async () => {
    const admin = await withTopic();
    await send(admin, 'a', 'b', 'c');
    const reader = await EventReader.open(`${admin.url}${path}?from=start&to=2`);
    const events = [
      await reader.next(),
      await reader.next(),
      await reader.next(),
      await reader.next(),
      await reader.next(),
    ];
    expect(events.map((event) => event?.event)).toEqual(['begin', 'record', 'record', 'end', undefined]);
    expect(events[3]).toMatchObject({ data: { next: '0:2' } });
    const limited = await EventReader.open(`${admin.url}${path}?from=start&limit=1`);
    expect([await limited.next(), await limited.next(), await limited.next(), await limited.next()]).toMatchObject(
      [{ event: 'begin' }, { event: 'record' }, { event: 'end' }, null].map((event) => event),
    );
  });

  it('O2 C2 lines follow, too, and only those that pass the filter', async () => {
    const admin = await withTopic();
    const stop = new AbortController();
    const response = await admin.ask(`${path}?follow=true&contains=x`, {
      headers: { accept: 'application/x-ndjson' },
      signal: stop.signal,
    });
    await send(admin, 'a', 'bx', 'c', 'xd');
    let text = '';
    for await (const chunk of response.body!) {
      text += Buffer.from(chunk).toString('utf8');
      if (text.split('\n').length > 2) break;
    }
    stop.abort();
    expect(
      text
        .trim()
        .split('\n')
        .map((line) => (JSON.parse(line) as { value: string }).value),
    ).toEqual(['bx', 'xd']);
  });

  it('O2 C2 a topic that goes ends its readers with an event that says so', async () => {
    const admin = await withTopic();
    const reader = await EventReader.open(`${admin.url}${path}`);
    expect((await reader.next())!.event).toBe('begin');
    await admin.ask('/api/v1/topics/orders', { method: 'DELETE' });
    expect(await reader.next()).toMatchObject({ event: 'error', data: { code: 'UNKNOWN_TOPIC_ID', retriable: true } });
    expect(await reader.next()).toBeNull();
  });

  it('O2 C2 a broker that stops ends its readers', async () => {
    const admin = await withTopic();
    const reader = await EventReader.open(`${admin.url}${path}`);
    expect((await reader.next())!.event).toBe('begin');
    const ended = reader.next();
    await admin.broker.close();
    expect(await ended).toBeNull();
  });

  it('O2 C2 HEAD says what there would be, and opens no stream', async () => {
    const admin = await withTopic();
    const response = await admin.ask(path, { method: 'HEAD', headers: { accept: 'text/event-stream' } });
    expect([response.status, response.headers.get('content-type')]).toEqual([200, 'text/event-stream']);
  });
});
