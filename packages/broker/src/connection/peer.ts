/** What a handler may know of, and do to, the connection that its request came from. */
export interface Peer {
  readonly id: number;
  /** As the client named itself in HELLO; empty before. */
  readonly clientId: string;
  readonly remoteAddress: string;
  readonly isClosed: boolean;
  /** Calls `listener` once when the connection is gone. Returns how to stop that. */
  onClose(listener: () => void): () => void;
  /** Resolves when the peer and the broker have room for more answer bytes; null when they have it now. */
  whenWritable(): Promise<void> | null;
  /** Counts up with each call: where the next fetch begins among its partitions. */
  nextFetchTurn(): number;
}

/** One request while it is being answered. */
export interface RequestContext {
  readonly peer: Peer;
  /** Version of the API that the request came in and the answer goes out. */
  readonly version: number;
  /**
   * Keeps the request's frame in the byte budgets although its answer may be given earlier: views of it are still in
   * use. Call the result exactly once, when they are not.
   */
  holdFrame(): () => void;
}
