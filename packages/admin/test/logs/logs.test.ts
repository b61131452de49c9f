import { describe, expect, it } from 'vitest';
import { adminBroker } from '../harness.ts';
import { EventReader } from '../stream/event-reader.ts';
import { FakeProgramLog } from './fake-program-log.ts';

interface Lines {
  readonly lines: { readonly event: string; readonly topic?: string }[];
}

async function setUp() {
  const log = new FakeProgramLog();
  return { log, ...(await adminBroker({ admin: { log } })) };
}

describe('the log over HTTP', () => {
  it('O5 gives the last lines, as a list and a line each', async () => {
    const { log, get, ask } = await setUp();
    for (let number = 0; number < 5; number += 1) log.say('topic.created', { topic: `t${number}` });
    const { lines } = await get<Lines>('/api/v1/logs?limit=2');
    expect(lines.map(({ event, topic }) => [event, topic])).toEqual([
      ['topic.created', 't3'],
      ['topic.created', 't4'],
    ]);
    const text = await (await ask('/api/v1/logs', { headers: { accept: 'application/x-ndjson' } })).text();
    expect(text.trimEnd().split('\n')).toHaveLength(5);
  });

  it('O5 hands level, event and time on', async () => {
    const { log, get } = await setUp();
    await get<Lines>('/api/v1/logs?level=warn&event=group&since=2026-11-30T10:00:00Z');
    const before = Date.now();
    await get<Lines>('/api/v1/logs?since=15m');
    expect(log.asked[0]).toMatchObject({ level: 'warn', event: 'group', sinceMs: Date.UTC(2026, 10, 30, 10) });
    expect(log.asked[1]!.sinceMs! - (before - 15 * 60_000)).toBeLessThan(60_000);
  });

  it.each([
    ['level=loud', 'query.level', 'one of debug, info'],
    ['event=topic.creatd', 'query.event', 'docs/LOGS.md'],
    ['since=yesterday', 'query.since', 'a time such as'],
    ['limit=0', 'query.limit', 'a whole number from 1'],
    ['colour=red', 'query', 'leave it out'],
  ])('O5 refuses %s, and says what is allowed', async (query, field, allowed) => {
    const { ask } = await setUp();
    const answer = await ask(`/api/v1/logs?${query}`);
    const problem = (await answer.json()) as { errors: { field: string; allowed: string }[] };
    expect(answer.status).toBe(400);
    expect(problem.errors[0]!.field).toContain(field);
    expect(problem.errors[0]!.allowed).toContain(allowed);
  });

  it('O5 follows, goes on behind the line that a reader had, and lets go of one that leaves', async () => {
    const { log, url } = await setUp();
    log.say('topic.created', { topic: 'a' });
    const reader = await EventReader.open(`${url}/api/v1/logs`);
    expect(await reader.next()).toMatchObject({ event: 'line', id: '1', data: { event: 'topic.created', topic: 'a' } });
    log.say('topic.deleted', { topic: 'a' });
    expect(await reader.next()).toMatchObject({ event: 'line', id: '2', data: { event: 'topic.deleted' } });
    const again = await EventReader.open(`${url}/api/v1/logs`, { 'last-event-id': '1' });
    expect(await again.next()).toMatchObject({ id: '2' });
    reader.close();
    again.close();
    await expect.poll(() => log.followers).toBe(0);
  });

  it('O5 tells a reader that is too slow how many lines it has missed', async () => {
    const { log, url } = await setUp();
    const reader = await EventReader.open(`${url}/api/v1/logs`);
    log.say('topic.created');
    await reader.next();
    await expect.poll(() => log.followers).toBe(1);
    for (let number = 0; number < 1_500; number += 1) log.say('topic.created');
    let missed: unknown = null;
    for (let event = await reader.next(); event !== null; event = await reader.next()) {
      if (event.event === 'missed') missed = event.data;
      if (event.id === '1501') break;
    }
    expect(missed).toMatchObject({ lines: expect.any(Number) as number });
  });

  it('O5 changes what is written, for all of the log and for one subsystem', async () => {
    const { log, get, send } = await setUp();
    const change = async (body: object): Promise<unknown> => (await send('PUT', '/api/v1/log-level', body)).json();
    expect(await change({ level: 'debug', subsystem: 'connection' })).toEqual({
      level: 'info',
      subsystems: { connection: 'debug' },
    });
    expect(await change({ level: 'warn' })).toEqual({ level: 'warn', subsystems: { connection: 'debug' } });
    expect(await change({ level: null, subsystem: 'connection' })).toEqual({ level: 'warn', subsystems: {} });
    expect(await get('/api/v1/log-level')).toEqual({ level: 'warn', subsystems: {} });
    expect(log.levels.level).toBe('warn');
  });

  it.each([
    [{ level: 'loud' }, 'body.level'],
    [{ level: 'debug', subsystem: 'groups' }, 'body.subsystem'],
    [{ level: null }, 'body.level'],
  ])('O5 refuses %o, and changes nothing', async (body, field) => {
    const { log, send } = await setUp();
    const answer = await send('PUT', '/api/v1/log-level', body);
    const problem = (await answer.json()) as { errors: { field: string }[] };
    expect([answer.status, problem.errors[0]!.field]).toEqual([400, field]);
    expect([log.levels.level, log.levels.subsystems.size]).toEqual(['info', 0]);
  });

  it('O5 says so where the program keeps its log to itself', async () => {
    const { ask } = await adminBroker();
    const answer = await ask('/api/v1/logs');
    expect(answer.status).toBe(404);
    expect(await answer.json()).toMatchObject({
      code: 'NOT_FOUND',
      detail: expect.stringContaining('inside') as string,
    });
  });
});
