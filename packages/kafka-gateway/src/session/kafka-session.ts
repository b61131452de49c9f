/**
 * The Kafka protocol on one connection: cuts frames, and hands them to the dispatcher. Answers leave in the order of
 * their requests, as clients count on it.
 */
import { FrameDecoder } from '@q/protocol';
import type { QError } from '@q/protocol';
import type {
  Answer,
  CallerSignal,
  Link,
  Principal,
  RequestBudget,
  RequestMeter,
  Session,
  SessionIdentity,
} from '@q/broker';
import type { FetchSession } from '../fetch/fetch-session.ts';
import type { Dispatcher } from './dispatcher.ts';
import type { Handshake, KafkaCaller } from './handler.ts';

/** What all Kafka sessions of a broker share. */
export interface KafkaSessionHost {
  readonly dispatcher: Dispatcher;
  readonly meter: RequestMeter;
  readonly frameBytesMax: number;
  /** Where a client is told to connect that has dialled this address of ours. */
  readonly addressFor: (localAddress: string) => { readonly host: string; readonly port: number };
  /** Finds out whose a connection is. */
  readonly identityOf: (link: Link) => SessionIdentity;
  /** Serves a message of a mechanism that has no request around it. */
  readonly serveBare: (message: Buffer, caller: KafkaCaller) => Promise<Answer>;
  /** Memory for a large frame; whoever is done with what was in it may say so. */
  readonly allocateFrame: (length: number) => Buffer;
}

/** Of frames before it is known whose the connection is; the largest is a token. */
const strangersFrameBytesMax = 65_536;

export class KafkaSession implements Session {
  readonly answersInOrder = true;
  /**
   * The protocol has no greeting. Some clients connect long before they ask for anything, and the first request of one
   * that does not ask for versions may be a large one on a slow way: the limits for idleness and for frames are theirs.
   */
  readonly isOpen = true;
  readonly identity: SessionIdentity;
  readonly handshake: Handshake = { mechanism: null, isBare: false };
  readonly link: Link;
  software: { readonly name: string; readonly version: string } | null = null;
  fetchSession: FetchSession | null = null;
  /** Of the last request: the protocol has no other place for it. */
  clientId = '';
  readonly #host: KafkaSessionHost;
  readonly #decoder: FrameDecoder;
  #fetchTurns = 0;

  constructor(host: KafkaSessionHost, link: Link) {
    this.#host = host;
    this.link = link;
    this.identity = host.identityOf(link);
    this.#decoder = new FrameDecoder({
      frameBytesMax: this.identity.wasKnown ? host.frameBytesMax : strangersFrameBytesMax,
      chunksAreLent: true,
      allocate: host.allocateFrame,
    });
  }

  get isStranger(): boolean {
    return !this.identity.wasKnown;
  }

  get bufferedBytes(): number {
    return this.#decoder.bufferedBytes;
  }

  take(chunk: Buffer): void {
    this.#decoder.push(chunk);
  }

  keepChunks(): void {
    this.#decoder.keepChunks();
  }

  nextFrame(): Buffer | null {
    return this.#decoder.nextLent();
  }

  serve(frame: Buffer, budget: RequestBudget): Answer | Promise<Answer> {
    if (this.handshake.isBare) return this.#host.serveBare(Buffer.from(frame), this.#callerOf(null, budget));
    return this.#host.dispatcher.dispatch(frame, {
      isLent: this.#decoder.frameIsLent,
      identity: this.identity,
      callerOf: (clientId) => this.#callerOf(clientId, budget),
    });
  }

  #callerOf(clientId: string | null, budget: RequestBudget): SessionCaller {
    if (clientId !== null) this.clientId = clientId;
    return new SessionCaller(this, budget, clientId ?? '');
  }

  /** There is no message for an error that answers no request. */
  refusal(error: QError): readonly Buffer[] {
    this.#host.meter.failed(error.code, { clientId: '', address: this.link.address });
    return [];
  }

  get advertised(): { readonly host: string; readonly port: number } {
    return this.#host.addressFor(this.link.localAddress);
  }

  /** From here on frames may be as large as a user's. */
  becameKnown(): void {
    this.#decoder.frameBytesMax = this.#host.frameBytesMax;
  }

  nextFetchTurn(): number {
    return this.#fetchTurns++;
  }
}

/** One request's view of its session. */
class SessionCaller implements KafkaCaller {
  readonly budget: RequestBudget;
  readonly clientId: string;
  readonly #session: KafkaSession;

  constructor(session: KafkaSession, budget: RequestBudget, clientId: string) {
    this.#session = session;
    this.budget = budget;
    this.clientId = clientId;
  }

  get principal(): Principal {
    return this.#session.identity.principal;
  }

  get door(): string {
    return 'kafka';
  }

  get identity(): SessionIdentity {
    return this.#session.identity;
  }

  get handshake(): Handshake {
    return this.#session.handshake;
  }

  becameKnown(): void {
    this.#session.becameKnown();
  }

  get address(): string {
    return this.#session.link.address;
  }

  get advertised(): { readonly host: string; readonly port: number } {
    return this.#session.advertised;
  }

  get connectionId(): number {
    return this.#session.link.connectionId;
  }

  get signal(): CallerSignal {
    return this.#session.link.signal;
  }

  introduce(name: string, version: string): void {
    this.#session.software = { name, version };
  }

  get fetchSession(): FetchSession | null {
    return this.#session.fetchSession;
  }

  set fetchSession(session: FetchSession | null) {
    this.#session.fetchSession = session;
  }

  nextFetchTurn(): number {
    return this.#session.nextFetchTurn();
  }
}
