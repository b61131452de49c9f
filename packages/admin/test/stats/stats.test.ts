import { expect, it } from 'vitest';
import { statsSchema } from '../../src/stats/stats-schema.ts';
import { adminBroker } from '../harness.ts';

it('O2 M1 T2 GET /api/v1/stats tells what the broker holds, uses and has done', async () => {
  const { ask } = await adminBroker();
  const response = await ask('/api/v1/stats');
  expect(response.status).toBe(200);
  expect(response.headers.get('content-type')).toBe('application/json');
  expect(response.headers.get('cache-control')).toBe('no-store');
  const stats = statsSchema.parse(await response.json());
  expect(stats).toMatchObject({ status: 'ready', brokerId: 1, holdings: { topics: 0 }, disk: null });
});

it('O2 its own requests stand in the statistics', async () => {
  const { get } = await adminBroker();
  await get('/api/v1/stats');
  const { apis } = statsSchema.parse(await get('/api/v1/stats'));
  expect(apis.find(({ api }) => api === 'admin.getStats')).toMatchObject({ requests: 1, failed: 0 });
});
