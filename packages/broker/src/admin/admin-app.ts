/**
 * The admin HTTP interface.
 *
 *     GET /healthz   200 while the process lives
 *     GET /readyz    200 when the broker serves; 503 while it starts, stops or has failed
 */
import { Hono } from 'hono';
import type { Health } from './health.ts';

export function createAdminApp(health: Health): Hono {
  const app = new Hono();
  app.get('/healthz', (context) => context.json({ status: 'alive' }));
  app.get('/readyz', (context) => context.json({ status: health.phase }, health.phase === 'ready' ? 200 : 503));
  app.notFound((context) => context.json({ error: `there is nothing at ${context.req.path}` }, 404));
  return app;
}
