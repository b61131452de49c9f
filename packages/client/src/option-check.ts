import { checkTopicName, QError } from '@q/protocol';
import type { ErrorDetails, ErrorName } from '@q/protocol';

import { shown, shownThrown } from './shown.ts';

/** Says what is allowed when the value is not; undefined means the option was not given and is always fine. */
export type OptionCheck = (value: unknown) => string | null;

/** The longest wait that timers hold, and milliseconds in a request. */
export const waitMsMax = 2_147_483_647;

/** A whole number within the bounds. With `isEndless`, `Infinity` too. */
export function integer(o: { min: number; max?: number; isEndless?: boolean }): OptionCheck {
  const max = o.max ?? Number.MAX_SAFE_INTEGER;
  const allowed = `a whole number from ${o.min}${o.max === undefined ? '' : ` to ${o.max}`}${o.isEndless === true ? ', or Infinity' : ''}`;
  return (value) => {
    if (o.isEndless === true && value === Number.POSITIVE_INFINITY) return null;
    return Number.isSafeInteger(value) && (value as number) >= o.min && (value as number) <= max ? null : allowed;
  };
}

export function oneOf(values: readonly (string | boolean)[]): OptionCheck {
  return (value) => (values.includes(value as string | boolean) ? null : `one of ${values.join(', ')}`);
}

export const flag: OptionCheck = oneOf([true, false]);

export function text(o: { lengthMax: number }): OptionCheck {
  return (value) =>
    typeof value === 'string' && value.length > 0 && value.length <= o.lengthMax
      ? null
      : `a text of 1 to ${o.lengthMax} characters`;
}

export const callable: OptionCheck = (value) => (typeof value === 'function' ? null : 'a function');

/** Anything that can be listened to and has a state, as those of other libraries do. */
export const abortSignal: OptionCheck = (value) => {
  const signal = value as Partial<AbortSignal> | null;
  const isSignal =
    typeof signal === 'object'
    && signal !== null
    && typeof signal.aborted === 'boolean'
    && typeof signal.addEventListener === 'function';
  return isSignal ? null : 'an AbortSignal';
};

/** An object with these methods. */
export function port(...methods: readonly string[]): OptionCheck {
  return (value) => {
    const isPort =
      typeof value === 'object'
      && value !== null
      && methods.every((method) => typeof Reflect.get(value, method) === 'function');
    return isPort ? null : `an object with ${methods.join(', ')}`;
  };
}

/**
 * Looks at something of the caller's, where a getter or a proxy may throw: that is refused by name, with what was
 * thrown for its cause.
 *
 * @throws QError with the code; whatever QError `fn` throws passes through.
 */
export function reading<T>(
  o: { readonly what: string; readonly code: ErrorName; readonly details: ErrorDetails },
  fn: () => T,
): T {
  try {
    return fn();
  } catch (cause) {
    if (QError.is(cause)) throw cause;
    throw new QError(o.code, `${o.what} cannot be read: ${shownThrown(cause)}`, { cause, details: o.details });
  }
}

/** As `reading`, of an argument that is no option. */
export function readingArgument<T>(argument: string, fn: () => T, code: ErrorName = 'INVALID_REQUEST'): T {
  return reading({ what: argument, code, details: { argument } }, fn);
}

/** As `reading`, of an option. */
export function readingOption<T>(owner: string, option: string, fn: () => T): T {
  return reading({ what: `${owner}.${option}`, code: 'INVALID_CONFIG', details: { option } }, fn);
}

/**
 * Refuses options that are unknown (most often a typing error, which would otherwise silently leave the default in
 * force) or out of bounds. A check of null only says that the name is known; whoever uses the option looks at its
 * value.
 *
 * @throws QError `INVALID_CONFIG` naming the option, the value and what is allowed.
 */
export function checkOptions<T extends object>(
  owner: string,
  options: T,
  checks: { readonly [K in keyof Required<T>]: OptionCheck | null },
  /** Names that are known, and checked elsewhere. */
  more: readonly string[] = [],
): void {
  reading({ what: `The options of ${owner}`, code: 'INVALID_CONFIG', details: { option: owner } }, () =>
    checkNames(owner, options, [...Object.keys(checks), ...more]),
  );
  // By the names that are known: an option may come from a prototype, too.
  for (const name of Object.keys(checks) as (keyof T & string)[]) {
    readingOption(owner, name, () => {
      const check = checks[name];
      const value = options[name];
      if (value === undefined || check === null) return;
      const allowed = check(value);
      if (allowed !== null)
        throw new QError('INVALID_CONFIG', `${owner}.${name} is ${shown(value)}; use ${allowed}`, {
          details: { option: name },
        });
    });
  }
}

function checkNames(owner: string, options: unknown, known: readonly string[]): void {
  if (!isObject(options))
    throw new QError('INVALID_CONFIG', `The options of ${owner} are ${shown(options)}; use an object`, {
      details: { option: owner },
    });
  for (const name of Object.keys(options)) {
    if (known.includes(name)) continue;
    throw new QError('INVALID_CONFIG', `${owner} has no option "${name}"; it knows ${known.join(', ')}`, {
      details: { option: name },
    });
  }
}

/** Neither null nor a list. */
export function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * An argument that is no option: it has to be there.
 *
 * @throws QError `INVALID_REQUEST`, or with the code given, naming the argument, the value and what is allowed.
 */
export function checkArgument(
  name: string,
  value: unknown,
  check: OptionCheck,
  code: ErrorName = 'INVALID_REQUEST',
): void {
  const allowed = readingArgument(name, () => check(value), code);
  if (allowed !== null)
    throw new QError(code, `${name} is ${shown(value)}; use ${allowed}`, { details: { argument: name } });
}

/** As `checkArgument`, for a list and each of its items. */
export function checkList(
  name: string,
  values: unknown,
  check: OptionCheck,
  code: ErrorName = 'INVALID_REQUEST',
): void {
  readingArgument(
    name,
    () => {
      if (!Array.isArray(values))
        throw new QError(code, `${name} is ${shown(values)}; use an array`, { details: { argument: name } });
      // By index: a hole is undefined, and no value.
      for (let at = 0; at < values.length; at += 1) checkArgument(`${name}[${at}]`, values[at], check, code);
    },
    code,
  );
}

export const offsetNumber: OptionCheck = integer({ min: 0 });
export const partitionNumber: OptionCheck = integer({ min: 0, max: waitMsMax });

/** The argument of `seek`, as it is now: the caller may change it while it waits. */
export function checkedSeek(to: { readonly partition: number; readonly offset: number }): {
  readonly partition: number;
  readonly offset: number;
} {
  const given = reading({ what: 'The place to seek', code: 'INVALID_REQUEST', details: { argument: 'to' } }, () => {
    if (!isObject(to))
      throw new QError('INVALID_REQUEST', `The place to seek is ${shown(to)}; use { partition, offset }`, {
        details: { argument: 'to' },
      });
    checkKnown('seek', to, ['partition', 'offset']);
    return { partition: to.partition, offset: to.offset };
  });
  checkArgument('partition', given.partition, partitionNumber);
  checkArgument('offset', given.offset, offsetNumber);
  return given;
}

/** @throws QError `INVALID_REQUEST` naming a field that is not among those known. */
export function checkKnown(owner: string, given: object, known: readonly string[]): void {
  const unknown = Object.keys(given).find((name) => !known.includes(name));
  if (unknown !== undefined)
    throw new QError('INVALID_REQUEST', `${owner} takes no "${unknown}"; it knows ${known.join(', ')}`, {
      details: { argument: unknown },
    });
}

/** `argument` is what the caller calls it. @throws QError `INVALID_TOPIC_NAME`. */
export function checkTopic(name: unknown, argument = 'topic'): void {
  const reason = typeof name === 'string' ? checkTopicName(name) : 'a topic name is a text';
  if (reason === null) return;
  const details = typeof name === 'string' ? { topic: name, argument } : { argument };
  const whose = argument === 'topic' ? '' : `${argument}: `;
  throw new QError('INVALID_TOPIC_NAME', `${whose}${shown(name)} cannot be a topic name: ${reason}`, { details });
}
