import type * as OpenTelemetry from '@opentelemetry/api';
import { QError } from '@q/protocol';

import type { Address } from '../address.ts';
import { isObject } from '../option-check.ts';
import { OpenTelemetryTracing } from './open-telemetry.ts';
import type { ResolvedTracingOptions } from './tracing-options.ts';
import type { Tracing } from './tracing.ts';

/** Where version 1 of OpenTelemetry's API keeps what an SDK has registered: looked at, so that nothing is loaded. */
const registry = Symbol.for('opentelemetry.js.api.1');

export interface TracingWish {
  /** Undefined: if an SDK is there. Null: no traces. */
  readonly tracing: ResolvedTracingOptions | null | undefined;
  readonly clientId: string;
  readonly seeds: readonly Address[];
  readonly clock: { now(): number };
}

/** Whether there is anything to open. Asked first, so that a client without traces has no turn to wait for. */
export function wantsTracing({ tracing }: TracingWish): boolean {
  return tracing === undefined ? isSdkRegistered() : tracing !== null;
}

/**
 * Loads what traces.
 *
 * @throws QError `INVALID_CONFIG` when traces were asked for, and `@opentelemetry/api` is not there.
 */
export async function openTracing(wish: TracingWish): Promise<Tracing | null> {
  const options = wish.tracing ?? { process: 'child', createSpans: false };
  const api = options.api === undefined ? await loadedApi(wish.tracing !== undefined) : checkedApi(options.api);
  if (api === null) return null;
  const { clientId, seeds, clock } = wish;
  return new OpenTelemetryTracing({ api, options, clientId, seeds, now: () => clock.now() });
}

function isSdkRegistered(): boolean {
  const found: unknown = Reflect.get(globalThis, registry);
  return isObject(found) && 'trace' in found;
}

/** Null: it is not installed where this package could find it, and nobody has asked for it. */
async function loadedApi(isAsked: boolean): Promise<typeof OpenTelemetry | null> {
  try {
    return await import('@opentelemetry/api');
  } catch (cause) {
    if (!isAsked) return null;
    throw new QError(
      'INVALID_CONFIG',
      'connect.tracing needs @opentelemetry/api, which is not installed; add it, or hand it over as tracing.api',
      { cause, details: { option: 'tracing' } },
    );
  }
}

function checkedApi(api: object): typeof OpenTelemetry {
  if (['trace', 'context', 'propagation'].every((name) => isObject(Reflect.get(api, name))))
    return api as typeof OpenTelemetry;
  throw new QError('INVALID_CONFIG', 'connect.tracing.api is not the module @opentelemetry/api', {
    details: { option: 'tracing.api' },
  });
}
