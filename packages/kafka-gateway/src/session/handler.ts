import type { Caller, SessionIdentity } from '@q/broker';
import type { ErrorName } from '@q/protocol';
import type { FetchSession } from '../fetch/fetch-session.ts';
import type { Api } from '../messages/api.ts';

/** Who sent a request. */
export interface KafkaCaller extends Caller {
  /** Whose its connection is. */
  readonly identity: SessionIdentity;
  /** How its client wants to show that. */
  readonly handshake: Handshake;
  /** Where it is told to connect from now on: what is set, else the address of ours that it dialled. */
  readonly advertised: { readonly host: string; readonly port: number };
  /** What its connection fetches again and again. */
  fetchSession: FetchSession | null;
  /** It has shown whose it is: it may send what users may. */
  becameKnown(): void;
  /** Its library names itself, for the statistics. */
  introduce(name: string, version: string): void;
  /** Counts up with each call on one connection: where its next fetch begins among its partitions. */
  nextFetchTurn(): number;
}

/** What was agreed on before somebody shows who they are. */
export interface Handshake {
  /** Null: nothing yet. */
  mechanism: string | null;
  /** What follows are bare messages of the mechanism, without a request around them (SaslHandshake 0). */
  isBare: boolean;
}

/** One request besides its body. */
export interface RequestContext {
  readonly caller: KafkaCaller;
  readonly version: number;
  /** For `refuse`: how long the sender should wait before it tries again, in ms. */
  readonly retryAfterMs?: number;
}

/** An answer that is no message: nothing is sent, and the connection goes on or not (Produce without acks). */
export class Silence {
  readonly thenClose: boolean;
  /** Why the connection ends, as the log tells it. */
  readonly reason: ErrorName | undefined;

  constructor({ thenClose, reason }: { readonly thenClose: boolean; readonly reason?: ErrorName }) {
    this.thenClose = thenClose;
    this.reason = reason;
  }
}

/** An answer after which the connection ends. */
export class Farewell<A> {
  readonly body: A;

  constructor(body: A) {
    this.body = body;
  }
}

/** What a handler gives. */
export type Given<A> = A | Silence | Farewell<A>;

/** What answers one API. */
export interface Handler<Q = unknown, AIn = unknown> {
  readonly api: Api<Q, unknown, unknown, AIn>;
  /**
   * Answers one request. What it does before its first await happens in the order in which requests arrived. What goes
   * wrong with a part of a request is told in the answer; what it throws goes to `refuse`.
   */
  readonly handle: (request: Q, context: RequestContext) => Given<AIn> | Promise<Given<AIn>>;
  /**
   * The answer when `handle` has thrown a `KafkaError` or `QError`, as this API tells an error of the whole request.
   * Missing: the connection is closed.
   */
  readonly refuse?: (code: number, request: Q, context: RequestContext, message: string) => AIn | Silence;
  /**
   * Requests behind this one on its connection may begin before it is answered; the answers keep their order.
   * Otherwise they wait, as Kafka does it.
   */
  readonly mayOverlap?: boolean;
  /** What it uses besides time of the event loop. */
  readonly uses?: 'producerByteRate' | 'consumerByteRate';
  /** Served before it is known whose the connection is. */
  readonly isForStrangers?: boolean;
  /** What it answers later may be long, and is written in several turns of the event loop. */
  readonly mayBeLong?: boolean;
  /** Numbers of the errors in an answer that tells them part by part, for the statistics. None: as a rule. */
  readonly errorCodesIn?: (answer: AIn) => readonly number[];
  /** It lets go of the memory of each request (`DoorTools.frames`), which is used again then. */
  readonly letsGo?: boolean;
}

/** Ties the types of an API to those of its handler. */
export function handler<Q, QIn, A, AIn>(api: Api<Q, QIn, A, AIn>, rest: Omit<Handler<Q, AIn>, 'api'>): Handler {
  return { api, ...rest } as unknown as Handler;
}
