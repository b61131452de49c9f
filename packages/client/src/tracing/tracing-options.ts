import { QError } from '@q/protocol';

import { checkOptions, flag, isObject, oneOf } from '../option-check.ts';

/** How a client traces. */
export interface TracingOptions {
  /**
   * What the span of handling one message in `run` or `traced` is to the span that sent it. Default `'child'`: one
   * trace from the sender to the handler, unless the handler runs within another span, which is its parent then.
   * `'link'`: a trace of its own. A link to the sender is there in any case.
   */
  readonly process?: 'child' | 'link';
  /**
   * True: each record of `sendBatch` and `enqueue` gets a span `create` of its own, which costs some microseconds each.
   * Default false: the records of a `sendBatch` share its span, and those of `enqueue` the span that is active then.
   */
  readonly createSpans?: boolean;
  /**
   * The module `@opentelemetry/api`, where the client cannot find it by itself:
   * `import * as api from '@opentelemetry/api'`.
   */
  readonly api?: object;
}

export type ResolvedTracingOptions = Required<Omit<TracingOptions, 'api'>> & Pick<TracingOptions, 'api'>;

/**
 * Undefined: as it comes, with what OpenTelemetry has when the client connects. Null: no traces.
 *
 * @throws QError `INVALID_CONFIG`.
 */
export function resolveTracingOptions(
  given: boolean | TracingOptions | undefined,
): ResolvedTracingOptions | null | undefined {
  if (given === undefined) return undefined;
  if (given === false) return null;
  const options = given === true ? {} : given;
  if (!isObject(options))
    throw new QError('INVALID_CONFIG', 'connect.tracing must be true, false or an object of options', {
      details: { option: 'tracing' },
    });
  checkOptions('connect.tracing', options, { process: oneOf(['child', 'link']), createSpans: flag, api: null });
  return {
    process: options.process ?? 'child',
    createSpans: options.createSpans ?? false,
    ...(options.api === undefined ? {} : { api: options.api }),
  };
}
