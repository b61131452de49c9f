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
   * Sets room aside for an answer of up to so many bytes, and resolves when there is room; null when there is now.
   * A large answer must not be made before: it would only wait in memory for a peer that does not take it.
   */
  reserveAnswer(bytes: number): Promise<void> | null;
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
