import {
  Authenticate,
  decodeResponseBody,
  decodeResponseHeader,
  encodeRequest,
  FrameDecoder,
  Hello,
  helloMagic,
  protocolLimits,
  QError,
} from '@q/protocol';
import type { Api, HelloRequest, LentMemory } from '@q/protocol';

import { abortError, onAbort } from '../abort.ts';
import type { AnySignal } from '../abort.ts';
import { formatAddress } from '../address.ts';
import type { Address } from '../address.ts';
import { timerMsMin } from '../clock.ts';
import type { Clock, Timer } from '../clock.ts';
import { clientLimits } from '../limits.ts';
import type { Login } from '../login/login.ts';
import type { Network, Wire } from '../network/network.ts';
import { Queue } from '../queue.ts';
import { notSent, reasonOf, toQError } from '../retry.ts';
import { software, softwareVersion } from '../software.ts';
import { negotiate } from './negotiated.ts';
import type { Negotiated } from './negotiated.ts';
import { Outbox } from './outbox.ts';
import { PendingRequests } from './pending-requests.ts';

/*
 * One multiplexed connection to one broker: any number of requests in flight, answers in any order. It is used until it
 * breaks and then never again; who needs another one opens it (cluster/broker-link.ts).
 *
 * Invariants
 * - #state goes opening -> ready -> closed, or opening -> closed, and never back.
 * - Every request is settled exactly once: by its answer, its deadline, its signal, or the end of the connection.
 * - The broker is not trusted: frames are bounded, and any byte that is not an answer to one of our requests closes the
 *   connection. All that waited then fails with CONNECTION_LOST, which is retriable, and the reason as its cause.
 * - A request that waited for the whole request timeout while the broker has been silent ever since it was sent takes
 *   the connection with it: a peer that vanished is found out by that. If other answers came meanwhile, or the caller
 *   was in more of a hurry, only the one request fails.
 */

const lengthFieldBytes = 4;

/** Of the time for which a login holds: so much of it passes before the client shows again who it is. */
const loginAgainAt = 0.8;

export interface ConnectionOptions {
  readonly address: Address;
  readonly network: Network;
  readonly clock: Clock;
  readonly clientId: string;
  /** Null: it does not say who it is. */
  readonly login: Login | null;
  /** For opening: TCP, HELLO and showing who it is, together. */
  readonly connectTimeoutMs: number;
  readonly requestTimeoutMs: number;
  /** Where large answers lie. Who is the last to need one gives it back, or leaves it to the collector. */
  readonly frames: LentMemory;
}

export interface RequestOptions {
  readonly timeoutMs?: number;
  readonly signal?: AnySignal | undefined;
}

/**
 * A request that has an id, and a caller who waits, but is not encoded yet: the broker allows only so many in flight.
 */
interface UnsentRequest {
  readonly id: number;
  readonly encode: () => Buffer[];
}

export class Connection {
  readonly address: Address;
  readonly #options: ConnectionOptions;
  readonly #clock: Clock;
  readonly #wire: Wire;
  readonly #outbox: Outbox;
  readonly #decoder: FrameDecoder;
  readonly #pending = new PendingRequests();
  readonly #queued = new Queue<UnsentRequest>();
  readonly #closeListeners: ((error: QError) => void)[] = [];
  readonly #opened = Promise.withResolvers<void>();
  #state: 'opening' | 'ready' | 'closed' = 'opening';
  #negotiated: Negotiated | null = null;
  #closedWith: QError | null = null;
  #lastFrameAtMs = 0;
  #hasHeard = false;
  #deadlineTimer: Timer | null = null;
  #deadlineTimerAtMs = Number.POSITIVE_INFINITY;
  #loginTimer: Timer | null = null;

  private constructor(options: ConnectionOptions) {
    this.#options = options;
    this.address = options.address;
    this.#clock = options.clock;
    this.#decoder = new FrameDecoder({
      frameBytesMax: protocolLimits.helloFrameBytesMax,
      chunksAreLent: true,
      allocate: options.frames.take,
    });
    this.#wire = options.network.connect(options.address, {
      onOpen: () => this.#hello(),
      onData: (chunk) => this.#read(chunk),
      onDrain: () => this.#outbox.drained(),
      onClose: (error) => this.close(this.#lost(error === null ? this.#closedReason() : reasonOf(error), error)),
    });
    this.#outbox = new Outbox(this.#wire, () => this.#sendQueued());
  }

  /**
   * Connects and exchanges HELLO.
   *
   * @throws QError `CONNECTION_LOST` with the reason as its cause, `ABORTED`, or what the broker answered to HELLO.
   */
  static async open(options: ConnectionOptions, signal?: AbortSignal): Promise<Connection> {
    const connection = new Connection(options);
    const forget = onAbort(signal, () => connection.close(abortError(signal as AbortSignal)));
    const timer = options.clock.schedule(options.connectTimeoutMs, () =>
      connection.close(connection.#lost(`no connection within ${options.connectTimeoutMs} ms`, null)),
    );
    try {
      await connection.#opened.promise;
      return connection;
    } finally {
      timer.cancel();
      forget();
    }
  }

  get isReady(): boolean {
    return this.#state === 'ready';
  }

  /** What HELLO agreed on. */
  get negotiated(): Negotiated {
    if (this.#negotiated === null) throw new QError('HELLO_REQUIRED', 'The connection is not ready');
    return this.#negotiated;
  }

  /** Called once, when the connection ends; at once if it has. */
  onClose(listener: (error: QError) => void): void {
    if (this.#closedWith !== null) listener(this.#closedWith);
    else this.#closeListeners.push(listener);
  }

  /**
   * Sends a request and gives its answer. `bytes` fields of the answer are views of the received frame.
   *
   * @throws QError what the broker answered; `CONNECTION_LOST`; `REQUEST_TIMED_OUT`; `ABORTED`; `BUFFER_FULL` when too
   * many requests wait for this connection; `INVALID_REQUEST`, `UNSUPPORTED_VERSION` before anything is sent.
   */
  request<Q, A>(api: Api<Q, A>, body: Q, options: RequestOptions = {}): Promise<A> {
    return new Promise<A>((resolve, reject) => {
      if (this.#closedWith !== null) reject(this.#closedWith);
      else if (options.signal?.aborted === true) reject(abortError(options.signal));
      else this.#send(api, body, { options, resolve, reject });
    });
  }

  /** Ends the connection at once. What waits for an answer fails with the error. */
  close(error: QError): void {
    if (this.#state === 'closed') return;
    const wasOpening = this.#state === 'opening';
    this.#state = 'closed';
    this.#closedWith = error;
    this.#deadlineTimer?.cancel();
    this.#loginTimer?.cancel();
    this.#outbox.close();
    this.#wire.destroy();
    if (wasOpening) this.#opened.reject(error);
    this.#pending.failAll(error);
    this.#queued.clear();
    for (const listener of this.#closeListeners.splice(0)) listener(error);
  }

  #hello(): void {
    const body: HelloRequest = { magic: helloMagic, clientId: this.#options.clientId, software, softwareVersion };
    this.#send(Hello, body, {
      options: { timeoutMs: this.#options.connectTimeoutMs },
      resolve: (hello) => {
        this.#negotiated = negotiate(hello);
        if (hello.authMechanisms.length === 0) this.#ready();
        else void this.#logIn().then(() => this.#ready(), this.#loginFailed);
      },
      reject: (error) => this.close(error),
    });
  }

  #ready(): void {
    if (this.#isClosed()) return;
    this.#decoder.frameBytesMax = clientLimits.responseBytesMax;
    this.#state = 'ready';
    this.#opened.resolve();
  }

  /** Shows who the client is, and does so again while requests go on, before it is forgotten. */
  async #logIn(): Promise<void> {
    const { login, connectTimeoutMs: timeoutMs } = this.#options;
    const { authMechanisms: mechanisms } = this.negotiated;
    if (login === null) throw this.#isAsked(mechanisms);
    const isEncrypted = this.#wire.isEncrypted === true;
    const lifetimeMs = await login.run({
      mechanisms,
      isEncrypted,
      ask: (request) => this.request(Authenticate, request, { timeoutMs }),
    });
    if (lifetimeMs === 0 || this.#isClosed()) return;
    const againMs = Math.max(timerMsMin, lifetimeMs * loginAgainAt);
    this.#loginTimer = this.#clock.schedule(againMs, () => void this.#logIn().catch(this.#loginFailed));
  }

  readonly #loginFailed = (error: unknown): void => this.close(toQError(error, 'AUTHENTICATE'));

  #isAsked(mechanisms: readonly string[]): QError {
    const how = mechanisms.join(', ');
    const message = `The broker at ${formatAddress(this.address)} asks who you are (${how}): give connect a login`;
    return new QError('AUTHENTICATION_REQUIRED', message, { details: { mechanisms: how } });
  }

  #hasRoom(): boolean {
    if (this.#negotiated === null) return true;
    return this.#pending.inFlight - this.#queued.length < this.#negotiated.requestsInFlightMax && !this.#outbox.isFull;
  }

  #send<Q, A>(
    api: Api<Q, A>,
    body: Q,
    o: { options: RequestOptions; resolve: (answer: A) => void; reject: (error: QError) => void },
  ): void {
    let version: number;
    try {
      version = this.#negotiated === null ? api.versions.max : this.#negotiated.version(api);
    } catch (error) {
      return o.reject(toQError(error, api.name));
    }
    const mayGo = this.#queued.length === 0 && this.#hasRoom();
    const { signal } = o.options;
    const id = this.#register({ ...o, read: (frame) => decodeResponseBody(api, version, frame) });
    const unsent: UnsentRequest = { id, encode: () => encodeRequest(api, { version, correlationId: id, body }) };
    if (mayGo) this.#transmit(unsent);
    else this.#enqueue(unsent);
    if (signal !== undefined)
      this.#pending.setForget(
        id,
        onAbort(signal, () => this.#abandon(id, abortError(signal))),
      );
  }

  #register<A>(o: {
    options: RequestOptions;
    read: (frame: Buffer) => A;
    resolve: (answer: A) => void;
    reject: (error: QError) => void;
  }): number {
    const nowMs = this.#clock.monotonic();
    const deadlineMs = nowMs + (o.options.timeoutMs ?? this.#options.requestTimeoutMs);
    this.#watchDeadline(deadlineMs);
    return this.#pending.add({
      startedAtMs: nowMs,
      deadlineMs,
      answer: (frame) => {
        if (decodeResponseHeader(frame).errorCode === 0) o.resolve(o.read(frame));
        else this.#refused(() => o.read(frame), o.reject);
      },
      fail: o.reject,
    });
  }

  #enqueue(unsent: UnsentRequest): void {
    if (this.#queued.length < clientLimits.requestsQueuedMax) return this.#queued.push(unsent);
    const error = new QError(
      'BUFFER_FULL',
      `${this.#queued.length} requests wait already for the connection to ${formatAddress(this.address)}`,
    );
    this.#pending.withdraw(unsent.id)?.fail(error);
  }

  #transmit(unsent: UnsentRequest): void {
    // Its caller may have given up while it was in the queue.
    if (!this.#pending.isWaiting(unsent.id)) {
      this.#pending.withdraw(unsent.id);
      return;
    }
    try {
      const buffers = unsent.encode();
      this.#checkSize(buffers);
      this.#outbox.push(buffers);
    } catch (error) {
      this.#pending.withdraw(unsent.id)?.fail(notSent(error, 'A request cannot be encoded'));
    }
  }

  /** A request that the broker would only refuse, and close the connection for, need not be sent. */
  #checkSize(buffers: readonly Buffer[]): void {
    const requestBytesMax = this.#negotiated?.requestBytesMax ?? protocolLimits.helloFrameBytesMax;
    let frameBytes = -lengthFieldBytes;
    for (const buffer of buffers) frameBytes += buffer.length;
    if (frameBytes <= requestBytesMax) return;
    throw new QError(
      'FRAME_TOO_LARGE',
      `A request of ${frameBytes} bytes is larger than the broker accepts (${requestBytesMax})`,
      { details: { frameBytes, frameBytesMax: requestBytesMax } },
    );
  }

  /** The answer is an error: reading it throws the very error that the caller gets. */
  #refused(read: () => unknown, reject: (error: QError) => void): void {
    try {
      read();
    } catch (error) {
      const refusal = toQError(error, 'reading an answer');
      if (refusal.code === 'MALFORMED_FRAME') throw refusal;
      reject(refusal);
    }
  }

  #read(chunk: Buffer): void {
    if (this.#state === 'closed') return;
    this.#hasHeard = true;
    try {
      this.#decoder.push(chunk);
      for (let frame = this.#decoder.next(); frame !== null; frame = this.#decoder.next()) {
        this.#lastFrameAtMs = this.#clock.monotonic();
        this.#answer(frame);
        if (this.#isClosed()) return;
      }
    } catch (error) {
      this.close(this.#lost('the broker sent something that is not an answer', error));
      return;
    }
    this.#sendQueued();
  }

  /** A call may have closed the connection behind the compiler's back. */
  #isClosed(): boolean {
    return this.#state === 'closed';
  }

  #answer(frame: Buffer): void {
    const { correlationId } = decodeResponseHeader(frame);
    const pending = this.#pending.take(correlationId);
    if (pending === 'abandoned') return;
    if (pending === null)
      throw new QError('MALFORMED_FRAME', `an answer has the correlation id ${correlationId}, which no request has`);
    try {
      pending.answer(frame);
    } catch (error) {
      // The caller of a request with a broken answer must hear of it like all the others.
      pending.fail(this.#lost('the broker sent an answer that cannot be read', error));
      throw error;
    }
  }

  #sendQueued(): void {
    while (this.#queued.length > 0 && this.#state === 'ready' && this.#hasRoom())
      this.#transmit(this.#queued.shift() as UnsentRequest);
  }

  #watchDeadline(deadlineMs: number): void {
    if (deadlineMs >= this.#deadlineTimerAtMs) return;
    this.#deadlineTimer?.cancel();
    this.#deadlineTimerAtMs = deadlineMs;
    this.#deadlineTimer = this.#clock.schedule(Math.max(timerMsMin, deadlineMs - this.#clock.monotonic()), () => {
      this.#deadlineTimerAtMs = Number.POSITIVE_INFINITY;
      this.#expire();
    });
  }

  #expire(): void {
    const nowMs = this.#clock.monotonic();
    for (const id of this.#pending.expired(nowMs)) {
      const request = this.#pending.abandon(id);
      if (request === null) continue;
      const error = new QError(
        'REQUEST_TIMED_OUT',
        `No answer from ${formatAddress(this.address)} within ${Math.round(nowMs - request.startedAtMs)} ms`,
      );
      request.fail(error);
      const waitedLong = nowMs - request.startedAtMs >= this.#options.requestTimeoutMs;
      if (waitedLong && this.#lastFrameAtMs <= request.startedAtMs)
        return this.close(this.#lost('the broker has gone silent', error));
    }
    if (this.#pending.abandoned > clientLimits.requestsAbandonedMax)
      return this.close(this.#lost('too many requests were never answered', null));
    const next = this.#pending.nextDeadlineMs();
    if (next !== null) this.#watchDeadline(next);
  }

  #abandon(id: number, error: QError): void {
    this.#pending.abandon(id)?.fail(error);
  }

  /** A port that speaks TLS hangs up on whoever does not, without a byte. */
  #closedReason(): string {
    const closed = 'the broker closed the connection';
    if (this.#hasHeard || this.#wire.isEncrypted === true) return closed;
    return `${closed} without a word, as one that encrypts does (qs://, or tls)`;
  }

  #lost(reason: string, cause: unknown): QError {
    const address = formatAddress(this.address);
    const opened = this.#negotiated !== null;
    const message = opened
      ? `The connection to ${address} was lost: ${reason}`
      : `No connection to ${address}: ${reason}`;
    return new QError('CONNECTION_LOST', message, {
      ...(cause === null ? {} : { cause }),
      details: { address, opened },
    });
  }
}
