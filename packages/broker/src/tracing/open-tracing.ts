import type * as OpenTelemetry from '@opentelemetry/api';
import { QError } from '@q/protocol';
import { OpenTelemetryTracing } from './open-telemetry.ts';
import type { BrokerTracing } from './tracing.ts';

/** Where version 1 of OpenTelemetry's API keeps what an SDK has registered: looked at, so that nothing is loaded. */
const registry = Symbol.for('opentelemetry.js.api.1');

/** Whether there are to be spans. Default: if an SDK is registered in this process. */
export type TracingWish = boolean | undefined;

/** @throws QError INVALID_CONFIG when spans were asked for, and `@opentelemetry/api` is not there */
export async function openTracing(wish: TracingWish, now: () => number): Promise<BrokerTracing | null> {
  if (wish === false || (wish === undefined && !isSdkRegistered())) return null;
  const api = await loadedApi(wish === true);
  return api === null ? null : new OpenTelemetryTracing({ api, now });
}

function isSdkRegistered(): boolean {
  const found: unknown = Reflect.get(globalThis, registry);
  return typeof found === 'object' && found !== null && 'trace' in found;
}

/** Null: it is not installed where this package could find it, and nobody has asked for it. */
async function loadedApi(isAsked: boolean): Promise<typeof OpenTelemetry | null> {
  try {
    return await import('@opentelemetry/api');
  } catch (cause) {
    if (!isAsked) return null;
    throw new QError('INVALID_CONFIG', 'tracing: needs @opentelemetry/api, which is not installed', {
      cause,
      details: { setting: 'tracing' },
    });
  }
}
