import type * as NodeHttp from 'node:http';
import type { IncomingMessage } from 'node:http';
import type * as NodeHttps from 'node:https';
import type { TlsOptions } from '@q/client';

/** One request, and what is waited for. */
export interface HttpRequest {
  readonly method: string;
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  /** Sent as it is; a text, or bytes as they come. */
  readonly body: string | AsyncIterable<Uint8Array> | null;
  /** Until the head of the answer is there. */
  readonly timeoutMs: number;
  /** Of addresses with https. */
  readonly tls: TlsOptions | null;
  readonly signal: AbortSignal;
}

/** Nothing came in time. */
export class NoAnswer extends Error {
  override readonly name = 'NoAnswer';
}

/**
 * Sends a request; resolves with the answer when its head is there. Node's own HTTP and not `fetch`: that gives up a
 * stream that says nothing for five minutes, and takes longer to load than a command takes to run.
 *
 * @throws NoAnswer, or what Node says of a connection that cannot be had
 */
export function exchange(o: HttpRequest): Promise<IncomingMessage> {
  const { request } = process.getBuiltinModule(
    o.url.protocol === 'https:' ? 'node:https' : 'node:http',
  ) as typeof NodeHttp;
  return new Promise((resolve, reject) => {
    const sent = request(o.url, {
      method: o.method,
      headers: o.headers,
      signal: o.signal,
      agent: false,
      ...(o.url.protocol === 'https:' && secured(o.tls ?? {})),
    });
    const timer = setTimeout(() => sent.destroy(new NoAnswer(`no answer within ${o.timeoutMs} ms`)), o.timeoutMs);
    sent.on('response', (answer) => {
      clearTimeout(timer);
      resolve(answer);
    });
    sent.on('error', (error) => {
      clearTimeout(timer);
      reject(error);
    });
    if (o.body === null || typeof o.body === 'string') sent.end(o.body ?? undefined);
    else void sendChunks(sent, o.body);
  });
}

function secured({ serverName, ...files }: TlsOptions): NodeHttps.RequestOptions {
  return { minVersion: 'TLSv1.2', ...files, ...(serverName !== undefined && { servername: serverName }) };
}

async function sendChunks(sent: NodeHttp.ClientRequest, chunks: AsyncIterable<Uint8Array>): Promise<void> {
  const { pipeline } = await import('node:stream/promises');
  // A request that fails is told by its own `error`.
  await pipeline(chunks, sent).catch((error: unknown) => sent.destroy(error as Error));
}
