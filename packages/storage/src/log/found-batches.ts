import type { Segment } from '../segment/segment.ts';

export interface ColdRead {
  /** Whole batches; empty when the segment has none at or behind the offset and below the limit. */
  readonly bytes: Buffer;
  /** One past the last record, and where the batch behind it begins. */
  readonly nextOffset: number;
  readonly nextPosition: number;
}

/** Whole batches of one segment. */
export interface FoundBatches extends ColdRead {
  readonly segment: Segment;
  /** Nothing from this offset on was to be read. */
  readonly limitOffset: number;
}
