import { LentMemory, Metadata, QError } from '@q/protocol';
import type { Api, MetadataResponse } from '@q/protocol';

import { sleep, throwIfAborted, untilAborted } from '../abort.ts';
import { formatAddress } from '../address.ts';
import type { Address } from '../address.ts';
import type { Clock } from '../clock.ts';
import type { ResolvedConnectOptions, ThrottledEvent } from '../connect-options.ts';
import type { Connection } from '../connection/connection.ts';
import { clientLimits } from '../limits.ts';
import { Login } from '../login/login.ts';
import { nodeSaltPassword } from '../login/node-salt-password.ts';
import { tlsMistake } from '../network/tls-mistake.ts';
import type { Random } from '../random.ts';
import { backoffMs, pauseMs, reasonOf, toQError } from '../retry.ts';
import type { RetryPolicy } from '../retry.ts';
import type { Tracing } from '../tracing/tracing.ts';
import { BrokerLink, closedError, describeAddresses } from './broker-link.ts';
import { MetadataCache } from './metadata-cache.ts';

export interface ClusterRequestOptions {
  /** Default: any broker. */
  readonly brokerId?: number;
  /** Retries included. Default: the client's request timeout. */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal | undefined;
  /**
   * Whether the request may be sent again when the connection broke or the answer did not come in time, so that nobody
   * knows whether it took effect. True for what reads, and for what has the same result when done twice.
   */
  readonly resend: boolean;
}

/**
 * The brokers behind a client: the addresses it was given, the ones it learned of, and the way to each.
 *
 * Invariants
 * - One link per address. Addresses that were given (seeds) stay; learned ones go when no broker has them any more.
 * - A broker whose advertised host is empty is reached where the answer that named it came from.
 * - After `close` every request fails with CLOSED, those that wait at once.
 */
export class Cluster {
  readonly clock: Clock;
  readonly random: Random;
  readonly retry: RetryPolicy;
  readonly requestTimeoutMs: number;
  readonly metadata: MetadataCache;
  /** Null: nobody wants to know. */
  readonly tracing: Tracing | null;
  /**
   * What large answers lie in. Views of it reach the application, so they are detached before the memory is used again.
   */
  readonly frames: LentMemory = new LentMemory({
    bytesMin: clientLimits.frameMemoryBytesMin,
    bytesMax: clientLimits.frameMemoryBytesMax,
    detaches: true,
  });
  readonly #options: ResolvedConnectOptions;
  /** Null: it does not say who it is. */
  readonly #login: Login | null;
  readonly #links = new Map<string, BrokerLink>();
  readonly #addressOfBroker = new Map<number, Address>();
  readonly #closing = new AbortController();
  #clusterId = '';

  constructor(options: ResolvedConnectOptions, tracing: Tracing | null = null) {
    this.#options = options;
    const { login, random } = options;
    this.#login = login === null ? null : new Login(login, { random, saltPassword: nodeSaltPassword });
    this.tracing = tracing;
    this.clock = options.clock;
    this.random = options.random;
    this.retry = options.retry;
    this.requestTimeoutMs = options.requestTimeoutMs;
    this.metadata = new MetadataCache({
      ask: (topics) => this.askMetadata(topics),
      clock: options.clock,
      maxAgeMs: options.metadataMaxAgeMs,
    });
    for (const seed of options.seeds) this.#linkTo(seed);
  }

  get clusterId(): string {
    return this.#clusterId;
  }

  /** A broker has held an answer because of a quota. 0: it has not. */
  throttled(request: ThrottledEvent['request'], throttledMs: number): void {
    if (throttledMs <= 0) return;
    try {
      this.#options.onThrottled({ request, throttledMs });
    } catch (thrown) {
      // The application's own error is not ours to keep: it surfaces as any uncaught one.
      queueMicrotask(() => {
        throw thrown;
      });
    }
  }

  /** Aborts, with a QError as its reason, when the client closes. */
  get closing(): AbortSignal {
    return this.#closing.signal;
  }

  /**
   * Connects for the first time, trying every address until one answers or the time is over. It ends sooner where TLS
   * fails of what nobody mends by waiting. Later on a client waits for that too: whoever runs the broker may have put
   * wrong certificates there, and puts them right.
   *
   * @throws QError `NO_BROKER` with the last failure as its cause; `INVALID_CONFIG`; `ABORTED`.
   */
  async start(signal: AbortSignal | undefined): Promise<void> {
    await this.askMetadata([], { timeoutMs: this.#options.connectTimeoutMs, signal, isFirst: true });
  }

  /**
   * The way to a broker, if its address is known. A connection that it answers on already is taken before the address
   * that it advertises: one connection per broker, and brokers behind a port mapping work.
   */
  linkOf(brokerId: number): BrokerLink | null {
    for (const link of this.#links.values()) if (link.ready?.negotiated.brokerId === brokerId) return link;
    const address = this.#addressOfBroker.get(brokerId);
    return address === undefined ? null : this.#linkTo(address);
  }

  async askMetadata(
    topics: readonly string[] | null,
    o: { timeoutMs?: number; signal?: AbortSignal | undefined; isFirst?: boolean } = {},
  ): Promise<MetadataResponse> {
    return this.#retrying({ ...o, resend: true }, async () => {
      const connection = await this.#anyConnection();
      const response = await connection.request(Metadata, { topics }, { signal: this.closing });
      this.#learnBrokers(response, connection);
      return response;
    });
  }

  /**
   * Sends a request that does not belong to a partition's leader, and retries it as long as that makes sense.
   *
   * @throws QError what the broker answered; `NO_BROKER`, `CONNECTION_LOST`, `REQUEST_TIMED_OUT`, `ABORTED`, `CLOSED`.
   */
  request<Q, A>(api: Api<Q, A>, body: Q, o: ClusterRequestOptions): Promise<A> {
    return this.#retrying(o, async () => {
      const connection = o.brokerId === undefined ? await this.#anyConnection() : await this.#connectionTo(o.brokerId);
      const timeoutMs = Math.min(o.timeoutMs ?? this.requestTimeoutMs, this.requestTimeoutMs);
      return connection.request(api, body, { timeoutMs, signal: o.signal });
    });
  }

  close(): void {
    const error = closedError('The client');
    this.#closing.abort(error);
    this.metadata.close(error);
    for (const link of this.#links.values()) link.close(error);
  }

  /** Waits before retry number `attempt`. Throws CLOSED or ABORTED. */
  pause(attempt: number, signal?: AbortSignal): Promise<void> {
    return this.#wait(this.#backoffMs(attempt), signal);
  }

  #backoffMs(attempt: number): number {
    return backoffMs(this.retry, { attempt, random: this.random });
  }

  #wait(delayMs: number, signal: AbortSignal | undefined): Promise<void> {
    return untilAborted(sleep(this.clock, delayMs, this.closing), signal);
  }

  /** As `pause`, for what simply ends with the client or the signal: resolves with whether it may go on. */
  async pauseUnlessOver(attempt: number, signal: AbortSignal): Promise<boolean> {
    try {
      await this.pause(attempt, signal);
      return true;
    } catch (thrown) {
      if (!signal.aborted && !this.closing.aborted) throw thrown;
      return false;
    }
  }

  async #retrying<A>(
    o: Omit<ClusterRequestOptions, 'brokerId'> & { readonly isFirst?: boolean },
    attempt: () => Promise<A>,
  ): Promise<A> {
    const timeoutMs = o.timeoutMs ?? this.requestTimeoutMs;
    const deadlineMs = this.clock.monotonic() + timeoutMs;
    let last: QError | null = null;
    let mistakes = 0;
    for (let tries = 1; ; tries += 1) {
      try {
        throwIfAborted(o.signal);
        return await untilAborted(this.#untilDeadline(attempt(), deadlineMs), o.signal);
      } catch (thrown) {
        const error = toQError(thrown, 'sending a request');
        if (this.clock.monotonic() >= deadlineMs && error.retriable) throw this.#gaveUp(last ?? error, timeoutMs);
        if (!mayRetry(error, o.resend)) throw error;
        const mistake = o.isFirst === true ? mistakeOf(error) : null;
        mistakes = mistake === null ? 0 : mistakes + 1;
        if (mistake !== null && mistakes >= clientLimits.tlsMistakesMax * this.#options.seeds.length) throw mistake;
        last = error;
        // Not beyond the deadline: then there is nothing left to try.
        const pause = pauseMs(this.retry, { attempt: tries, random: this.random, error });
        await this.#wait(Math.min(pause, Math.max(0, deadlineMs - this.clock.monotonic())), o.signal);
      }
    }
  }

  /** Bounds also the time that goes into connecting, which the requests' own timeouts do not see. */
  #untilDeadline<A>(promise: Promise<A>, deadlineMs: number): Promise<A> {
    return new Promise((resolve, reject) => {
      const timer = this.clock.schedule(Math.max(0, deadlineMs - this.clock.monotonic()), () => {
        reject(new QError('REQUEST_TIMED_OUT', 'The time for the request is over'));
      });
      void promise.then(resolve, reject).finally(() => timer.cancel());
    });
  }

  #gaveUp(error: QError, timeoutMs: number): QError {
    if (this.#anyReady() !== null) return error;
    const reason = error.cause instanceof Error ? reasonOf(error.cause) : error.message;
    return new QError(
      'NO_BROKER',
      `No broker could be reached within ${timeoutMs} ms at ${describeAddresses(this.#options.seeds)}: ${reason}`,
      { cause: error },
    );
  }

  #anyReady(): Connection | null {
    for (const link of this.#links.values()) if (link.ready !== null) return link.ready;
    return null;
  }

  #anyConnection(): Promise<Connection> {
    if (this.closing.aborted) return Promise.reject(this.closing.reason as QError);
    const ready = this.#anyReady();
    if (ready !== null) return Promise.resolve(ready);
    // The one whose next attempt is due first: so several addresses are tried in turn, without a list of who was tried.
    let next: BrokerLink | null = null;
    for (const link of this.#links.values()) if (next === null || link.notBeforeMs < next.notBeforeMs) next = link;
    return (next as BrokerLink).connection();
  }

  #connectionTo(brokerId: number): Promise<Connection> {
    const link = this.linkOf(brokerId);
    if (link === null) return Promise.reject(new QError('NO_BROKER', `The address of broker ${brokerId} is not known`));
    return link.connection();
  }

  #learnBrokers(response: MetadataResponse, from: Connection): void {
    if (response.brokers.length === 0 || response.brokers.length > clientLimits.brokersMax) {
      const error = new QError('MALFORMED_FRAME', `The broker names ${response.brokers.length} brokers`);
      from.close(error);
      throw error;
    }
    this.#clusterId = response.clusterId;
    this.#addressOfBroker.clear();
    for (const { id, host, port } of response.brokers)
      this.#addressOfBroker.set(id, host === '' ? from.address : { host, port });
    const kept = new Set([...this.#options.seeds, ...this.#addressOfBroker.values()].map(formatAddress));
    for (const [key, link] of this.#links) {
      if (kept.has(key)) continue;
      this.#links.delete(key);
      link.close(new QError('CONNECTION_LOST', `The broker at ${key} has left the cluster`));
    }
  }

  #linkTo(address: Address): BrokerLink {
    const key = formatAddress(address);
    const known = this.#links.get(key);
    if (known !== undefined) return known;
    const { clock, random, retry, network, clientId, requestTimeoutMs, connectTimeoutMs, seeds } = this.#options;
    // One try ends, however long the client may go on trying; and one of several addresses that swallows packets must
    // leave time for the others.
    const tryMs = Number.isFinite(connectTimeoutMs) ? connectTimeoutMs : clientLimits.connectTimeoutMs;
    const timeoutMs = seeds.length === 1 ? tryMs : Math.max(1_000, tryMs / (2 * seeds.length));
    const link = new BrokerLink({
      address,
      clock,
      random,
      retry,
      network,
      clientId,
      login: this.#login,
      requestTimeoutMs,
      connectTimeoutMs: timeoutMs,
      frames: this.frames,
    });
    this.#links.set(key, link);
    return link;
  }
}

/** Null: it may pass. */
function mistakeOf(error: QError): QError | null {
  const address = String(error.details['address']);
  const mistake = tlsMistake(error.cause, address);
  if (mistake === null) return null;
  const details = { option: mistake.option, address };
  return new QError('INVALID_CONFIG', mistake.message, { cause: error, details });
}

function mayRetry(error: QError, resend: boolean): boolean {
  if (!error.retriable) return false;
  return resend || !isAmbiguous(error);
}

/**
 * Whether the request may have taken effect all the same. Other errors came before it was sent, or say that nothing was
 * done.
 */
export function isAmbiguous(error: QError): boolean {
  return error.code === 'REQUEST_TIMED_OUT' || (error.code === 'CONNECTION_LOST' && error.details['opened'] === true);
}
