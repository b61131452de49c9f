import type { ConnectOptions, QError } from '@q/client';
import { CommandError, usageError } from '../command-error.ts';
import type { GlobalOptions } from '../command-context.ts';
import { secureFailure } from '../connection.ts';
import { ExitCode } from '../exit-code.ts';
import { isEncryptedTo } from '../secure/tls-files.ts';

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
const nativePortDefault = '7420';
/** For a question on the way to another one. */
const lookupTimeoutMs = 1_000;
const howToName = 'name another address with --admin-url or Q_ADMIN_URL';

/** How a broker is asked where its admin interface is. */
export interface HowToAsk {
  readonly security: Pick<ConnectOptions, 'tls' | 'login'>;
  readonly interrupt: AbortSignal;
}

/** What was named, else what the broker says, else the usual port of the host of a broker at its usual port. */
export async function findAdmin(options: GlobalOptions, how: HowToAsk): Promise<AdminAddress> {
  if (options.adminUrl !== undefined) return { url: checkedUrl(options.adminUrl), origin: '', hint: howToName };
  const told = await toldByBroker(options, how);
  if (told.url !== null) checkTold(told.url, options, how);
  if (told.url !== null) return { url: withoutSlash(told.url), origin: `as ${options.url} says`, hint: howToName };
  // Whatever listens at the usual port then is somebody else's.
  if (told.answers) {
    throw new CommandError(
      ExitCode.failure,
      `the broker at ${options.url} tells of no admin interface for programs here`,
      {
        hint: `its settings adminHost and adminPort open one; ${howToName}`,
      },
    );
  }
  const { hostname, port } = hostOf(options.url);
  const isUsualPort = port === '' || port === nativePortDefault;
  if (told.refused !== null && !isUsualPort) throw notTold(told.refused, options.url);
  // Beside a port of its own, what listens at the usual one belongs to another broker: it must not be changed instead.
  if (!isUsualPort) {
    throw new CommandError(
      ExitCode.failure,
      `no broker answers at ${options.url} to say where its admin interface is`,
      {
        hint: `start it, or ${howToName}`,
      },
    );
  }
  return {
    url: `${isEncryptedTo(options) ? 'https' : 'http'}://${hostname}:${adminPortDefault}`,
    origin: `the usual port of the host in ${options.url}, where ${told.refused === null ? 'no broker answers' : 'the broker does not say'}`,
    hint: `${howToName}; the broker's settings adminHost and adminPort say where it is`,
  };
}

interface Told {
  readonly answers: boolean;
  readonly url: string | null;
  /** The broker is there, and tells this user nothing of itself. */
  readonly refused: QError | null;
}

/** An application has no right to look at the broker, and may still ask who it is. */
function notTold(refused: QError, url: string): CommandError {
  const who = typeof refused.details['principal'] === 'string' ? refused.details['principal'] : 'this user';
  return new CommandError(
    ExitCode.notAuthorised,
    `${who} may not ask the broker at ${url} where its admin interface is`,
    { cause: refused, code: refused.code, hint: 'name it with --admin-url or Q_ADMIN_URL' },
  );
}

/** A broker that has none, none that can be dialled from here, or is too old to say, tells of none. */
async function toldByBroker(options: GlobalOptions, { security, interrupt }: HowToAsk): Promise<Told> {
  const { connect, QError: Failure } = await import('@q/client');
  try {
    await using q = await connect(options.url, {
      ...security,
      signal: interrupt,
      clientId: 'q-cli',
      connectTimeoutMs: Math.min(options.timeout ?? lookupTimeoutMs, lookupTimeoutMs),
      requestTimeoutMs: lookupTimeoutMs,
    });
    return { answers: true, url: (await q.admin.stats()).adminUrl, refused: null };
  } catch (error) {
    if (!Failure.is(error)) throw error;
    if (error.code === 'INVALID_CONFIG') throw usageError(`--url: ${error.message}`);
    if (interrupt.aborted || isAboutLogin(error.code)) throw error;
    const refused = await secureFailure(error, options);
    if (refused !== null) throw new CommandError(ExitCode.failure, refused, { cause: error });
    return { answers: false, url: null, refused: error.code === 'NOT_AUTHORIZED' ? error : null };
  }
}

/** Whoever sits between could name a place of their own, and would be told a password. */
function checkTold(told: string, options: GlobalOptions, { security }: HowToAsk): void {
  if (security.login === undefined || isEncryptedTo(options)) return;
  const { hostname } = new URL(told);
  if (options.url.split(',').some((url) => hostOf(url).hostname === hostname)) return;
  throw new CommandError(
    ExitCode.failure,
    `the broker at ${options.url} says that its admin interface is at ${told}, on a connection that is not encrypted`,
    { hint: `if you trust it, ${howToName}` },
  );
}

function isAboutLogin(code: string): boolean {
  return ['AUTHENTICATION_REQUIRED', 'AUTHENTICATION_FAILED', 'UNSUPPORTED_MECHANISM'].includes(code);
}

function checkedUrl(text: string): string {
  const url = URL.parse(text);
  if (url !== null && (url.protocol === 'http:' || url.protocol === 'https:') && url.hostname !== '')
    return withoutSlash(url.href);
  throw usageError(`--admin-url: "${text}" is not an address such as http://localhost:${adminPortDefault}`);
}

function hostOf(url: string): { hostname: string; port: string } {
  const first = url.split(',', 1)[0] ?? '';
  const parsed = URL.parse(first.replace(/^(?:qs?:\/\/)?/, 'http://'));
  return { hostname: parsed?.hostname || '127.0.0.1', port: parsed?.port ?? '' };
}

function withoutSlash(url: string): string {
  return url.replace(/\/+$/, '');
}
