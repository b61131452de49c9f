import * as api from '@opentelemetry/api';
import type { TextMapPropagator } from '@opentelemetry/api';
import { afterEach, describe, expect, it } from 'vitest';

import { clientLimits } from '../../src/limits.ts';
import { TraceHeaders } from '../../src/tracing/trace-headers.ts';

afterEach(() => api.propagation.disable());

/** Reads the header `x`, and notes what it is given. */
function propagator(given: unknown[], fault: Error | null = null): TextMapPropagator {
  return {
    fields: () => ['x'],
    inject: () => undefined,
    extract: (context, carrier, getter) => {
      if (fault !== null) throw fault;
      given.push(getter.get(carrier, 'x'), getter.keys(carrier));
      return context;
    },
  };
}

describe('headers of traces', () => {
  it('O5 are given to the propagator as text, but for those that are too long to be one', () => {
    const given: unknown[] = [];
    api.propagation.setGlobalPropagator(propagator(given));
    const headers = new TraceHeaders(api);
    const value = Buffer.from(`padding${'é'.repeat(3)}`).subarray(7);
    headers.extract(api.ROOT_CONTEXT, [{ key: 'X', value }]);
    const long = Buffer.alloc(clientLimits.traceHeaderBytesMax + 1, 'a');
    headers.extract(api.ROOT_CONTEXT, [{ key: 'x', value: long }]);
    headers.extract(api.ROOT_CONTEXT, [{ key: 'x', value: long.subarray(1) }]);
    expect(given).toEqual(['ééé', ['X'], undefined, ['x'], 'a'.repeat(clientLimits.traceHeaderBytesMax), ['x']]);
  });

  it('O5 do no harm where the propagator throws', () => {
    api.propagation.setGlobalPropagator(propagator([], new Error('no')));
    const headers = new TraceHeaders(api);
    expect(headers.extract(api.ROOT_CONTEXT, [{ key: 'x', value: null }])).toBe(api.ROOT_CONTEXT);
    expect(headers.spanContext([{ key: 'x', value: null }])).toBeNull();
  });

  it('O5 are none of a record without a propagator', () => {
    const headers = new TraceHeaders(api);
    expect(headers.has([{ key: 'traceparent', value: 'x' }])).toBe(false);
    expect(headers.of(api.ROOT_CONTEXT)).toEqual([]);
  });
});
