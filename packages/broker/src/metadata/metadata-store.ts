/**
 * What the broker must remember beside records: topics, ids, terms. A small map of texts with versions, behind a port:
 * embedded on a log of its own on a single broker, an outside store in a cluster.
 */

export interface MetadataEntry {
  readonly key: string;
  readonly value: string;
  /** Rises with every change of any key; never 0. */
  readonly version: number;
}

/** One change as a watcher sees it: the entry as it is now, or its key alone when it was removed. */
export type MetadataChange =
  | { readonly kind: 'put'; readonly entry: MetadataEntry }
  | { readonly kind: 'removed'; readonly key: string; readonly version: number };

export interface CompareAndSet {
  readonly key: string;
  /** The version that the caller saw; 0 when it saw no such key. */
  readonly expectedVersion: number;
  /** The new value, or null to remove the key. */
  readonly value: string | null;
  /** Needed to make room, to start, to stop or to keep somebody out: it gets some of what is kept for a full disk. */
  readonly isVital?: boolean;
}

/** `entry` is what the key holds now: after a success the new entry, after a conflict what stood in the way. */
export interface CompareAndSetResult {
  readonly isSet: boolean;
  readonly entry: MetadataEntry | null;
}

/** Entries at one moment. */
export interface MetadataList {
  /** In no order. */
  readonly entries: readonly MetadataEntry[];
  /** The version of the latest change of any key: a watcher that goes on from here misses nothing. */
  readonly revision: number;
}

export interface WatchOptions {
  readonly prefix: string;
  /** Told are all changes with a higher version: those that were made meanwhile first, at once. */
  readonly afterRevision: number;
  readonly listener: (change: MetadataChange) => void;
}

export interface MetadataStore {
  get(key: string): Promise<MetadataEntry | null>;
  /** All entries whose key begins so. */
  list(prefix: string): Promise<MetadataList>;
  /** Sets the key if it is as the caller saw it. Resolves when the change is durable; rejects when it may not be. */
  compareAndSet(change: CompareAndSet): Promise<CompareAndSetResult>;
  /**
   * Calls `listener` for every change of keys that begin so after a revision, in the order of the changes, before the
   * `compareAndSet` that made it resolves. Of several changes of a key that were made before `watch` was called, only
   * the last is told. Returns how to stop that.
   */
  watch(options: WatchOptions): () => void;
}
