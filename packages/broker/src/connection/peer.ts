/** What a handler may know of, and do to, the connection that its request came from. */
export interface Peer {
  readonly id: number;
  /** As the client named itself in HELLO; empty before. */
  readonly clientId: string;
  readonly remoteAddress: string;
  readonly isClosed: boolean;
  /** Calls `listener` once when the connection is gone. Returns how to stop that. */
  onClose(listener: () => void): () => void;
  /** Counts up with each call: where the next fetch begins among its partitions. */
  nextFetchTurn(): number;
}

/** What a request takes from the byte budgets between its arrival and its answer. */
export interface RequestBudget {
  /**
   * Keeps the request's frame in the budgets although its answer may be given earlier: views of it are still in use.
   * Call the result when they are not.
   */
  holdFrame(): () => void;
  /**
   * Holds back the requests that follow on the same connection, because what this one does comes first and is not done yet.
   * Call the result when it is.
   */
  holdOrder(): () => void;
  /**
   * Sets the request apart from those that are worked on, while it waits for news of `count` partitions or members. Call the
   * result when the wait is over. Null: too many wait already, so it must be answered at once.
   */
  park(count: number): (() => void) | null;
  /**
   * Sets room aside for an answer of up to `bytes`, or of `leastBytes` when the broker is short of room and this connection
   * has taken all its answers. Gives how much, once there is room. A large answer must not be made before: it would only
   * wait in memory for a peer that does not take it.
   */
  reserveAnswer(bytes: number, leastBytes: number): number | Promise<number>;
  /** Gives room back, all but so many bytes. The rest is given back when the answer is on its way. */
  keepAnswer(bytes: number): void;
  /**
   * Calls `release` when the operating system has taken the answer, whose memory nobody looks at any more then. Not called
   * where that is never known for certain, as when the connection breaks. Once for a request.
   */
  whenTaken(release: () => void): void;
}

/** One request while it is being answered. */
export interface RequestContext {
  readonly peer: Peer;
  /** Version of the API that the request came in and the answer goes out. */
  readonly version: number;
  readonly budget: RequestBudget;
}
