import { hasBytes } from './hostile-values.ts';

/** Whether a value is right where it stands, as the documentation says it. */
export type Accepts = (value: unknown) => boolean;

export const isAny: Accepts = () => true;
export const isText: Accepts = (value) => typeof value === 'string';
export const isFlag: Accepts = (value) => typeof value === 'boolean';
export const isFunction: Accepts = (value) => typeof value === 'function';
export const isBytes: Accepts = (value) =>
  value === undefined
  || value === null
  || typeof value === 'string'
  || (value instanceof Uint8Array && hasBytes(value));
export const isSignal: Accepts = (value) => value instanceof AbortSignal;
/** Not null, and no list. Left out is fine. */
export const isOptions: Accepts = (value) =>
  value === undefined || (typeof value === 'object' && value !== null && !Array.isArray(value));
/** Milliseconds; bounds differ, and are not looked at here. */
export const isWait: Accepts = (value) => Number.isSafeInteger(value) && (value as number) >= 0;

/** What cannot even be looked at is right nowhere. */
export function isAccepted(accepts: Accepts, value: unknown): boolean {
  try {
    return accepts(value);
  } catch {
    return false;
  }
}

export function isCount(min: number): Accepts {
  return (value) => Number.isSafeInteger(value) && (value as number) >= min;
}

export function oneOf(...values: readonly string[]): Accepts {
  return (value) => values.includes(value as string);
}

export function maybe(accepts: Accepts): Accepts {
  return (value) => value === undefined || accepts(value);
}

export function listOf(accepts: Accepts): Accepts {
  return (value) => Array.isArray(value) && Array.from(value as unknown[]).every(accepts);
}

const recordFields: ReadonlySet<string> = new Set(['key', 'value', 'headers', 'partition', 'timestampMs', 'messageId']);

/** Of a plain object every field is known; another one has a key or a value at least. */
export const record: Accepts = (value) => {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== null && Object.getPrototypeOf(prototype) !== null) return 'key' in value || 'value' in value;
  return Object.keys(value).every((name) => recordFields.has(name));
};
