import { describe, expect, it } from 'vitest';
import { answerAdmin } from '../../src/admin/answer-admin.ts';
import type { BrokerPhase } from '../../src/admin/health.ts';

describe('admin', () => {
  it.each<[BrokerPhase, number]>([
    ['starting', 503],
    ['ready', 200],
    ['stopping', 503],
    ['failed', 503],
  ])('while %s, /readyz says %i and /healthz 200', (phase, status) => {
    expect(answerAdmin({ phase }, { method: 'GET', path: '/readyz' })).toEqual({ status, body: { status: phase } });
    expect(answerAdmin({ phase }, { method: 'HEAD', path: '/healthz' })).toEqual({
      status: 200,
      body: { status: 'alive' },
    });
  });

  it('has nothing elsewhere, and takes nothing but GET', () => {
    expect(answerAdmin({ phase: 'ready' }, { method: 'GET', path: '/metrics' })).toEqual({
      status: 404,
      body: { error: 'there is nothing at /metrics' },
    });
    expect(answerAdmin({ phase: 'ready' }, { method: 'POST', path: '/healthz' }).status).toBe(405);
  });
});
