import type { Api, ErrorName } from '@q/protocol';
import type { Caller } from '../../caller.ts';
import type { SessionIdentity } from '../../services/identity/session-identity.ts';

/** An answer that is known but for what may still go wrong: it is encoded while that is found out. */
export class Expected<A> {
  readonly answer: A;
  /** Null when all went well, else the answer in its place. */
  readonly other: Promise<A | null>;

  constructor(o: { answer: A; other: Promise<A | null> }) {
    this.answer = o.answer;
    this.other = o.other;
  }
}

/** Who sent a request of the native protocol. */
export interface NativeCaller extends Caller {
  /** The address of ours that it dialled. */
  readonly localAddress: string;
  /** Whose its connection is. */
  readonly identity: SessionIdentity;
  /** Counts up with each call on one connection: where its next fetch begins among its partitions. */
  nextFetchTurn(): number;
}

/** What answers one API. */
export interface Handler<Q, A> {
  readonly api: Api<Q, A>;
  /**
   * Answers one request. What it does before its first await happens in the order in which requests arrived.
   * May throw or reject with anything; the client gets it as an error of the wire.
   */
  readonly handle: (request: Q, caller: NativeCaller) => A | Promise<A> | Expected<A>;
  /** It lets go of the memory of each request, which is used again then; the others leave it to the collector. */
  readonly letsGo?: boolean;
  /** Names the errors inside an answer that is not an error as a whole, for the counters. */
  readonly errorsIn?: (answer: A) => Iterable<ErrorName>;
  /** Its errors end the connection. */
  readonly endsOnError?: boolean;
  /** Served before it is known whose the connection is. */
  readonly isForStrangers?: boolean;
  /** Its answer is not held when its client is beyond a quota. What is served to strangers is urgent, too. */
  readonly isUrgent?: boolean;
  /** Has the last word on the buffers of an encoded answer. */
  readonly finish?: (buffers: readonly Buffer[]) => readonly Buffer[];
}
