/** Checks of single options. Each throws a QError INVALID_CONFIG that names option, value and what is allowed. */
import { QError } from '@q/protocol';

export function text(name: string, value: unknown): string {
  if (typeof value === 'string' && value.length > 0) return value;
  return refuse(name, value, 'must be a text that is not empty');
}

export function flag(name: string, value: unknown): boolean {
  if (typeof value === 'boolean') return value;
  return refuse(name, value, 'must be true or false');
}

export function whole(name: string, value: unknown, range: { min: number; max: number }): number {
  const { min, max } = range;
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= min && value <= max) return value;
  return refuse(name, value, `must be a whole number from ${min} to ${max}`);
}

export function oneOf<T extends string>(name: string, value: unknown, allowed: readonly T[]): T {
  const found = allowed.find((known) => known === value);
  return found ?? refuse(name, value, `must be one of ${allowed.join(', ')}`);
}

export function refuse(name: string, value: unknown, allowed: string): never {
  const shown = value === undefined ? '' : showValue(value);
  throw new QError('INVALID_CONFIG', `${name}${shown === '' ? '' : ` = ${shown}`}: ${allowed}`, {
    details: { setting: name, value: shown, allowed },
  });
}

function showValue(value: unknown): string {
  return typeof value === 'number' || typeof value === 'bigint'
    ? String(value)
    : (JSON.stringify(value) ?? typeof value);
}
