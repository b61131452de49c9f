import type { IncomingMessage } from 'node:http';
import type { Post, Posted } from './webhook-target.ts';

/** Of an answer that nobody reads; more than this and the connection is cut. */
const answerBytesMax = 64 << 10;

/**
 * POST by Node's own client. Not by `fetch`, whose first call loads 20 MB; no redirects, so that what is signed goes
 * where the operator has said.
 */
export const nodePost: Post = async ({ url, headers, body, timeoutMs, signal }) => {
  const { request } = url.startsWith('https:')
    ? process.getBuiltinModule('node:https')
    : process.getBuiltinModule('node:http');
  const { promise, resolve } = Promise.withResolvers<Posted>();
  const failed = (error: Error): void => resolve({ status: 0, reason: reasonOf(error), retryAfterMs: null });
  const late = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]);
  const length = String(Buffer.byteLength(body));
  const sent = request(
    url,
    { method: 'POST', agent: false, signal: late, headers: { ...headers, 'content-length': length } },
    (response) => {
      response.on('error', failed);
      discard(response);
      response.on('close', () => resolve(postedOf(response)));
    },
  );
  sent.on('error', failed);
  sent.end(body);
  return await promise;
};

function postedOf({ statusCode = 0, headers }: IncomingMessage): Posted {
  const seconds = Number(headers['retry-after']);
  const retryAfterMs = headers['retry-after'] !== undefined && seconds >= 0 ? seconds * 1_000 : null;
  return { status: statusCode, reason: `it answered ${statusCode}`, retryAfterMs };
}

function discard(response: IncomingMessage): void {
  let bytes = 0;
  response.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes > answerBytesMax) response.destroy();
  });
}

function reasonOf(error: Error & { readonly code?: string }): string {
  return error.name === 'TimeoutError' || error.code === 'ABORT_ERR' ? 'it did not answer in time' : error.message;
}
