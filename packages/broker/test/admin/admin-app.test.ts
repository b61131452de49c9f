import { describe, expect, it } from 'vitest';
import { createAdminApp } from '../../src/admin/admin-app.ts';
import type { BrokerPhase, Health } from '../../src/admin/health.ts';

describe('admin', () => {
  it('is alive in every phase, and ready in one', async () => {
    const health: Health = { phase: 'starting' };
    const app = createAdminApp(health);
    const phases: Record<BrokerPhase, number> = { starting: 503, ready: 200, stopping: 503, failed: 503 };
    for (const [phase, status] of Object.entries(phases)) {
      health.phase = phase as BrokerPhase;
      const ready = await app.request('/readyz');
      expect(ready.status).toBe(status);
      expect(await ready.json()).toEqual({ status: phase });
      expect((await app.request('/healthz')).status).toBe(200);
    }
  });

  it('has nothing elsewhere', async () => {
    const answer = await createAdminApp({ phase: 'ready' }).request('/metrics');
    expect(answer.status).toBe(404);
    expect(await answer.json()).toEqual({ error: 'there is nothing at /metrics' });
  });
});
