import { readFileSync } from 'node:fs';
import { connect } from '@q/client';
import type { LoginOptions, Q } from '@q/client';

/** How a client comes in where an address alone is not enough. */
export interface WayIn {
  /** The authority's certificate, for TLS. */
  readonly caFile?: string;
  readonly login?: LoginOptions;
}

/** Connects, as a program of the bench does. */
export function comeIn({ url, wayIn = {} }: { readonly url: string; readonly wayIn?: WayIn }): Promise<Q> {
  const { caFile, login } = wayIn;
  return connect(url, {
    ...(caFile !== undefined && { tls: { ca: readFileSync(caFile) } }),
    ...(login !== undefined && { login }),
  });
}
