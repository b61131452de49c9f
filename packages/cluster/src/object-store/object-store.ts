/**
 * Objects under names, each created once and never changed. Whoever creates a name first has it: that is the commit and
 * the fence of a cluster at once. Nothing here tries anything again: what an answer means is for the caller.
 *
 * Whatever a store or the way to it does is a result. Thrown is only a `ClusterError` about the call itself: a name
 * that no object can have, a size or a time beyond `clusterLimits`, a store that was closed.
 *
 * Names have 1 to 480 characters: small letters, digits, `.`, `_`, `-`, and `/` between parts. No part begins with a
 * point, and no name is the beginning of another one's path: where `a/b` is an object, `a` is none.
 */
export interface ObjectStore extends AsyncDisposable {
  /** What store it is, in words, for logs and errors. Never a secret. */
  readonly description: string;

  /**
   * Stores `body` under a name that no object has. Of all who try, however often and from wherever, exactly one is told
   * `created` at most, and the bytes under the name are its bytes from then on. What was created is durable.
   *
   * `body` is lent until the call settles, must not change before that, and is the caller's again afterwards. A request
   * that was given up may still reach the store later, with the bytes as they were.
   */
  create(name: string, body: Buffer, options: CallOptions): Promise<CreateResult>;

  /** The whole object. The bytes are the caller's alone. */
  get(name: string, options: CallOptions): Promise<GetResult>;

  /** A part of an object. The bytes are the caller's alone. */
  range(name: string, part: ObjectPart, options: CallOptions): Promise<RangeResult>;

  /** Removes an object. A name that no object has counts as deleted. The name can be created again afterwards. */
  delete(name: string, options: CallOptions): Promise<DeleteResult>;

  /**
   * Names that begin with `prefix`, in the order of their bytes, from behind `after` on. What was created or deleted a
   * moment ago may be missing or still there: for collection, never for a decision.
   */
  list(prefix: string, options: ListOptions): Promise<ListResult>;

  /** Gives up what is under way, as if each call had been aborted, and lets go of connections. */
  close(): Promise<void>;
}

/** Of every call. */
export interface CallOptions {
  /** Milliseconds after which the call settles, whatever the store does; from 1 to `clusterLimits.callMsMax`. */
  readonly timeoutMs: number;
  /** Gives the call up. It settles with a fault of kind `aborted`; what was sent may still happen. */
  readonly signal?: AbortSignal | undefined;
}

/** What to list, and how much of it. */
export interface ListOptions extends CallOptions {
  /** The last name of the answer before; the list goes on behind it. */
  readonly after?: string | undefined;
  /** From 1 to `clusterLimits.namesListedMax`, which is the default. */
  readonly namesMax?: number | undefined;
}

/** Bytes from `position` on, at most `length` of them; or the last `lastBytes` of the object. */
export type ObjectPart = { readonly position: number; readonly length: number } | { readonly lastBytes: number };

/** What became of a name that was to be created. */
export type CreateResult =
  /** The name is the caller's, and its bytes are durable. */
  | { readonly outcome: 'created' }
  /** An object has the name: another's, or one that an earlier try of the caller has stored. Only its bytes tell. */
  | { readonly outcome: 'taken' }
  /** It may be stored, it may not, or it may be later. `get` tells, once it finds something. */
  | { readonly outcome: 'unknown'; readonly fault: StoreFault }
  /** This call has stored nothing and never will. */
  | { readonly outcome: 'refused'; readonly fault: StoreFault };

/** An object, or why there is none to give. */
export type GetResult =
  | { readonly outcome: 'found'; readonly bytes: Buffer }
  /** No object has the name now. One may have it in a moment, if a request is still on its way. */
  | { readonly outcome: 'absent' }
  | { readonly outcome: 'failed'; readonly fault: StoreFault };

/** A part of an object, or why there is none to give. */
export type RangeResult =
  /** From `position` of an object of `sizeBytes`; fewer bytes than were asked for only where the object ends. */
  | { readonly outcome: 'found'; readonly bytes: Buffer; readonly position: number; readonly sizeBytes: number }
  /** The object has no byte at the position, or none at all. */
  | { readonly outcome: 'beyond' }
  | { readonly outcome: 'absent' }
  | { readonly outcome: 'failed'; readonly fault: StoreFault };

/** Whether an object is gone. */
export type DeleteResult =
  | { readonly outcome: 'deleted' }
  /** It may be gone, or go later. */
  | { readonly outcome: 'failed'; readonly fault: StoreFault };

/** Names in order, and whether there are more behind them. */
export type ListResult =
  | { readonly outcome: 'listed'; readonly names: readonly string[]; readonly isMore: boolean }
  | { readonly outcome: 'failed'; readonly fault: StoreFault };

/** Why a call came to nothing, or to nothing that is known. */
export interface StoreFault {
  readonly kind: FaultKind;
  /** One sentence, with what the store said. Never a secret. */
  readonly message: string;
}

/** What can be done about a fault: ask again, mend something, or give up. */
export type FaultKind =
  /** No answer in time. */
  | 'timeout'
  /** The caller gave up. */
  | 'aborted'
  /** No connection, or one that broke. */
  | 'unreachable'
  /** The store wants to be asked less often. */
  | 'throttled'
  /** The store saw another request for the name at the same time, and decided nothing. */
  | 'conflict'
  /** The store failed. */
  | 'server'
  /** The store has no room. */
  | 'full'
  /** The credentials are missing, wrong or expired, or may not do this. */
  | 'denied'
  /** There is no such bucket or folder. */
  | 'no_store'
  /** The object is larger than `clusterLimits.objectBytesMax`. */
  | 'too_large'
  /** The store does not take the request, and will not take it later. */
  | 'rejected'
  /** The answer makes no sense: the store does not do what is asked of it. */
  | 'bad_answer';
