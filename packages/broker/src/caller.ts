/**
 * Who asks a service for something, and what one request may take of the broker's budgets. The same for every protocol.
 */

/** Who a caller is, as its session has found out. */
export interface Principal {
  readonly name: string;
  /** Its user was removed: it may nothing any more. */
  readonly isGone?: boolean;
}

/** Whoever has not said who it is. */
export const anonymous: Principal = { name: 'User:ANONYMOUS' };

/** The end of a caller's connection: nobody hears an answer after it. */
export interface CallerSignal {
  readonly aborted: boolean;
  /** Calls `listener` once at the end. Returns how to stop that. */
  onAbort(listener: () => void): () => void;
}

/** Who asks: one connection, with what it may use. */
export interface Caller {
  readonly principal: Principal;
  /** Where it calls from: the remote address of its connection. */
  readonly address: string;
  /** As it named itself; empty when it did not. */
  readonly clientId: string;
  /** Number of its connection, as the log has it. */
  readonly connectionId: number;
  /** Where it came in: `native`, `kafka`, `admin`, or the name of a listener. */
  readonly door?: string;
  readonly signal: CallerSignal;
  readonly budget: RequestBudget;
}

/** What a request takes from the byte budgets between its arrival and its answer. */
export interface RequestBudget {
  /**
   * Keeps the request's frame in the budgets although its answer may be given earlier: views of it are still in use.
   * Call the result when they are not.
   */
  holdFrame(): () => void;
  /**
   * Holds back the requests that follow on the same connection, because what this one does comes first and is not done
   * yet. Call the result when it is.
   */
  holdOrder(): () => void;
  /**
   * Sets the request apart from those that are worked on, while it waits for news of `count` partitions or members.
   * Call the result when the wait is over. Null: too many wait already, so it must be answered at once.
   */
  park(count: number): (() => void) | null;
  /**
   * Sets room aside for an answer of up to `bytes`, or of `leastBytes` when the broker is short of room and this
   * connection has taken all its answers. Gives how much, once there is room. A large answer must not be made before:
   * it would only wait in memory for a peer that does not take it.
   */
  reserveAnswer(bytes: number, leastBytes: number): number | Promise<number>;
  /** Gives room back, all but so many bytes. The rest is given back when the answer is on its way. */
  keepAnswer(bytes: number): void;
  /**
   * Calls `release` when the operating system has taken the answer, whose memory nobody looks at any more then. Not
   * called where that is never known for certain, as when the connection breaks. Once for a request.
   */
  whenTaken(release: () => void): void;
}

/** Who asks, as the log and the audit trail tell it. */
export type Author = Pick<Caller, 'clientId' | 'address'> & {
  readonly connectionId?: number;
  readonly principal?: Principal;
  readonly door?: string;
};

/** Who asks, as far as it decides what it may, and as the log and the audit tell it. */
export type Asking = Author & Pick<Caller, 'principal'>;

/** What of a caller stands in the log: all there is to find a program by. */
export function authorOf({ clientId, address, connectionId }: Author): {
  readonly clientId: string;
  readonly address: string;
  readonly connectionId: number | undefined;
} {
  return { clientId: clientId.slice(0, clientIdCharactersMax), address, connectionId };
}

/** Of a client id in the log: clients send what they like. */
const clientIdCharactersMax = 200;
