import type { Q } from '@q/client';
import { CommandError, usageError } from './command-error.ts';
import { brokerCall } from './broker-call.ts';
import { noBrokerHint } from './no-broker-hint.ts';
import { isTerminal } from './command-context.ts';
import type { CommandContext, GlobalOptions } from './command-context.ts';
import { ExitCode } from './exit-code.ts';
import { formatDuration } from './output/units.ts';
import { connectSecurity } from './secure/connect-security.ts';
import { isEncryptedTo } from './secure/tls-files.ts';
import { tlsFailure } from './secure/connection-failure.ts';

/** Long enough for a broker that is just starting, short enough for somebody who forgot to start one. */
const connectTimeoutDefaultMs = 3_000;
/** A port that refuses will most likely go on to: a broker that is just starting listens sooner. */
const refusedTimeoutMs = 1_000;
const requestTimeoutDefaultMs = 30_000;
const portDefault = 7420;
/** The client's own minimum: a long poll must be able to end before its request does. */
const requestTimeoutMinMs = 1_000;
/** Whoever waits on a terminal for longer than this wants to know for what. */
const patienceMs = 700;

export interface ConnectionUse {
  /**
   * True: Ctrl-C ends the wait for a connection only, and then the command ends its work in its own way.
   * False: it ends whatever the client is doing.
   */
  readonly endsItself?: boolean;
}

/** Connects, runs a command, and closes the connection whatever comes of it. */
export async function withClient<T>(
  context: CommandContext,
  options: GlobalOptions,
  command: (q: Q) => Promise<T>,
  use: ConnectionUse = {},
): Promise<T> {
  const life = new AbortController();
  const abort = (): void => life.abort();
  context.interrupt.addEventListener('abort', abort);
  if (context.interrupt.aborted) abort();
  try {
    const q = await connectPatiently(context, options, life.signal);
    if (use.endsItself === true) context.interrupt.removeEventListener('abort', abort);
    try {
      return await command(q);
    } finally {
      await q.close();
    }
  } finally {
    context.interrupt.removeEventListener('abort', abort);
  }
}

async function connectPatiently(context: CommandContext, options: GlobalOptions, signal: AbortSignal): Promise<Q> {
  const security = await connectSecurity(context, options);
  const { connect, QError } = await import('@q/client');
  const tryFor = (connectTimeoutMs: number): Promise<Q> =>
    connect(options.url, {
      ...security,
      signal,
      clientId: 'q-cli',
      connectTimeoutMs,
      requestTimeoutMs: Math.max(options.timeout ?? requestTimeoutDefaultMs, requestTimeoutMinMs),
    });
  let timeoutMs = options.timeout ?? refusedTimeoutMs;
  const note = setTimeout(() => {
    if (isTerminal(context.stderr)) context.stderr.write(`waiting for a broker at ${options.url} …\n`);
  }, patienceMs);
  try {
    return await tryFor(timeoutMs).catch(async (error: unknown) => {
      if (options.timeout !== undefined || !QError.is(error) || error.code !== 'NO_BROKER' || isRefusal(error))
        throw error;
      if ((await secureFailure(error, options)) !== null) throw error;
      timeoutMs = connectTimeoutDefaultMs;
      return tryFor(connectTimeoutDefaultMs - refusedTimeoutMs);
    });
  } catch (error) {
    if (!QError.is(error)) throw error;
    if (error.code === 'AUTHENTICATION_REQUIRED') throw whoIsAsked(error, options);
    // Where TLS has failed the client speaks of its own options; this is said with the names of those here.
    const refused = await secureFailure(error, options);
    if (refused !== null) throw new CommandError(ExitCode.failure, refused, { cause: error });
    if (error.code === 'INVALID_CONFIG') throw usageError(`--url: ${error.message}`);
    if (error.code !== 'NO_BROKER') throw error;
    const message = `no broker at ${addressOf(options.url)} within ${formatDuration(timeoutMs)}: ${firstCause(error).message}`;
    const call = brokerCall({ moduleUrl: import.meta.url, env: process.env });
    const hint = noBrokerHint(options.url, call);
    throw new CommandError(ExitCode.failure, message, { cause: error, code: error.code, hint });
  } finally {
    clearTimeout(note);
  }
}

/** Where it began: the client's errors are about it, and say less. */
function firstCause(error: Error): Error {
  return error.cause instanceof Error && error.cause.message !== '' ? firstCause(error.cause) : error;
}

function isRefusal(error: Error): boolean {
  return firstCause(error).message.includes('ECONNREFUSED');
}

function addressOf(url: string): string {
  return url.replace(/^qs?:\/\//, '').replace(/\/$/, '');
}

/** What to do where TLS has ended the connection; null: it is something else. */
export function secureFailure(error: unknown, options: GlobalOptions): Promise<string | null> {
  const [place = ''] = addressOf(options.url).split(',');
  const isEncrypted = isEncryptedTo(options);
  return tlsFailure(error, { place, portDefault, what: 'the broker', isEncrypted, schemes: ['q', 'qs'] });
}

function whoIsAsked(error: Error, { url, user }: GlobalOptions): CommandError {
  const code = 'AUTHENTICATION_REQUIRED';
  const message = `the broker at ${addressOf(url)} asks who you are`;
  const hint = user === undefined ? 'name a user with --user, or a profile that has one with --profile' : null;
  return new CommandError(ExitCode.notAuthorised, message, { cause: error, code, ...(hint !== null && { hint }) });
}
