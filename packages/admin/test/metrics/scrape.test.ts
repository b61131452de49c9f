import { describe, expect, it } from 'vitest';
import { problemSchema } from '../../src/http/problem-schema.ts';
import { statsSchema } from '../../src/stats/stats-schema.ts';
import { adminBroker } from '../harness.ts';

describe('a scrape', () => {
  it('O4 M2 is answered without the app as with it', async () => {
    const { ask } = await adminBroker();
    const scraped = await ask('/metrics');
    // With a parameter the app looks at it first, as with any method but GET.
    const head = await ask('/metrics', { method: 'HEAD' });
    expect(scraped.headers.get('content-type')).toMatch(/^text\/plain; version=0\.0\.4/);
    expect([scraped.headers.get('cache-control'), head.headers.get('cache-control')]).toEqual(['no-store', 'no-store']);
    expect(await scraped.text()).toContain('# TYPE');
    expect((await ask('/metrics?x=1')).status).toBe(400);
    expect((await ask('/metrics', { method: 'POST' })).headers.get('allow')).toBe('GET, HEAD, OPTIONS');
  });

  it('O4 is refused as any other request, and counted', async () => {
    const { ask, get } = await adminBroker();
    const other = await ask('/metrics', { headers: { origin: 'http://evil.example' } });
    expect([other.status, problemSchema.parse(await other.json()).code]).toEqual([403, 'FORBIDDEN_ORIGIN']);
    const image = await ask('/metrics', { headers: { accept: 'image/png' } });
    expect([image.status, problemSchema.parse(await image.json()).code]).toEqual([406, 'NOT_ACCEPTABLE']);
    await (await ask('/metrics')).text();
    await (await ask('/metrics', { method: 'POST' })).text();
    const { apis } = statsSchema.parse(await get('/api/v1/stats'));
    expect(apis.find(({ api }) => api === 'admin.getMetrics')).toMatchObject({ requests: 3, failed: 2 });
  });
});
