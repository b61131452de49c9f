import { QError } from '@q/protocol';

/** Says what is allowed when the value is not; undefined means the option was not given and is always fine. */
export type OptionCheck = (value: unknown) => string | null;

/** A whole number within the bounds. */
export function integer(o: { min: number; max?: number }): OptionCheck {
  const max = o.max ?? Number.MAX_SAFE_INTEGER;
  const allowed = o.max === undefined ? `a whole number from ${o.min}` : `a whole number from ${o.min} to ${o.max}`;
  return (value) => (typeof value === 'number' && Number.isSafeInteger(value) && value >= o.min && value <= max ? null : allowed);
}

export function oneOf(values: readonly (string | boolean)[]): OptionCheck {
  return (value) => (values.includes(value as string | boolean) ? null : `one of ${values.join(', ')}`);
}

export function text(o: { lengthMax: number }): OptionCheck {
  return (value) => (typeof value === 'string' && value.length > 0 && value.length <= o.lengthMax ? null : `a text of 1 to ${o.lengthMax} characters`);
}

/**
 * Refuses options that are unknown (most often a typing error, which would otherwise silently leave the default in force)
 * or out of bounds. A check of null only says that the name is known; its type is the compiler's business.
 *
 * @throws QError `INVALID_CONFIG` naming the option, the value and what is allowed.
 */
export function checkOptions<T extends object>(owner: string, options: T, checks: { readonly [K in keyof Required<T>]: OptionCheck | null }): void {
  for (const [name, value] of Object.entries(options)) {
    const known = Object.hasOwn(checks, name);
    if (!known) {
      throw new QError('INVALID_CONFIG', `${owner} has no option "${name}"; it knows ${Object.keys(checks).join(', ')}`, { details: { option: name } });
    }
    const check = checks[name as keyof T];
    if (value === undefined || check === null) continue;
    const allowed = check(value);
    if (allowed !== null) {
      throw new QError('INVALID_CONFIG', `${owner}.${name} is ${String(value)}; use ${allowed}`, { details: { option: name } });
    }
  }
}
