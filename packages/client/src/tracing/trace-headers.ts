import type * as OpenTelemetry from '@opentelemetry/api';
import type { RecordHeader } from '@q/protocol';

import { clientLimits } from '../limits.ts';
import { shownThrown } from '../shown.ts';
import type { RecordToTrace, TracedRecord } from './tracing.ts';

type Api = typeof OpenTelemetry;
type Headers = RecordToTrace['headers'];

/** Beside a trace's context, and no part of it: a record that brings some still needs a context. */
const baggage = 'baggage';

/**
 * Contexts in the headers of records, as the propagator of the application's SDK writes and reads them. Its default,
 * W3C Trace Context, has `traceparent` and `tracestate`: text in UTF-8, as every Kafka client that was tried writes it.
 *
 * Of a header that is there several times the last one counts, as in the instrumentation for Java. The case of its name
 * does not matter, as in that for kafkajs.
 */
export class TraceHeaders {
  readonly #api: Api;
  #fields: ReadonlySet<string> = new Set();
  /** Of contexts that have been written before: a loop that sends many records in one span writes them once. */
  readonly #written = new WeakMap<OpenTelemetry.Context, readonly RecordHeader[]>();
  readonly #getter: OpenTelemetry.TextMapGetter<Headers> = {
    keys: (headers) => headers.map(({ key }) => key),
    get: (headers, key) => textOf(headers.findLast((header) => header.key.toLowerCase() === key)?.value),
  };

  constructor(api: Api) {
    this.#api = api;
  }

  /** Whether the record has a context of its own, valid or not: it is its sender's, and is left alone. */
  has(headers: Headers): boolean {
    if (headers.length === 0) return false;
    // An SDK may be registered after the client has connected; a propagator stays once it is there.
    if (this.#fields.size === 0)
      this.#fields = new Set(this.#api.propagation.fields().filter((field) => field !== baggage));
    return headers.some(({ key }) => this.#fields.has(key.toLowerCase()));
  }

  /** The headers that carry the context; none without a span and without an SDK. */
  write(context: OpenTelemetry.Context): readonly RecordHeader[] {
    const headers: RecordHeader[] = [];
    this.#api.propagation.inject(context, headers, setter);
    return headers;
  }

  /** As `write`, of a context that is there for many records. */
  of(context: OpenTelemetry.Context): readonly RecordHeader[] {
    let headers = this.#written.get(context);
    if (headers === undefined) {
      headers = this.write(context);
      this.#written.set(context, headers);
    }
    return headers;
  }

  /** The context with what the headers say; unchanged where that makes no sense. Never throws. */
  extract(context: OpenTelemetry.Context, headers: Headers): OpenTelemetry.Context {
    if (headers.length === 0) return context;
    try {
      return this.#api.propagation.extract(context, headers, this.#getter);
    } catch (thrown) {
      // A propagator of somebody else's; the record is to be handled all the same.
      this.#api.diag.warn(`The trace context of a record cannot be read: ${shownThrown(thrown)}`);
      return context;
    }
  }

  /** The span that the headers name, or null. */
  spanContext(headers: Headers): OpenTelemetry.SpanContext | null {
    if (!this.has(headers)) return null;
    const { trace, ROOT_CONTEXT } = this.#api;
    return trace.getSpanContext(this.extract(ROOT_CONTEXT, headers)) ?? null;
  }
}

const setter: OpenTelemetry.TextMapSetter<RecordHeader[]> = {
  set: (headers, key, value) => void headers.push({ key, value: Buffer.from(value) }),
};

/** What of the context's headers the record does not have already, such as baggage of its own. */
export function headersToAdd(added: readonly RecordHeader[], existing: Headers): readonly RecordHeader[] {
  if (existing.length === 0) return added;
  return added.filter(({ key }) => !existing.some((header) => header.key === key));
}

/** Of the first records of a batch: a large one must not keep the event loop busy for the sake of links. */
export function* spanContextsOf(
  records: Iterable<TracedRecord>,
  read: (headers: TracedRecord['headers']) => OpenTelemetry.SpanContext | null,
): Generator<OpenTelemetry.SpanContext | null> {
  let looked = 0;
  for (const { headers } of records) {
    if (looked === clientLimits.tracedRecordsMax) return;
    looked += 1;
    yield read(headers);
  }
}

function textOf(value: Uint8Array | string | null | undefined): string | undefined {
  if (value === null || value === undefined) return undefined;
  if (value.length > clientLimits.traceHeaderBytesMax) return undefined;
  return typeof value === 'string' ? value : Buffer.from(value.buffer, value.byteOffset, value.length).toString();
}
