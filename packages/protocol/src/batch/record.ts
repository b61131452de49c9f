/** A record header. Keys may repeat; their order is kept. */
export interface RecordHeader {
  readonly key: string;
  readonly value: Uint8Array | null;
}

/** A header of a decoded record; its value is a view. */
export interface RecordViewHeader extends RecordHeader {
  readonly value: Buffer | null;
}

/** A record to be encoded. A missing key or value is null; a null value is a tombstone on a compacted topic. */
export interface RecordInput {
  readonly key?: Uint8Array | string | null;
  readonly value?: Uint8Array | string | null;
  readonly headers?: readonly RecordHeader[];
  /** Milliseconds since the epoch; -1 or missing = none. */
  readonly timestampMs?: number;
}
