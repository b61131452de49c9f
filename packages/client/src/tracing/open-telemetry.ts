import type * as OpenTelemetry from '@opentelemetry/api';
import { QError } from '@q/protocol';
import type { RecordHeader } from '@q/protocol';

import type { Address } from '../address.ts';
import { clientLimits } from '../limits.ts';
import { shownThrown } from '../shown.ts';
import { software, softwareVersion } from '../software.ts';
import { headersToAdd, spanContextsOf, TraceHeaders } from './trace-headers.ts';
import type { ResolvedTracingOptions } from './tracing-options.ts';
import type {
  RecordToTrace,
  TracedBatch,
  TracedCommit,
  TracedMessage,
  TracedResult,
  TracedSend,
  Tracing,
} from './tracing.ts';

type Api = typeof OpenTelemetry;

/*
 * The client's spans, as OpenTelemetry's conventions for messaging have them (docs/TRACING.md has the table).
 *
 * Names of attributes are written out: the package of the conventions would be one more dependency, for some twenty
 * strings that are "in development" and move between its entry points.
 */

export class OpenTelemetryTracing implements Tracing {
  readonly #api: Api;
  readonly #tracer: OpenTelemetry.Tracer;
  readonly #options: ResolvedTracingOptions;
  readonly #headers: TraceHeaders;
  readonly #common: OpenTelemetry.Attributes;
  readonly #now: () => number;

  constructor(o: {
    api: Api;
    options: ResolvedTracingOptions;
    clientId: string;
    seeds: readonly Address[];
    /** Milliseconds since 1970. */
    now: () => number;
  }) {
    this.#api = o.api;
    this.#tracer = o.api.trace.getTracer(software, softwareVersion);
    this.#options = o.options;
    this.#headers = new TraceHeaders(o.api);
    this.#now = o.now;
    const [seed] = o.seeds;
    this.#common = {
      'messaging.system': 'q',
      'messaging.client.id': o.clientId,
      ...(seed === undefined ? {} : { 'server.address': seed.host, 'server.port': seed.port }),
    };
  }

  send(o: { topic: string; records: readonly RecordToTrace[]; isBatch: boolean }): TracedSend {
    const active = this.#api.context.active();
    const own = o.records.map((record) => (this.#headers.has(record.headers) ? record : null));
    const created =
      o.isBatch && this.#options.createSpans
        ? o.records.map((record, at) => (own[at] === null ? this.#create(o.topic, record, active) : null))
        : null;
    const links = [
      ...own.map((record) => (record === null ? null : this.#headers.spanContext(record.headers))),
      ...(created ?? []).map((context) => (context === null ? null : this.#api.trace.getSpanContext(context))),
    ];
    const span = this.#start(
      'send',
      {
        type: 'send',
        topic: o.topic,
        kind: created === null ? this.#api.SpanKind.PRODUCER : this.#api.SpanKind.CLIENT,
        links: distinctLinks(links),
        attributes: sendAttributes(o),
      },
      active,
    );
    const shared = created === null ? this.#headers.write(this.#api.trace.setSpan(active, span)) : [];
    return {
      headers: o.records.map((record, at) => {
        if (own[at] !== null) return [];
        const context = created?.[at] ?? null;
        return headersToAdd(context === null ? shared : this.#headers.write(context), record.headers);
      }),
      succeeded: (results) => {
        span.setAttributes(resultAttributes(results, o.isBatch));
        span.end();
      },
      failed: (error) => this.#fail(span, error),
    };
  }

  headersFor(topic: string, record: RecordToTrace): readonly RecordHeader[] {
    if (this.#headers.has(record.headers)) return [];
    const active = this.#api.context.active();
    const context = this.#options.createSpans ? this.#create(topic, record, active) : active;
    return headersToAdd(this.#headers.of(context), record.headers);
  }

  process<T extends TracedMessage | TracedBatch, R>(given: T, group: string | null, handler: (given: T) => R): R {
    const call = (): R => handler(given);
    return 'records' in given ? this.#processBatch(given, group, call) : this.#processMessage(given, group, call);
  }

  #processMessage<R>(message: TracedMessage, group: string | null, call: () => R): R {
    const { trace, context, SpanKind } = this.#api;
    const active = context.active();
    // With what else came in the headers, such as baggage; of the active context everything but its span.
    const extracted = this.#headers.extract(trace.deleteSpan(active), message.headers);
    const creation = trace.getSpanContext(extracted);
    const ambient = trace.getSpan(active);
    const root = this.#options.process === 'child' ? extracted : trace.deleteSpan(extracted);
    const parent = ambient === undefined ? root : trace.setSpan(extracted, ambient);
    const span = this.#start(
      'process',
      {
        type: 'process',
        topic: message.topic,
        kind: SpanKind.CONSUMER,
        links: distinctLinks([creation]),
        attributes: { ...groupAttributes(group), ...placeAttributes(message) },
      },
      parent,
    );
    return this.#within(span, trace.setSpan(parent, span), call);
  }

  #processBatch<R>(batch: TracedBatch, group: string | null, call: () => R): R {
    const active = this.#api.context.active();
    const span = this.#start(
      'process',
      {
        type: 'process',
        topic: batch.topic,
        kind: this.#api.SpanKind.CONSUMER,
        links: this.#linksOf(batch),
        attributes: { ...groupAttributes(group), ...batchAttributes(batch) },
      },
      active,
    );
    return this.#within(span, this.#api.trace.setSpan(active, span), call);
  }

  receive(group: string | null): (received: TracedMessage | TracedBatch) => void {
    const startTime = this.#now();
    const active = this.#api.context.active();
    return (received) => {
      const isBatch = 'records' in received;
      const links = isBatch ? this.#linksOf(received) : distinctLinks([this.#headers.spanContext(received.headers)]);
      // A span that is connected with nothing tells nothing, and costs ten times what it takes to read a record.
      if (links.every(isUnsampled) && this.#api.trace.getSpan(active) === undefined) return;
      const span = this.#start(
        'receive',
        {
          type: 'receive',
          topic: received.topic,
          kind: this.#api.SpanKind.CLIENT,
          startTime,
          links,
          attributes: {
            ...groupAttributes(group),
            ...(isBatch ? batchAttributes(received) : placeAttributes(received)),
          },
        },
        active,
      );
      span.end(this.#now());
    };
  }

  commit(
    group: string,
    o: { commits: readonly TracedCommit[]; isAsked: boolean },
  ): (refusals: readonly unknown[]) => void {
    const { ROOT_CONTEXT, SpanKind, context } = this.#api;
    const [first] = o.commits;
    const single = o.commits.length === 1 && first !== undefined ? first : null;
    const span = this.#start(
      'commit',
      {
        type: 'settle',
        topic: first?.topic ?? '',
        kind: SpanKind.CLIENT,
        attributes: { ...groupAttributes(group), ...(single === null ? {} : placeAttributes(single)) },
      },
      // What is committed by itself belongs to nobody's trace, although a timer may have been started within one.
      o.isAsked ? context.active() : ROOT_CONTEXT,
    );
    return ([refusal]) => (refusal === undefined ? span.end() : this.#fail(span, refusal));
  }

  #start(
    name: string,
    o: {
      type: string;
      topic: string;
      kind: OpenTelemetry.SpanKind;
      attributes: OpenTelemetry.Attributes;
      links?: OpenTelemetry.Link[];
      startTime?: number;
    },
    parent: OpenTelemetry.Context,
  ): OpenTelemetry.Span {
    const { kind, links, startTime, topic, type } = o;
    return this.#tracer.startSpan(
      `${name} ${topic}`,
      {
        kind,
        attributes: {
          ...this.#common,
          'messaging.operation.name': name,
          'messaging.operation.type': type,
          'messaging.destination.name': topic,
          ...o.attributes,
        },
        ...(links === undefined ? {} : { links }),
        ...(startTime === undefined ? {} : { startTime }),
      },
      parent,
    );
  }

  /** The context that names a record for whoever reads it. Its span is over at once: it has nothing to wait for. */
  #create(topic: string, record: RecordToTrace, active: OpenTelemetry.Context): OpenTelemetry.Context {
    const attributes = record.messageId === null ? {} : { 'messaging.message.id': record.messageId };
    const span = this.#start(
      'create',
      { type: 'create', topic, kind: this.#api.SpanKind.PRODUCER, attributes },
      active,
    );
    span.end();
    return this.#api.trace.setSpan(active, span);
  }

  /** Of the records that are looked at. Decoding their headers is what it costs. */
  #linksOf(batch: TracedBatch): OpenTelemetry.Link[] {
    return distinctLinks(spanContextsOf(batch.records, (headers) => this.#headers.spanContext(headers)));
  }

  #within<R>(span: OpenTelemetry.Span, context: OpenTelemetry.Context, fn: () => R): R {
    let result: R;
    try {
      result = this.#api.context.with(context, fn);
    } catch (thrown) {
      this.#threw(span, thrown);
      throw thrown;
    }
    if (!isPromise(result)) {
      span.end();
      return result;
    }
    return result.then(
      (value: unknown) => {
        span.end();
        return value;
      },
      (thrown: unknown) => {
        this.#threw(span, thrown);
        throw thrown;
      },
    ) as R;
  }

  /** A handler's own error: what it was, and where it came from. */
  #threw(span: OpenTelemetry.Span, thrown: unknown): void {
    span.recordException(thrown instanceof Error ? thrown : shownThrown(thrown));
    this.#fail(span, thrown);
  }

  #fail(span: OpenTelemetry.Span, error: unknown): void {
    span.setAttribute('error.type', errorType(error));
    span.setStatus({ code: this.#api.SpanStatusCode.ERROR, message: shownThrown(error) });
    span.end();
  }
}

/** Its trace is kept by nobody. */
function isUnsampled({ context }: OpenTelemetry.Link): boolean {
  return (context.traceFlags & 1) === 0;
}

function isPromise(value: unknown): value is Promise<unknown> {
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function';
}

function errorType(error: unknown): string {
  if (QError.is(error)) return error.code;
  return error instanceof Error ? error.name : '_OTHER';
}

/** One link to each span, and no more of them than an SDK keeps by default. */
function distinctLinks(contexts: Iterable<OpenTelemetry.SpanContext | null | undefined>): OpenTelemetry.Link[] {
  const links = new Map<string, OpenTelemetry.Link>();
  for (const context of contexts) {
    if (context === null || context === undefined) continue;
    links.set(`${context.traceId}${context.spanId}`, { context });
    if (links.size === clientLimits.traceLinksMax) break;
  }
  return [...links.values()];
}

function sendAttributes(o: { records: readonly RecordToTrace[]; isBatch: boolean }): OpenTelemetry.Attributes {
  if (o.isBatch) return { 'messaging.batch.message_count': o.records.length };
  const messageId = o.records[0]?.messageId ?? null;
  return messageId === null ? {} : { 'messaging.message.id': messageId };
}

function resultAttributes(results: readonly TracedResult[], isBatch: boolean): OpenTelemetry.Attributes {
  const [first] = results;
  if (first === undefined) return {};
  if (!isBatch) return { ...placeAttributes(first), ...(first.duplicate ? { 'messaging.q.duplicate': true } : {}) };
  const isOne = results.every(({ partition }) => partition === first.partition);
  return isOne ? { 'messaging.destination.partition.id': String(first.partition) } : {};
}

function groupAttributes(group: string | null): OpenTelemetry.Attributes {
  return group === null ? {} : { 'messaging.consumer.group.name': group };
}

function placeAttributes({ partition, offset }: { partition: number; offset: number }): OpenTelemetry.Attributes {
  return { 'messaging.destination.partition.id': String(partition), 'messaging.q.offset': offset };
}

function batchAttributes({ partition, recordsCount }: TracedBatch): OpenTelemetry.Attributes {
  return {
    'messaging.destination.partition.id': String(partition),
    'messaging.batch.message_count': recordsCount,
  };
}
