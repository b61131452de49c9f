import type { RecordHeader } from '@q/protocol';

/*
 * What the client tells a tracer. A port: without one, which is the rule, the client holds null and nothing of this
 * costs anything. `open-telemetry.ts` is the one that there is. Of OpenTelemetry it has types alone: the API is loaded
 * where it is wanted.
 */

/** A record as a tracer sees it. */
export interface TracedRecord {
  readonly offset: number;
  readonly headers: readonly { readonly key: string; readonly value: Uint8Array | null }[];
}

/** A record with its place. */
export interface TracedMessage extends TracedRecord {
  readonly topic: string;
  readonly partition: number;
}

/** A batch of records as it was handed out. */
export interface TracedBatch {
  readonly topic: string;
  readonly partition: number;
  readonly recordsCount: number;
  readonly records: Iterable<TracedRecord>;
}

/** A record that is to be sent. */
export interface RecordToTrace {
  readonly headers: readonly { readonly key: string; readonly value: Uint8Array | string | null | undefined }[];
  readonly messageId: string | null;
}

/** Where a record went. */
export interface TracedResult {
  readonly partition: number;
  readonly offset: number;
  readonly duplicate: boolean;
}

/** A send that is under way. */
export interface TracedSend {
  /** What to add to the headers of each record, in their order: none for one that has a context of its own. */
  readonly headers: readonly (readonly RecordHeader[])[];
  /** Of a single record its place is noted. */
  succeeded(results: readonly TracedResult[]): void;
  failed(error: unknown): void;
}

/** What was committed of one partition. */
export interface TracedCommit {
  readonly topic: string;
  readonly partition: number;
  /** Of the next record to handle. */
  readonly offset: number;
}

export interface Tracing {
  /** `isBatch`: several were given in one call, however many they are. */
  send(o: { topic: string; records: readonly RecordToTrace[]; isBatch: boolean }): TracedSend;
  /** What to add to the headers of a record that nobody waits for. */
  headersFor(topic: string, record: RecordToTrace): readonly RecordHeader[];
  /** Calls the handler within the span of handling a message or a batch. */
  process<T extends TracedMessage | TracedBatch, R>(given: T, group: string | null, handler: (given: T) => R): R;
  /** The application begins to wait for a message or a batch. What it gets is told to the function that is returned. */
  receive(group: string | null): (received: TracedMessage | TracedBatch) => void;
  /**
   * A request to commit begins. `isAsked`: by the application, here and now. The function is told of its end, with what
   * the broker refused.
   */
  commit(
    group: string,
    o: { commits: readonly TracedCommit[]; isAsked: boolean },
  ): (refusals: readonly unknown[]) => void;
}
