/**
 * The native protocol on one connection ([RFC 1](docs/rfcs/0001-native-protocol.md)): cuts frames, wants a HELLO first,
 * and hands requests to the dispatcher.
 *
 * Invariants:
 *  1. Until a HELLO has succeeded nothing but HELLO is looked at, and no frame above 64 KiB is taken.
 *  2. No larger frame is taken before it is known whose the connection is, where that is asked for.
 *  3. `clientId` is that of the whole connection; it changes with its HELLO only.
 */
import { FrameDecoder, encodeErrorResponse, protocolLimits } from '@q/protocol';
import type { QError } from '@q/protocol';
import type { CallerSignal, Principal, RequestBudget } from '../../caller.ts';
import type { BrokerLimits } from '../../limits.ts';
import { nativeName } from '../../metrics/request-meter.ts';
import type { SessionIdentity } from '../../services/identity/session-identity.ts';
import type { Answer, Link, Session } from '../../transport/session.ts';
import type { Dispatcher, Introduction } from './dispatcher.ts';
import type { NativeCaller } from './handler.ts';

/** What all native sessions of a broker share. */
export interface NativeSessionHost {
  readonly dispatcher: Dispatcher;
  readonly limits: Pick<BrokerLimits, 'frameBytesMax'>;
  /** Finds out whose a connection is. */
  readonly identityOf: (link: Link) => SessionIdentity;
  /** Memory for a large frame; whoever is done with what was in it may say so. */
  readonly allocateFrame: (length: number) => Buffer;
}

export class NativeSession implements Session {
  readonly answersInOrder = false;
  isOpen = false;
  clientId = '';
  software: { readonly name: string; readonly version: string } | null = null;
  readonly identity: SessionIdentity;
  readonly link: Link;
  readonly #host: NativeSessionHost;
  readonly #decoder: FrameDecoder;
  #fetchTurns = 0;

  constructor(host: NativeSessionHost, link: Link) {
    this.#host = host;
    this.link = link;
    this.identity = host.identityOf(link);
    this.#decoder = new FrameDecoder({
      frameBytesMax: protocolLimits.helloFrameBytesMax,
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
    return this.#host.dispatcher.dispatch(frame, {
      caller: new SessionCaller(this, budget),
      session: this,
      isLent: this.#decoder.frameIsLent,
    });
  }

  refusal(error: QError): readonly Buffer[] {
    this.#host.dispatcher.countError(error, { clientId: this.clientId, address: this.link.address });
    return encodeErrorResponse({ correlationId: 0, error });
  }

  /** The first HELLO that succeeds opens the session; a later one changes nothing. */
  saidHello({ clientId, software, softwareVersion }: Introduction): void {
    if (this.isOpen) return;
    this.isOpen = true;
    this.clientId = clientId;
    this.software = { name: software, version: softwareVersion };
    this.becameKnown();
  }

  /** From here on large frames are taken, if it is known whose the connection is. */
  becameKnown(): void {
    if (this.isOpen && this.identity.wasKnown) this.#decoder.frameBytesMax = this.#host.limits.frameBytesMax;
  }

  nextFetchTurn(): number {
    return this.#fetchTurns++;
  }
}

/** One request's view of its session: an object of two fields, as one is made for each request. */
class SessionCaller implements NativeCaller {
  readonly budget: RequestBudget;
  readonly #session: NativeSession;

  constructor(session: NativeSession, budget: RequestBudget) {
    this.#session = session;
    this.budget = budget;
  }

  get principal(): Principal {
    return this.#session.identity.principal;
  }

  get address(): string {
    return this.#session.link.address;
  }

  get identity(): SessionIdentity {
    return this.#session.identity;
  }

  get localAddress(): string {
    return this.#session.link.localAddress;
  }

  get clientId(): string {
    return this.#session.clientId;
  }

  get door(): string {
    return nativeName;
  }

  get connectionId(): number {
    return this.#session.link.connectionId;
  }

  get signal(): CallerSignal {
    return this.#session.link.signal;
  }

  nextFetchTurn(): number {
    return this.#session.nextFetchTurn();
  }
}
