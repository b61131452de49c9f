import type { ResolvedTokenOptions } from './token-options.ts';
import { isTrusted } from './token-options.ts';

/** Reads texts from where the operator has said. A port: a read is bounded in bytes and time, and follows nothing. */
export interface KeyReader {
  file(path: string, bytesMax: number): Promise<string>;
  address(url: string, bounds: { readonly bytesMax: number; readonly timeoutMs: number }): Promise<string>;
}

/** Bounds of one look for keys. */
export interface KeyBounds {
  readonly bytesMax: number;
  readonly timeoutMs: number;
}

/** The key set, as text. @throws Error with words for the log */
export async function readKeys(
  { keys, issuer }: Pick<ResolvedTokenOptions, 'keys' | 'issuer'>,
  reader: KeyReader,
  bounds: KeyBounds,
): Promise<string> {
  if (keys.kind === 'file') return await reader.file(keys.path, bounds.bytesMax);
  if (keys.kind === 'address') return await reader.address(keys.url, bounds);
  return await reader.address(discovered(await reader.address(keys.url, bounds), issuer), bounds);
}

/** Where an issuer says that its keys are; only if it is the one that is meant. */
function discovered(answer: string, issuer: string): string {
  const found: unknown = parsed(answer, 'what the issuer says of itself');
  const { issuer: named, jwks_uri: url } = (found ?? {}) as { readonly issuer?: unknown; readonly jwks_uri?: unknown };
  if (named !== issuer) throw new Error('what the issuer says of itself names another issuer');
  if (typeof url !== 'string' || !isTrusted(url))
    throw new Error('what the issuer says of itself has no jwks_uri that can be trusted');
  return url;
}

/** @throws Error without what was read: it may be anything */
export function parsed(text: string, what: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    throw new Error(`${what} is not JSON`);
  }
}
