/**
 * One client's connection: bytes in, answers out, within bounds. What the bytes mean is its session's business.
 *
 * Invariants:
 *  1. Frames are served in the order of their arrival, synchronously: what a session does before its first await
 *     happens in that order. Answers leave when they are ready, or in the order of their requests, as the session wants
 *     it.
 *  2. The budget holds exactly `#heldBytes` for this connection: bytes in the session that are no whole frame yet, plus
 *     bytes of frames that are still used. It gets them back even if the connection is long gone.
 *  3. Nothing is served, and the socket is not read, while a limit is exceeded: requests in flight, bytes held
 *     here, bytes held by the broker, unsent answers; nor while a request holds back those behind it, or this
 *     connection has had its time in this turn of the event loop.
 *  4. A request that was taken up is in flight or parked until it is answered. Parked ones wait for news, and count
 *     against limits of their own.
 *  5. `closing` and `closed` are final; nothing is served in either.
 */
import type { QError } from '@q/protocol';
import type { Clock } from '../clock.ts';
import { toWireError } from '../errors/wire-error.ts';
import type { BrokerLimits } from '../limits.ts';
import type { BrokerLogger } from '../logger.ts';
import { AnswerOrder } from './answer-order.ts';
import type { AnswerPlace } from './answer-order.ts';
import type { BudgetWaiter, ByteBudget } from './byte-budget.ts';
import { ConnectionEnd } from './connection-end.ts';
import type { HeldTotal } from './held-total.ts';
import type { ByteStream, StreamEvents } from './network.ts';
import type { OutputTotal } from './output-total.ts';
import { Output } from './output.ts';
import { RequestTicket } from './request-ticket.ts';
import type { RequestUses } from './request-ticket.ts';
import type { Answer, OpenSession, Session } from './session.ts';
import { exceededTimeLimit } from './time-limits.ts';

/** What all connections of a broker share. */
export interface ConnectionHost {
  readonly clock: Clock;
  readonly limits: BrokerLimits;
  readonly logger: BrokerLogger;
  readonly budget: ByteBudget;
  readonly outputTotal: OutputTotal;
  readonly heldTotal: HeldTotal;
}

/** Where a connection came in. */
export interface CameIn {
  /** The protocol that it speaks. */
  readonly door: string;
  /** Name of the listener. */
  readonly listener: string;
}

/** One connection at one moment. */
export interface ConnectionDescription {
  /** Unique in the run of a broker; as `connectionId` in its log. */
  readonly id: number;
  readonly address: string;
  /** The protocol that it speaks. */
  readonly door: string;
  /** The listener that it came in at. */
  readonly listener: string;
  readonly isEncrypted: boolean;
  /** As it named itself; empty when it did not. */
  readonly clientId: string;
  readonly software: string;
  readonly softwareVersion: string;
  readonly openForMs: number;
  readonly requestsInFlight: number;
  /** Long polls and held heartbeats. */
  readonly requestsWaiting: number;
  /** Held of what it has sent, and of what it is sent. */
  readonly bytesIn: number;
  readonly bytesOut: number;
}

type State = 'open' | 'closing' | 'closed';

/** Ends that nobody has to look into. A refusal has a line of its own. */
const ordinaryEnds: ReadonlySet<string> = new Set(['peer', 'stopping', 'lingerTimeoutMs', 'TOO_MANY_CONNECTIONS']);

export class Connection implements StreamEvents, BudgetWaiter {
  readonly id: number;
  readonly remoteAddress: string;
  readonly from: CameIn;
  requestsInFlight = 0;
  readonly #host: ConnectionHost;
  readonly #stream: ByteStream;
  readonly #session: Session;
  readonly #end = new ConnectionEnd();
  readonly #output: Output;
  /** Null where answers may overtake each other. */
  readonly #order: AnswerOrder | null;
  readonly #quiet: () => void;
  readonly #gone: (connection: Connection) => void;
  readonly #bornAt: number;
  #requests = 0;
  /** Why this side has hung up; null while it has not. */
  #endReason: string | null = null;
  #state: State = 'open';
  #draining = false;
  #heldBytes = 0;
  #settlingBytes = 0;
  #parkedRequests = 0;
  /** Partitions and members that parked requests wait for. */
  #heldCount = 0;
  #orderHolds = 0;
  #readingIsPaused = false;
  #pumpIsDue = false;
  #isPumping = false;
  /** The time of this turn is used up; the next pump goes on. */
  #hasHadItsTurn = false;
  /** Monotonic ms at which the connection, or its closing, began. */
  #openedAt: number;
  #lastFrameAt: number;
  #frameBegunAt: number | null = null;

  constructor(options: {
    id: number;
    stream: ByteStream;
    host: ConnectionHost;
    openSession: OpenSession;
    from: CameIn;
    /** Called when the last request in flight was answered and its answer has left, once `drain` was called. */
    quiet: () => void;
    gone: (connection: Connection) => void;
  }) {
    this.id = options.id;
    this.from = options.from;
    this.#stream = options.stream;
    this.remoteAddress = options.stream.remoteAddress;
    this.#host = options.host;
    this.#quiet = options.quiet;
    this.#gone = options.gone;
    const { clock, limits, outputTotal } = options.host;
    this.#session = options.openSession({
      connectionId: this.id,
      address: this.remoteAddress,
      localAddress: options.stream.localAddress,
      isEncrypted: options.stream.isEncrypted === true,
      certificate: options.stream.certificate ?? null,
      signal: this.#end,
      loginEnded: (isShowing) => this.#loginEnded(isShowing),
    });
    this.#order = this.#session.answersInOrder
      ? new AnswerOrder((answer, ticket) => this.#leave(answer, ticket))
      : null;
    this.#output = new Output({
      stream: this.#stream,
      clock,
      limits,
      total: outputTotal,
      taken: () => this.#outputTaken(),
    });
    this.#openedAt = clock.monotonic();
    this.#lastFrameAt = this.#openedAt;
    this.#bornAt = this.#openedAt;
    const { id: connectionId, remoteAddress: address } = this;
    options.host.logger.debug(
      { event: 'connection.accepted', connectionId, address, ...options.from },
      'a client has connected',
    );
  }

  /** The protocol that it speaks. */
  get door(): string {
    return this.from.door;
  }

  /** The library at the other end, as it names itself. */
  get software(): Session['software'] {
    return this.#session.software;
  }

  get isClosed(): boolean {
    return this.#state === 'closed';
  }

  /** In flight, or waiting for news. */
  get requestsUnderWay(): number {
    return this.requestsInFlight + this.#parkedRequests;
  }

  /** For people: who this is, and what it does. */
  describe(): ConnectionDescription {
    const { software, clientId } = this.#session;
    return {
      id: this.id,
      address: this.remoteAddress,
      ...this.from,
      isEncrypted: this.#stream.isEncrypted === true,
      clientId: clientId ?? '',
      software: software?.name ?? '',
      softwareVersion: software?.version ?? '',
      openForMs: Math.round(this.#host.clock.monotonic() - this.#bornAt),
      requestsInFlight: this.requestsInFlight,
      requestsWaiting: this.#parkedRequests,
      bytesIn: this.#heldBytes,
      bytesOut: this.#output.pendingBytes,
    };
  }

  /** No request in flight or parked, and no unsent answer. */
  get isQuiet(): boolean {
    return this.requestsInFlight === 0 && this.#parkedRequests === 0 && this.#output.pendingBytes === 0;
  }

  // ── from the network ──

  data(chunk: Buffer): void {
    if (this.#state === 'closing' || this.#state === 'closed') return;
    try {
      this.#session.take(chunk);
    } catch (error) {
      this.#refuse(toWireError(error));
    }
    this.#pump();
    this.#session.keepChunks();
  }

  closed(): void {
    if (this.#state === 'closed') return;
    this.#state = 'closed';
    this.#output.closed();
    this.#account();
    this.#host.budget.leave(this);
    this.#end.abort();
    this.#tellEnd();
    this.#gone(this);
  }

  // ── from the budget ──

  roomAgain(): void {
    this.#schedulePump();
  }

  // ── from the broker ──

  /** Takes no more requests. Those in flight are answered. */
  drain(): void {
    this.#draining = true;
    this.#updateReading();
  }

  /** Sends what is pending and hangs up. `reason` is for the log. */
  end(reason = 'stopping'): void {
    if (this.#state === 'closing' || this.#state === 'closed') return;
    this.#endReason ??= reason;
    this.#state = 'closing';
    this.#openedAt = this.#host.clock.monotonic();
    this.#account();
    this.#host.budget.leave(this);
    this.#output.end();
  }

  /** Hangs up at once. */
  destroy(): void {
    this.#stream.destroy();
  }

  /** Sends one error that answers no request, and hangs up. */
  refuse(error: QError): void {
    this.#refuse(error);
  }

  /** Looks at the time limits. Called every `sweepIntervalMs`. */
  sweep(now: number): void {
    if (this.#state === 'closed') return;
    const limit = exceededTimeLimit(this.#host.limits, {
      now,
      state: this.#state === 'open' ? this.#peer() : this.#state,
      since: this.#openedAt,
      stalledSince: this.#output.stalledSince,
      frameBegunAt: this.#frameBegunAt,
      idleSince: this.isQuiet ? this.#lastFrameAt : null,
      hasUnsent: this.#output.pendingBytes > 0,
      isOutputShort: this.#host.outputTotal.isUsedUp,
    });
    if (limit === null) return;
    this.#endReason ??= limit;
    if (limit === 'idleTimeoutMs') this.end(limit);
    else this.destroy();
  }

  /** Not by `end`: what is answered while a slow peer takes what is pending would still leave. */
  #loginEnded(isShowing: boolean): void {
    if (this.isClosed || this.requestsUnderWay <= (isShowing ? 1 : 0)) return;
    this.#endReason ??= 'AUTHENTICATION_REQUIRED';
    this.destroy();
  }

  #peer(): 'hello' | 'stranger' | 'open' {
    if (!this.#session.isOpen) return 'hello';
    return this.#session.isStranger === true ? 'stranger' : 'open';
  }

  #tellEnd(): void {
    const { logger, clock } = this.#host;
    const reason = this.#endReason ?? 'peer';
    const facts = {
      connectionId: this.id,
      address: this.remoteAddress,
      ...this.from,
      clientId: this.#session.clientId ?? '',
      reason,
      requests: this.#requests,
      forMs: Math.round(clock.monotonic() - this.#bornAt),
    };
    if (ordinaryEnds.has(reason)) logger.debug({ event: 'connection.closed', ...facts }, 'a connection has ended');
    else logger.info({ event: 'connection.dropped', ...facts }, 'the broker has hung up on a client');
  }

  // ── frames ──

  #pump(): void {
    // A handler that answers at once may free room and come back here; the loop below is already running then.
    if (this.#isPumping) return;
    this.#isPumping = true;
    let begunAt: number | null = null;
    try {
      while (this.#mayServe()) {
        const frame = this.#session.nextFrame();
        if (frame === null) break;
        this.#frameBegunAt = null;
        this.#host.budget.leave(this);
        this.#serve(frame);
        begunAt ??= this.#lastFrameAt;
        if (this.#lastFrameAt - begunAt > this.#host.limits.turnMsMax) this.#waitForNextTurn();
      }
    } catch (error) {
      // From cutting frames only: what goes wrong in serving one is an answer.
      this.#refuse(toWireError(error));
    } finally {
      this.#isPumping = false;
    }
    this.#account();
    this.#updateReading();
  }

  #mayServe(): boolean {
    if (this.#draining || this.#orderHolds > 0 || this.#hasHadItsTurn) return false;
    if (this.#state !== 'open') return false;
    const { limits } = this.#host;
    return (
      this.requestsInFlight < limits.requestsInFlightMax
      && this.#settlingBytes < limits.connectionBytesMax
      && !this.#output.isFull
    );
  }

  #serve(frame: Buffer): void {
    this.requestsInFlight += 1;
    this.#requests += 1;
    this.#lastFrameAt = this.#host.clock.monotonic();
    const ticket = new RequestTicket({ output: this.#output, frameBytes: frame.length, uses: this.#uses });
    const place = this.#order?.add(ticket) ?? null;
    const answer = this.#session.serve(frame, ticket);
    if (answer instanceof Promise) void answer.then((late) => this.#answerLate(late, ticket, place));
    else this.#answer(answer, ticket, place);
  }

  #answer(answer: Answer, ticket: RequestTicket, place: AnswerPlace | null): void {
    if (place === null) this.#leave(answer, ticket);
    else this.#order!.answered(place, answer);
  }

  #answerLate(answer: Answer, ticket: RequestTicket, place: AnswerPlace | null): void {
    this.#answer(answer, ticket, place);
    this.#pump();
  }

  #leave(answer: Answer, ticket: RequestTicket): void {
    this.requestsInFlight -= 1;
    if (!this.isClosed) {
      this.#output.push(answer.buffers, ticket.taken);
      if (answer.thenClose) this.end(answer.reason ?? 'MALFORMED_FRAME');
    }
    ticket.answered();
  }

  readonly #uses: RequestUses = {
    settling: (bytes) => {
      this.#settlingBytes += bytes;
      this.#host.budget.adjustSettling(bytes);
      if (bytes > 0) return;
      this.#account();
      this.#schedulePump();
    },
    ordering: (change) => {
      this.#orderHolds += change;
      if (this.#orderHolds === 0) this.#schedulePump();
    },
    park: (count) => {
      const { heldTotal, limits } = this.#host;
      const held = this.#heldCount + count;
      if (held > limits.connectionHeldMax) return false;
      if (held > limits.connectionHeldFree && !heldTotal.hasRoomFor(count)) return false;
      this.#moveHeld(1, count);
      // There may be room for a request that waits in the session now.
      if (this.#readingIsPaused) this.#schedulePump();
      return true;
    },
    unpark: (count) => this.#moveHeld(-1, -count),
  };

  #moveHeld(requests: number, count: number): void {
    this.requestsInFlight -= requests;
    this.#parkedRequests += requests;
    this.#heldCount += count;
    this.#host.heldTotal.count += count;
  }

  #refuse(error: QError): void {
    if (this.#state === 'closing' || this.#state === 'closed') return;
    this.#output.push(this.#session.refusal(error));
    this.end(isTlsHello(error) ? 'TLS_TO_PLAIN_PORT' : error.code);
  }

  // ── limits ──

  /** Tells the budget what this connection holds now. */
  #account(): void {
    const listens = this.#state === 'open';
    const held = this.#settlingBytes + (listens ? this.#session.bufferedBytes : 0);
    const change = held - this.#heldBytes;
    if (change === 0) return;
    this.#heldBytes = held;
    this.#host.budget.adjust(change);
  }

  #updateReading(): void {
    if (this.#state === 'closing' || this.#state === 'closed') return;
    const pause = !this.#mayServe() || this.#holdsTooMuch();
    const partial = this.#session.bufferedBytes > 0;
    // The time in which the broker itself does not read is not held against the peer.
    this.#frameBegunAt = pause || !partial ? null : (this.#frameBegunAt ?? this.#host.clock.monotonic());
    if (pause === this.#readingIsPaused) return;
    this.#readingIsPaused = pause;
    if (pause) this.#stream.pauseReading();
    else this.#stream.resumeReading();
  }

  #holdsTooMuch(): boolean {
    const { limits, budget } = this.#host;
    // What is held without anything settling is the beginning of one frame: only its rest can give it back. How large
    // a frame may be is the session's business, and may be more than this limit.
    if (this.#settlingBytes > 0 && this.#heldBytes >= limits.connectionBytesMax) return true;
    if (this.#heldBytes > limits.connectionBytesFree) return budget.mustWait(this);
    // Whoever holds so little keeps nobody waiting, and must not be handed the grant that others wait for.
    budget.leave(this);
    return false;
  }

  #outputTaken(): void {
    if (this.#readingIsPaused) this.#schedulePump();
    if (this.#draining && this.isQuiet) this.#quiet();
  }

  #waitForNextTurn(): void {
    this.#hasHadItsTurn = true;
    this.#schedulePump();
  }

  #schedulePump(): void {
    if (this.#pumpIsDue || this.isClosed) return;
    this.#pumpIsDue = true;
    this.#host.clock.defer(() => {
      this.#pumpIsDue = false;
      this.#hasHadItsTurn = false;
      this.#pump();
    });
  }
}

/** The first bytes of a handshake (type 22, version 3.x), taken for the length of a frame. */
function isTlsHello({ code, details: { frameBytes } }: QError): boolean {
  return code === 'FRAME_TOO_LARGE' && typeof frameBytes === 'number' && frameBytes >>> 16 === 0x1603;
}
