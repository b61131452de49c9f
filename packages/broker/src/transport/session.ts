import type { ErrorName, QError } from '@q/protocol';
import type { CallerSignal, RequestBudget } from '../caller.ts';
import type { PeerCertificate } from '../tls/tls-options.ts';

/** An answer in bytes. */
export interface Answer {
  readonly buffers: readonly Buffer[];
  /** Nothing follows it: the peer does not speak the protocol, or is not let in. */
  readonly thenClose: boolean;
  /** Why, as the log tells it, where the connection ends. Default: bytes that are not of the protocol. */
  readonly reason?: ErrorName;
}

/**
 * What speaks a protocol on one connection. The transport brings bytes, keeps the budgets and sends answers; it knows
 * nothing of what the bytes mean.
 */
export interface Session {
  /** The peer has introduced itself as the protocol wants it; until then it has little time. */
  readonly isOpen: boolean;
  /** It was never shown whose the connection is, where that is asked for; until then it has little time. */
  readonly isStranger?: boolean;
  /** The library at the other end, as it names itself; null where it does not, or has not yet. */
  readonly software?: { readonly name: string; readonly version: string } | null;
  /** As the client named itself last; missing or empty where it did not. For the log. */
  readonly clientId?: string;
  /** Answers leave in the order of their requests. Otherwise each leaves when it is ready, and may overtake others. */
  readonly answersInOrder: boolean;
  /** Bytes that were taken and not given out as part of a frame yet. */
  readonly bufferedBytes: number;
  /** Takes what has come. The chunk is lent until `keepChunks`. @throws QError when no frame can be found any more */
  take(chunk: Buffer): void;
  /** Copies what is left of chunks that were only lent. */
  keepChunks(): void;
  /** The next whole frame, or null. It may be a view of a lent chunk. @throws QError as `take` */
  nextFrame(): Buffer | null;
  /**
   * Serves the frame that came last. What is done before the first await happens in the order of arrival. Never throws,
   * and its promise never rejects: whatever goes wrong becomes an answer.
   */
  serve(frame: Buffer, budget: RequestBudget): Answer | Promise<Answer>;
  /** What the peer is sent before it is hung up on, for an error that answers no request. */
  refusal(error: QError): readonly Buffer[];
}

/** What a session may know of its connection. */
export interface Link {
  /** Number of the connection, counted since the start. */
  readonly connectionId: number;
  /** Where the peer calls from. */
  readonly address: string;
  /** Where it called: the address of ours that it dialled. */
  readonly localAddress: string;
  /** Nobody on the way can read along. */
  readonly isEncrypted: boolean;
  /** What the peer has shown that is in order; null: nothing. */
  readonly certificate: PeerCertificate | null;
  readonly signal: CallerSignal;
  /**
   * The login has ended: hangs up on a peer that still waits for answers, which are for whoever is logged in. An idle
   * peer may log in again. `isShowing`: one of the requests under way does just that.
   */
  readonly loginEnded: (isShowing: boolean) => void;
}

/** Begins a session on a new connection: what makes a listener one of a protocol. */
export type OpenSession = (link: Link) => Session;
