/**
 * What the broker tells a tracer. A port: without one, which is the rule, nothing of this is called.
 */

/** One partition of a PRODUCE that is over. */
export interface ProducedPart {
  /** Null when there is no such topic. */
  readonly topic: string | null;
  readonly partition: number;
  /** Why it was refused; null when it is as durable as its topic asks. */
  readonly error: { readonly code: string; readonly message: string } | null;
}

/** A PRODUCE that is over. Times are in ms since 1970. */
export interface Produced {
  /** Contexts of traces of its records, as `traceparent` has them; what is none is left out. */
  readonly contexts: readonly string[];
  readonly clientId: string;
  readonly bytes: number;
  readonly startedAtMs: number;
  /** All batches were checked and are in their logs, or refused. */
  readonly appendedAtMs: number;
  readonly parts: readonly ProducedPart[];
}

export interface BrokerTracing {
  produced(produced: Produced): void;
}
