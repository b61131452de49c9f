import { QError } from '@q/protocol';

import type { Address } from './address.ts';
import { parseAddress } from './address.ts';
import type { Clock } from './clock.ts';
import { clientLimits } from './limits.ts';
import { resolveLoginOptions } from './login/login-options.ts';
import type { LoginOptions } from './login/login-options.ts';
import type { Network } from './network/network.ts';
import { nodeNetwork } from './network/node-network.ts';
import { nodeTlsNetwork } from './network/node-tls-network.ts';
import type { TlsOptions } from './network/tls-options.ts';
import { nodeClock } from './node-clock.ts';
import { nodeRandom } from './node-random.ts';
import { abortSignal, callable, checkOptions, integer, port, reading, text, waitMsMax } from './option-check.ts';
import type { Random } from './random.ts';
import type { RetryOptions, RetryPolicy } from './retry.ts';
import { shown } from './shown.ts';
import { resolveTracingOptions } from './tracing/tracing-options.ts';
import type { ResolvedTracingOptions, TracingOptions } from './tracing/tracing-options.ts';

/** Options of `connect`. All have defaults; an unknown or impossible one is refused by name (`INVALID_CONFIG`). */
export interface ConnectOptions {
  /** Aborting it gives up connecting; later it closes the client in an orderly way, as `close()` does. */
  readonly signal?: AbortSignal;
  /** Names this client in the broker's logs and metrics. Default `q-client`. */
  readonly clientId?: string;
  /**
   * Encrypts, and says whom to trust. `qs://host` encrypts, too, and trusts the authorities that Node trusts. Default:
   * plain.
   */
  readonly tls?: TlsOptions | boolean;
  /** How the client shows who it is, to a broker that asks. Default: not at all. */
  readonly login?: LoginOptions;
  /**
   * How long `connect` tries before it fails with `NO_BROKER`, milliseconds; `Infinity`: until its signal aborts.
   * Default 10,000. Later reconnects are never given up.
   */
  readonly connectTimeoutMs?: number;
  /** How long one request may wait for its answer, milliseconds. Default 30,000. */
  readonly requestTimeoutMs?: number;
  /** Waits between tries, of reconnects as of requests. */
  readonly retry?: RetryOptions;
  /** Age after which a topic's metadata is asked for again without a cause, milliseconds. Default 300,000. */
  readonly metadataMaxAgeMs?: number;
  /**
   * Spans for OpenTelemetry, and their context in the headers of records. Default: as soon as an SDK is registered in
   * this process before `connect` is called; else nothing is loaded, and nothing costs anything. True: also without
   * one; needs `@opentelemetry/api`. False: never.
   */
  readonly tracing?: boolean | TracingOptions;
  /**
   * Called after each answer that a broker has held because this client is beyond a quota. Nothing has to be done:
   * producers and consumers go on by themselves, in order, as fast as they may.
   */
  readonly onThrottled?: (event: ThrottledEvent) => void;
  /** For tests and simulations. */
  readonly clock?: Clock;
  /** Where chance comes from, as for pauses between tries. Default: the machine's. */
  readonly random?: Random;
  /** How connections are opened. Default: TCP. */
  readonly network?: Network;
}

/** A broker has slowed this client down. */
export interface ThrottledEvent {
  readonly request: 'produce' | 'fetch';
  /** For how long the broker has held its answer, milliseconds. */
  readonly throttledMs: number;
}

/** Before an address: the connection is encrypted. */
const encryptedScheme = 'qs://';

export interface ResolvedConnectOptions {
  readonly seeds: readonly Address[];
  readonly clientId: string;
  readonly login: LoginOptions | null;
  readonly connectTimeoutMs: number;
  readonly requestTimeoutMs: number;
  readonly retry: RetryPolicy;
  readonly metadataMaxAgeMs: number;
  /** Undefined: if an SDK is there. Null: no traces. */
  readonly tracing: ResolvedTracingOptions | null | undefined;
  readonly onThrottled: (event: ThrottledEvent) => void;
  readonly clock: Clock;
  readonly random: Random;
  readonly network: Network;
}

export function resolveConnectOptions(
  url: string | readonly string[],
  options: ConnectOptions = {},
): ResolvedConnectOptions {
  checkOptions('connect', options, {
    clientId: text({ lengthMax: clientLimits.clientIdLengthMax }),
    connectTimeoutMs: integer({ min: 1, max: waitMsMax, isEndless: true }),
    requestTimeoutMs: integer({ min: clientLimits.fetchMaxWaitMs + 1, max: waitMsMax }),
    metadataMaxAgeMs: integer({ min: 1, max: waitMsMax }),
    login: null,
    tls: null,
    retry: null,
    tracing: null,
    onThrottled: callable,
    signal: abortSignal,
    clock: port('now', 'monotonic', 'schedule', 'defer'),
    random: port('next', 'bytes'),
    network: port('connect'),
  });
  const seeds = reading(
    { what: 'The addresses of connect', code: 'INVALID_CONFIG', details: { argument: 'url' } },
    () => parseSeeds(url),
  );
  return {
    seeds,
    clientId: options.clientId ?? 'q-client',
    login: resolveLoginOptions(options.login),
    connectTimeoutMs: options.connectTimeoutMs ?? clientLimits.connectTimeoutMs,
    requestTimeoutMs: options.requestTimeoutMs ?? clientLimits.requestTimeoutMs,
    retry: resolveRetry(options.retry),
    metadataMaxAgeMs: options.metadataMaxAgeMs ?? clientLimits.metadataMaxAgeMs,
    tracing: resolveTracingOptions(options.tracing),
    onThrottled: options.onThrottled ?? (() => undefined),
    clock: options.clock ?? nodeClock,
    random: options.random ?? nodeRandom,
    network: options.network ?? networkFor(url, options.tls),
  };
}

/** @throws QError `INVALID_CONFIG` when only some of the addresses are encrypted */
function networkFor(url: string | readonly string[], tls: ConnectOptions['tls']): Network {
  const urls = typeof url === 'string' ? [url] : url;
  const encrypted = urls.filter((each) => each.startsWith(encryptedScheme)).length;
  if (encrypted > 0 && encrypted < urls.length) throw refusedTls('all addresses have to be encrypted (qs://), or none');
  if (tls === false && encrypted > 0) throw refusedTls('false contradicts an address with qs://');
  if (tls === false || (tls === undefined && encrypted === 0)) return nodeNetwork;
  if (tls === undefined || tls === true) return nodeTlsNetwork({});
  checkOptions('connect.tls', tls, { ca: pem, cert: pem, key: pem, serverName: text({ lengthMax: 255 }) });
  if ((tls.cert === undefined) !== (tls.key === undefined)) throw refusedTls('a certificate comes with its key');
  return nodeTlsNetwork(tls);
}

/** What is allowed; what was given may be a key, which is shown to nobody. */
function pem(value: unknown): string | null {
  if (typeof value === 'string' || Buffer.isBuffer(value)) return null;
  throw refusedTls('certificates and keys are texts or buffers in PEM');
}

function refusedTls(reason: string): QError {
  return new QError('INVALID_CONFIG', `connect.tls: ${reason}`, { details: { option: 'tls' } });
}

function parseSeeds(url: string | readonly string[]): Address[] {
  const urls: unknown = typeof url === 'string' ? [url] : url;
  if (!Array.isArray(urls) || urls.length === 0 || urls.length > clientLimits.seedsMax) {
    const given = Array.isArray(urls) ? urls.length : shown(urls);
    throw new QError('INVALID_CONFIG', `connect needs 1 to ${clientLimits.seedsMax} addresses, not ${given}`, {
      details: { argument: 'url' },
    });
  }
  return Array.from(urls, parseAddress);
}

function resolveRetry(options: RetryOptions = {}): RetryPolicy {
  checkOptions('retry', options, {
    initialMs: integer({ min: 1, max: waitMsMax }),
    maxMs: integer({ min: 1, max: waitMsMax }),
  });
  const maxMs = options.maxMs ?? Math.max(clientLimits.retryMaxMs, options.initialMs ?? 0);
  const initialMs = options.initialMs ?? Math.min(clientLimits.retryInitialMs, maxMs);
  if (initialMs > maxMs)
    throw new QError('INVALID_CONFIG', `retry.initialMs (${initialMs}) must not be larger than retry.maxMs (${maxMs})`);
  return { initialMs, maxMs };
}
