/**
 * A line of the log as OpenTelemetry has it: the JSON form of OTLP, `opentelemetry.proto.collector.logs.v1`. 64-bit
 * numbers are texts there.
 */
import type { EventLevel } from '@q/broker';
import type { TailLine } from './log-tail.ts';

type AnyValue =
  | { readonly stringValue: string }
  | { readonly boolValue: boolean }
  | { readonly intValue: string }
  | { readonly doubleValue: number }
  | { readonly arrayValue: { readonly values: readonly AnyValue[] } };

interface Attribute {
  readonly key: string;
  readonly value: AnyValue;
}

interface OtlpLogRecord {
  readonly timeUnixNano: string;
  readonly observedTimeUnixNano: string;
  readonly severityNumber: number;
  readonly severityText: string;
  readonly eventName: string;
  readonly body: AnyValue;
  readonly attributes: readonly Attribute[];
}

const severities: Readonly<Record<EventLevel, number>> = { debug: 5, info: 9, warn: 13, error: 17, fatal: 21 };

/** What is told otherwise. */
const apart: ReadonlySet<string> = new Set(['level', 'time', 'event', 'msg', 'pid', 'err']);

function logRecord({ timeMs, level, event, json }: TailLine): OtlpLogRecord {
  const { msg, err, ...fields } = JSON.parse(json) as Record<string, unknown>;
  const nanoseconds = `${timeMs}000000`;
  return {
    timeUnixNano: nanoseconds,
    observedTimeUnixNano: nanoseconds,
    severityNumber: severities[level],
    severityText: level.toUpperCase(),
    eventName: event,
    body: { stringValue: typeof msg === 'string' ? msg : '' },
    attributes: [
      // For collectors that do not know the field of that name yet.
      { key: 'event.name', value: { stringValue: event } },
      ...Object.entries(fields).flatMap(([key, value]) => (apart.has(key) ? [] : attribute(key, value))),
      ...exception(err),
    ],
  };
}

/** By the semantic conventions. */
function exception(err: unknown): Attribute[] {
  if (typeof err !== 'object' || err === null) return [];
  const { type, message, stack, code } = err as Record<string, unknown>;
  return [
    ...attribute('exception.type', type),
    ...attribute('exception.message', message),
    ...attribute('exception.stacktrace', stack),
    ...attribute('error.code', code),
  ];
}

function attribute(key: string, value: unknown): Attribute[] {
  const any = anyValue(value);
  return any === null ? [] : [{ key, value: any }];
}

function anyValue(value: unknown): AnyValue | null {
  switch (typeof value) {
    case 'string':
      return { stringValue: value };
    case 'boolean':
      return { boolValue: value };
    case 'number':
      return Number.isSafeInteger(value) ? { intValue: String(value) } : { doubleValue: value };
    default:
      if (value === null || value === undefined) return null;
      if (!Array.isArray(value)) return { stringValue: JSON.stringify(value) };
      return { arrayValue: { values: value.map(anyValue).filter((one) => one !== null) } };
  }
}

/** The body of a request. @param resource what all lines have in common, such as `service.name` */
export function otlpBody(lines: readonly TailLine[], resource: Readonly<Record<string, string | number>>): string {
  const attributes = Object.entries(resource).flatMap(([key, value]) => attribute(key, value));
  const scopeLogs = [{ scope: { name: 'q-broker' }, logRecords: lines.map(logRecord) }];
  return JSON.stringify({ resourceLogs: [{ resource: { attributes }, scopeLogs }] });
}
