import { limits } from '../limits.ts';
import { Problem } from './problem.ts';

/** The JSON in a body. @throws Problem UNSUPPORTED_MEDIA_TYPE, BODY_TOO_LARGE, INVALID_REQUEST */
export async function readJson(request: Request): Promise<unknown> {
  checkType(request, 'application/json');
  const bytes = await readBytes(request, limits.jsonBytesMax);
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (error) {
    throw notJson(error);
  }
}

/** @throws Problem UNSUPPORTED_MEDIA_TYPE. A page of another origin cannot send JSON without being asked first. */
export function checkType({ headers }: Request, wanted: string): void {
  const given = headers.get('content-type');
  const [type, ...parameters] = (given ?? '').split(';').map((part) => part.trim().toLowerCase());
  const isUtf8 = parameters.every((parameter) => !parameter.startsWith('charset=') || /=("?)utf-8\1$/.test(parameter));
  if (type === wanted && isUtf8) return;
  throw new Problem('UNSUPPORTED_MEDIA_TYPE', `the Content-Type is ${given ?? 'missing'}; this body is ${wanted}`, {
    errors: [{ field: 'header.content-type', value: given, allowed: wanted }],
    headers: { accept: wanted },
  });
}

/** A whole body, which is never held beyond its bound. @throws Problem BODY_TOO_LARGE */
export async function readBytes(request: Request, bytesMax: number): Promise<Buffer> {
  if (Number(request.headers.get('content-length')) > bytesMax) throw tooLarge(bytesMax);
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of request.body ?? []) {
    bytes += chunk.length;
    if (bytes > bytesMax) throw tooLarge(bytesMax);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
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
