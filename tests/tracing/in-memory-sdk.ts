import { context, propagation, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { CompositePropagator, W3CBaggagePropagator, W3CTraceContextPropagator } from '@opentelemetry/core';
import { InMemorySpanExporter, SimpleSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';
import type { ReadableSpan, Sampler } from '@opentelemetry/sdk-trace';

/** An SDK as an application registers it, whose spans stay in memory. One for each process: the API takes no second. */
export class InMemorySdk {
  readonly #exporter = new InMemorySpanExporter();

  static register(o: { sampler?: Sampler } = {}): InMemorySdk {
    const sdk = new InMemorySdk();
    trace.setGlobalTracerProvider(
      new TracerProvider({ spanProcessors: [new SimpleSpanProcessor({ exporter: sdk.#exporter })], ...o }),
    );
    context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
    propagation.setGlobalPropagator(
      new CompositePropagator({ propagators: [new W3CTraceContextPropagator(), new W3CBaggagePropagator()] }),
    );
    return sdk;
  }

  /** What has ended since the last call. */
  take(): ReadableSpan[] {
    const spans = this.#exporter.getFinishedSpans();
    this.#exporter.reset();
    return spans;
  }

  /** Of `take`, by name. Each is there once. */
  takeByName(): Map<string, ReadableSpan> {
    return new Map(this.take().map((span) => [span.name, span]));
  }
}
