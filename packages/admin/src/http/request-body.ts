import { limits } from '../limits.ts';
import { Problem } from './problem.ts';

/** The JSON in a body. @throws Problem UNSUPPORTED_MEDIA_TYPE, BODY_TOO_LARGE, INVALID_REQUEST */
export async function readJson(
  request: Request,
  { hasSecrets = false }: { readonly hasSecrets?: boolean } = {},
): Promise<unknown> {
  bodyType(request, ['application/json']);
  const bytes = await readBytes(request, limits.jsonBytesMax);
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (error) {
    // What the parser says has a piece of the text in it.
    throw notJson(hasSecrets ? new Error('it cannot be parsed') : error);
  }
}

/**
 * The media type of a body, one of `wanted`. A page of another origin cannot send any of these without being asked
 * first. @throws Problem UNSUPPORTED_MEDIA_TYPE
 */
export function bodyType<T extends string>({ headers }: Request, wanted: readonly T[]): T {
  const given = headers.get('content-type');
  const [type, ...parameters] = (given ?? '').split(';').map((part) => part.trim().toLowerCase());
  const isUtf8 = parameters.every((parameter) => !parameter.startsWith('charset=') || /=("?)utf-8\1$/.test(parameter));
  const found = wanted.find((known) => known === type);
  if (found !== undefined && isUtf8) return found;
  const allowed = wanted.join(', ');
  throw new Problem('UNSUPPORTED_MEDIA_TYPE', `the Content-Type is ${given ?? 'missing'}; this body is ${allowed}`, {
    errors: [{ field: 'header.content-type', value: given, allowed }],
    headers: { accept: allowed },
  });
}

/** A whole body, which is never held beyond its bound; `hold` hears of each piece. @throws Problem BODY_TOO_LARGE */
export async function readBytes(
  request: Request,
  bytesMax: number,
  hold: (bytes: number) => void = () => undefined,
): Promise<Buffer> {
  if (Number(request.headers.get('content-length')) > bytesMax) throw tooLarge(bytesMax);
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of piecesOf(request.body)) {
    bytes += chunk.length;
    if (bytes > bytesMax) throw tooLarge(bytesMax);
    hold(chunk.length);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** A body, as it comes. Whoever goes away in the middle is no fault of the broker. @throws Problem INVALID_REQUEST */
export async function* piecesOf(body: ReadableStream<Uint8Array> | null): AsyncGenerator<Uint8Array, void, undefined> {
  try {
    yield* body ?? [];
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new Problem('INVALID_REQUEST', `the body broke off: ${reason}`, {
      errors: [{ field: 'body', value: null, allowed: 'a whole body' }],
    });
  }
}

function tooLarge(bytesMax: number): Problem {
  return new Problem('BODY_TOO_LARGE', `the body has more than ${bytesMax} bytes`, {
    details: { bytesMax },
    headers: { connection: 'close' },
  });
}

function notJson(error: unknown): Problem {
  const reason = error instanceof Error ? error.message : String(error);
  return new Problem('INVALID_REQUEST', `the body is not JSON: ${reason}`, {
    errors: [{ field: 'body', value: null, allowed: 'JSON in UTF-8' }],
  });
}
