/**
 * What the admin HTTP interface answers. As JSON:
 *
 *     GET /healthz   200 while the process lives; 503 when storage has failed, which only a restart can help
 *     GET /readyz    200 when the broker serves; 503 while it starts, stops or has failed. With reasons. A full disk or
 *                    a slow one is told and is still 200: reads go on, and to send clients away would help nobody
 *     GET /stats     what it has done since its start: records, bytes, and times of requests in microseconds. Not for
 *                    everybody: `AdminGate` says for whom
 *
 * A pure function: with so few routes a framework would be most of a broker's start-up time and a sixth of its memory
 * (measured: 50 ms and 20 MB). All other routes are those of an `AdminExtension`, which is loaded when the broker is
 * ready.
 */
import type { AdminSnapshot } from './admin-snapshot.ts';

export interface AdminAnswer {
  readonly status: number;
  readonly body: object;
  readonly headers?: Readonly<Record<string, string>>;
}

/** `isStranger`: whoever asks has not said who it is, and hears of no alerts: nor that its guesses were noticed. */
export function answerAdmin(
  snapshot: () => AdminSnapshot,
  request: { method: string; path: string; isStranger?: boolean },
): AdminAnswer {
  const { method, path, isStranger = false } = request;
  if (!paths.includes(path)) return { status: 404, body: { error: `there is nothing at ${path}` } };
  if (method !== 'GET' && method !== 'HEAD')
    return { status: 405, body: { error: `${path} takes GET, not ${method}` } };
  const { phase, reasons: all, ...work } = snapshot();
  const reasons = isStranger && phase === 'ready' ? [] : all;
  if (path === '/healthz') {
    if (phase !== 'failed') return { status: 200, body: { status: 'alive' } };
    return { status: 503, body: { status: 'failed', reasons } };
  }
  if (path === '/stats') return { status: 200, body: { status: phase, ...work } };
  return { status: phase === 'ready' ? 200 : 503, body: { status: phase, reasons } };
}

/** Whether the server answers this path itself, from its first moment to its last. */
export function isOfServer(path: string): boolean {
  return paths.includes(path);
}

/** What is said in place of an extension that is not there yet. */
export const notYet: AdminAnswer = {
  status: 503,
  body: {
    type: 'about:blank',
    title: 'The broker is starting',
    status: 503,
    detail: 'the admin interface answers once the broker is ready; /readyz tells when that is so',
  },
  headers: { 'content-type': 'application/problem+json', 'retry-after': '1' },
};

/** What is said to whoever shows no certificate where one is needed. */
export const certificateNeeded: AdminAnswer = {
  status: 401,
  body: {
    type: '/api/v1/errors/AUTHENTICATION_REQUIRED',
    title: 'AUTHENTICATION_REQUIRED',
    status: 401,
    code: 'AUTHENTICATION_REQUIRED',
    detail: 'this port needs a certificate of the client, for all but /healthz and /readyz',
  },
  headers: { 'content-type': 'application/problem+json' },
};

const probes = ['/healthz', '/readyz'];
const paths = [...probes, '/stats'];

/** Whether it is everybody's, whoever they are: it tells whether the broker serves, and no more. */
export function isProbe(path: string): boolean {
  return probes.includes(path);
}
