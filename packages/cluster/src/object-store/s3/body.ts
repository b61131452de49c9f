import { clusterLimits } from '../../limits.ts';
import type { StoreFault } from '../object-store.ts';

/** What a body of the S3 client is on Node. */
export interface BodyStream extends AsyncIterable<Uint8Array> {
  destroy(): void;
}

export function isBodyStream(body: unknown): body is BodyStream {
  return typeof body === 'object' && body !== null && Symbol.asyncIterator in body && 'destroy' in body;
}

/** The bytes of an answer, or why they are not all there. `sizeBytes`: what the head of the answer says. */
export async function collectBody(
  body: unknown,
  o: { readonly sizeBytes: number | undefined; readonly signal: AbortSignal },
): Promise<Buffer | StoreFault> {
  if (!isBodyStream(body)) return { kind: 'bad_answer', message: 'the answer has no body' };
  const { sizeBytes = 0 } = o;
  if (sizeBytes > clusterLimits.objectBytesMax) return tooLarge(body, sizeBytes);
  // The client stops to listen when the head has come.
  const giveUp = (): void => body.destroy();
  o.signal.addEventListener('abort', giveUp, { once: true });
  try {
    const chunks: Uint8Array[] = [];
    let length = 0;
    for await (const chunk of body) {
      length += chunk.length;
      if (length > clusterLimits.objectBytesMax) return tooLarge(body, length);
      chunks.push(chunk);
    }
    if (o.sizeBytes === undefined || o.sizeBytes === length) return Buffer.concat(chunks, length);
    return { kind: 'unreachable', message: `the answer ends after ${length} of ${o.sizeBytes} bytes` };
  } finally {
    o.signal.removeEventListener('abort', giveUp);
  }
}

function tooLarge(body: BodyStream, length: number): StoreFault {
  body.destroy();
  return { kind: 'too_large', message: `the object has ${length} bytes or more` };
}
