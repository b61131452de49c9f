import { CommandError, usageError } from '../command-error.ts';
import type { GlobalOptions } from '../command-context.ts';
import { ExitCode } from '../exit-code.ts';

/** Where the admin interface of a broker is, and who says so. */
export interface AdminAddress {
  /** Without a slash at its end. */
  readonly url: string;
  /** Told where it cannot be reached, such as `as q://localhost:7420 says`; empty where the user named it. */
  readonly origin: string;
  /** What to do when nothing answers there. */
  readonly hint: string;
}

export const adminPortDefault = 7421;
/** For a question on the way to another one. */
const lookupTimeoutMs = 1_000;
const howToName = 'name another address with --admin-url or Q_ADMIN_URL';

/** What was named, else what the broker says, else the usual port of the broker's host. */
export async function findAdmin(options: GlobalOptions, interrupt: AbortSignal): Promise<AdminAddress> {
  if (options.adminUrl !== undefined) return { url: checkedUrl(options.adminUrl), origin: '', hint: howToName };
  const { hostname } = hostOf(options.url);
  const told = await toldByBroker(options, interrupt);
  if (told === undefined) {
    return {
      url: `http://${hostname}:${adminPortDefault}`,
      origin: `the usual port of the host in ${options.url}`,
      hint: `${howToName}; the broker's setting adminPort says where it is`,
    };
  }
  if (told === '') {
    throw new CommandError(ExitCode.failure, `the broker at ${options.url} has no admin interface`, {
      hint: 'its setting adminPort turns it on',
    });
  }
  return reachableFrom(new URL(told), { hostname, brokerUrl: options.url });
}

/** A broker that listens on every address, or tells of none, is asked where its other door answered. */
function reachableFrom(told: URL, o: { hostname: string; brokerUrl: string }): AdminAddress {
  if (told.hostname === '0.0.0.0' || told.hostname === '[::]') told.hostname = o.hostname;
  const url = withoutSlash(told.href);
  const origin = `as ${o.brokerUrl} says`;
  const onlyThere = isLoopback(told.hostname) && !isLoopback(o.hostname);
  const hint = onlyThere
    ? `it is open to programs on the broker's own machine only (setting adminHost); ${howToName}`
    : howToName;
  return { url, origin, hint };
}

/** Undefined: it does not answer, or is too old to say. Empty: it has none. */
async function toldByBroker(options: GlobalOptions, interrupt: AbortSignal): Promise<string | undefined> {
  const { connect, QError } = await import('@q/client');
  try {
    await using q = await connect(options.url, {
      signal: interrupt,
      clientId: 'q-cli',
      connectTimeoutMs: Math.min(options.timeout ?? lookupTimeoutMs, lookupTimeoutMs),
      requestTimeoutMs: lookupTimeoutMs,
    });
    const { adminUrl }: { readonly brokerId: number; readonly adminUrl?: string | null } = await q.admin.stats();
    return adminUrl ?? undefined;
  } catch (error) {
    if (!QError.is(error)) throw error;
    if (error.code === 'INVALID_CONFIG') throw usageError(`--url: ${error.message}`);
    if (interrupt.aborted) throw error;
    return undefined;
  }
}

function checkedUrl(text: string): string {
  const url = URL.parse(text);
  if (url !== null && (url.protocol === 'http:' || url.protocol === 'https:') && url.hostname !== '')
    return withoutSlash(url.href);
  throw usageError(`--admin-url: "${text}" is not an address such as http://localhost:${adminPortDefault}`);
}

function hostOf(url: string): { hostname: string } {
  const first = url.split(',', 1)[0] ?? '';
  return { hostname: URL.parse(first.replace(/^(?:q:\/\/)?/, 'http://'))?.hostname || '127.0.0.1' };
}

function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || hostname.startsWith('127.');
}

function withoutSlash(url: string): string {
  return url.replace(/\/+$/, '');
}
