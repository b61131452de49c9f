import type * as OpenTelemetry from '@opentelemetry/api';
import { softwareVersion } from '../node-version.ts';
import type { BrokerTracing, Produced } from './tracing.ts';

/** As many as a client tells; a foreign one may tell more. */
const contextsMax = 16;

// version 00 · trace id · span id · flags; the last digit is odd where the trace is sampled
const pattern = /^00-(?!0{32})([\da-f]{32})-(?!0{16})([\da-f]{16})-([\da-f]{2})$/;

/**
 * The broker's spans, as OpenTelemetry's conventions for servers have them: `produce TOPIC`, from the moment in which a
 * request is there until its records are durable. Of one trace it is a part; of several it is linked to each, in a
 * trace of its own.
 */
export class OpenTelemetryTracing implements BrokerTracing {
  readonly #api: typeof OpenTelemetry;
  readonly #tracer: OpenTelemetry.Tracer;
  readonly #now: () => number;

  constructor(o: { api: typeof OpenTelemetry; now: () => number }) {
    this.#api = o.api;
    this.#tracer = o.api.trace.getTracer('@q/broker', softwareVersion);
    this.#now = o.now;
  }

  produced(produced: Produced): void {
    const { ROOT_CONTEXT, SpanKind, SpanStatusCode, trace } = this.#api;
    const contexts = produced.contexts.slice(0, contextsMax).flatMap(spanContextOf);
    const [first] = contexts;
    // Nothing that anybody could follow to the request.
    if (first === undefined) return;
    const topics = new Set(produced.parts.flatMap(({ topic }) => topic ?? []));
    const [topic] = topics;
    const span = this.#tracer.startSpan(
      topics.size === 1 ? `produce ${topic}` : 'produce',
      {
        kind: SpanKind.SERVER,
        startTime: produced.startedAtMs,
        links: contexts.map((context) => ({ context })),
        attributes: attributesOf(produced, topics.size === 1 ? (topic ?? null) : null),
      },
      contexts.length === 1 ? trace.setSpanContext(ROOT_CONTEXT, first) : ROOT_CONTEXT,
    );
    span.addEvent('appended', produced.appendedAtMs);
    const refused = produced.parts.find(({ error }) => error !== null)?.error;
    if (refused) {
      span.setAttribute('error.type', refused.code);
      span.setStatus({ code: SpanStatusCode.ERROR, message: refused.message });
    }
    span.end(this.#now());
  }
}

function attributesOf({ clientId, bytes, parts }: Produced, topic: string | null): OpenTelemetry.Attributes {
  const [part] = parts;
  return {
    'messaging.system': 'q',
    'messaging.operation.name': 'produce',
    'messaging.client.id': clientId,
    'messaging.q.request.size': bytes,
    'messaging.q.partitions': parts.length,
    ...(topic !== null && { 'messaging.destination.name': topic }),
    ...(parts.length === 1 && { 'messaging.destination.partition.id': String(part?.partition) }),
  };
}

/** Empty: it is none. */
function spanContextOf(text: string): OpenTelemetry.SpanContext[] {
  const match = pattern.exec(text);
  if (match === null) return [];
  const [, traceId = '', spanId = '', flags = ''] = match;
  return [{ traceId, spanId, traceFlags: Number.parseInt(flags, 16), isRemote: true }];
}
