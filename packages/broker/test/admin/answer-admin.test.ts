import { describe, expect, it } from 'vitest';
import { adminSnapshot } from '../../src/admin/admin-snapshot.ts';
import { answerAdmin } from '../../src/admin/answer-admin.ts';
import type { AdminAnswer } from '../../src/admin/answer-admin.ts';
import type { BrokerPhase, Health } from '../../src/admin/health.ts';
import { BrokerCounters, countError, countRequest, createApiCounter, diskTimes } from '../../src/metrics/counters.ts';
import { nodeClock } from '../../src/node-clock.ts';

const counters = new BrokerCounters(nodeClock);

function ask(phase: BrokerPhase, method: string, path: string): AdminAnswer {
  return answerAdmin(() => adminSnapshot({ phase }, counters), { method, path });
}

function readyz(health: Health): AdminAnswer {
  return answerAdmin(() => adminSnapshot(health, counters), { method: 'GET', path: '/readyz' });
}

describe('admin', () => {
  it.each<[BrokerPhase, number, number, string[]]>([
    ['starting', 503, 200, ['the broker reads its data']],
    ['ready', 200, 200, []],
    ['stopping', 503, 200, ['the broker stops']],
    ['failed', 503, 503, ['storage failed, and the process should end: the log has the details']],
  ])('O4 while %s, /readyz says %i and /healthz %i, and why', (phase, ready, alive, reasons) => {
    expect(ask(phase, 'GET', '/readyz')).toEqual({ status: ready, body: { status: phase, reasons } });
    expect(ask(phase, 'HEAD', '/healthz')).toMatchObject({ status: alive });
  });

  it('O4 /readyz tells what is wrong although it serves, and what a stop waits for', () => {
    const full: Health = { phase: 'ready', troubles: () => ['disk.full: no room'] };
    expect(readyz(full)).toEqual({ status: 200, body: { status: 'ready', reasons: ['disk.full: no room'] } });
    const stopping: Health = { phase: 'stopping', drain: () => ({ requests: 3, connections: 2, leftMs: 7_200 }) };
    expect(readyz(stopping)).toMatchObject({
      status: 503,
      body: { reasons: ['the broker stops (requests under way: 3, connections: 2, seconds left: 8)'] },
    });
    const failed: Health = { phase: 'failed', failure: 'EIO' };
    expect(readyz(failed)).toMatchObject({ body: { reasons: [expect.stringContaining('EIO')] } });
  });

  it('SEC-7: a stranger hears whether the broker serves, and of no alert: nor that its guesses were noticed', () => {
    const guessed: Health = { phase: 'ready', troubles: () => ['logins.refused: 61 within a minute', 'disk.full: x'] };
    const request = { method: 'GET', path: '/readyz', isStranger: true };
    const told = answerAdmin(() => adminSnapshot(guessed, counters), request);
    expect(told).toEqual({ status: 200, body: { status: 'ready', reasons: [] } });
  });

  it('has nothing elsewhere, and takes nothing but GET', () => {
    expect(ask('ready', 'GET', '/metrics')).toEqual({
      status: 404,
      body: { error: 'there is nothing at /metrics' },
    });
    expect(ask('ready', 'POST', '/healthz').status).toBe(405);
  });

  it('M1 M2 tells what was done, and how long requests took', () => {
    const counter = createApiCounter();
    counters.apis.set('PING', counter).set('FETCH', createApiCounter());
    for (let ms = 1; ms <= 100; ms += 1) countRequest(counter, { elapsedMs: ms, failed: ms === 7 });
    countError(counters, 'BROKER_BUSY', {
      api: counter,
      failing: { door: 'native', clientId: 'a', address: '127.0.0.1' },
    });
    counters.recordsIn += 5;
    const { body } = ask('ready', 'GET', '/stats') as { body: { requests: Record<string, Record<string, number>> } };
    expect(body).toMatchObject({ status: 'ready', recordsIn: 5, errors: { BROKER_BUSY: 1 } });
    expect(Object.keys(body.requests)).toEqual(['PING']);
    const { count, failed, p50Micros, p99Micros, maxMicros } = body.requests['PING']!;
    expect({ count, failed }).toEqual({ count: 100, failed: 1 });
    // Two digits are exact.
    expect(Math.abs(p50Micros! / 50_000 - 1)).toBeLessThan(0.01);
    expect(Math.abs(p99Micros! / 99_000 - 1)).toBeLessThan(0.01);
    expect(Math.abs(maxMicros! / 100_000 - 1)).toBeLessThan(0.01);
  });

  it('M1 tells how long rounds and syncs took, once there were any', () => {
    const fresh = new BrokerCounters(nodeClock);
    const stats = (): AdminAnswer =>
      answerAdmin(() => adminSnapshot({ phase: 'ready' }, fresh), { method: 'GET', path: '/stats' });
    expect(stats().body).toMatchObject({ rounds: null, syncs: null });
    const disk = diskTimes(fresh);
    disk.synced(0.5);
    disk.synced(2);
    disk.roundEnded(3, { records: 2, bytes: 200 });
    const { body } = stats() as { body: Record<'rounds' | 'syncs', Record<string, number>> };
    expect(body).toMatchObject({ rounds: { count: 1 }, syncs: { count: 2 } });
    expect(Math.abs(body.rounds['maxMicros']! / 3_000 - 1)).toBeLessThan(0.01);
    expect(Math.abs(body.syncs['p50Micros']! / 500 - 1)).toBeLessThan(0.01);
  });
});
