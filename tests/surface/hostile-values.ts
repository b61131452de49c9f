import type { SeededRandom } from '@q/testkit';

class Money {
  readonly amount = 5;
}

function abortedSignal(): AbortSignal {
  const controller = new AbortController();
  controller.abort();
  return controller.signal;
}

/** Bytes that went to another thread. */
function detachedBytes(): Uint8Array {
  const bytes = new Uint8Array([1, 2, 3]);
  structuredClone(bytes.buffer, { transfer: [bytes.buffer] });
  return bytes;
}

/** Bytes of a buffer that was made too short for them. */
function cutOffBytes(): Uint8Array {
  const buffer = new ArrayBuffer(8, { maxByteLength: 16 });
  const bytes = new Uint8Array(buffer, 4, 4);
  buffer.resize(2);
  return bytes;
}

/** Where applications have lazy fields, one may throw. */
function throwing(name: string): object {
  return Object.defineProperty({}, name, { enumerable: true, get: hostile });
}

function hostile(): never {
  throw new Error('of a hostile function');
}

function revoked(target: object): unknown {
  const { proxy, revoke } = Proxy.revocable(target, {});
  revoke();
  return proxy;
}

/**
 * What plain JavaScript passes by mistake: every kind of value, and those that look like what was asked for. Each is
 * made anew, so that no call can spoil it for the next.
 */
const makers: readonly (() => unknown)[] = [
  () => undefined,
  () => null,
  () => Number.NaN,
  () => Number.POSITIVE_INFINITY,
  () => -1,
  () => -0.5,
  () => 0,
  () => 1,
  () => 0.5,
  () => 2 ** 31,
  () => 2 ** 53,
  () => 10n,
  () => '',
  () => 'ab',
  () => '0',
  () => 'length',
  () => '__proto__',
  () => 'x'.repeat(70_000),
  () => true,
  () => false,
  () => Symbol('hostile'),
  () => () => 1,
  () => {
    const fn = async (): Promise<never> => {
      throw new Error('of a hostile function');
    };
    return fn;
  },
  () => ({}),
  () => ({ valueOf: 5 }),
  () => ({ toString: () => 'text' }),
  () => Object.create(null) as unknown,
  () => [],
  () => [undefined],
  () => ['a', 1],
  () => [{ key: 'k', value: 'v' }],
  () => [{ key: 1, value: 'v' }],
  () => Array.from({ length: 3 }),
  () => new Map([['a', '1']]),
  () => new Set([1]),
  () => new Date(Number.NaN),
  () => new Date(0),
  () => /x/,
  () => Buffer.from('bytes'),
  () => Buffer.alloc(0),
  () => new Uint16Array([1, 2]),
  () => new ArrayBuffer(4),
  () => new DataView(new ArrayBuffer(4)),
  () => Promise.resolve(1),
  () => new Money(),
  () => Money,
  () => new Error('hostile'),
  () => new Proxy({}, {}),
  () => abortedSignal(),
  () => new AbortController(),
  () => new EventTarget(),
  detachedBytes,
  cutOffBytes,
  () => throwing('value'),
  () => throwing('signal'),
  () => throwing('partition'),
  () => throwing('timestampMs'),
  () => throwing('0'),
  () => [throwing('key'), throwing('value')],
  () => revoked({}),
  () => revoked([]),
  () =>
    new Proxy(
      {},
      { get: hostile, has: hostile, ownKeys: hostile, getPrototypeOf: hostile, getOwnPropertyDescriptor: hostile },
    ),
  () => new Proxy([1], { get: hostile }),
  () => '\0',
  () => ['\0'],
  () => 'a\0b:1',
];

export function hostileValue(random: SeededRandom): unknown {
  return random.pick(makers)();
}

/** Names that somebody may take for one of a field or an option. */
export const strangeNames: readonly string[] = [
  'valu',
  'partition',
  'partitons',
  'timestamp',
  'header',
  'topic',
  'timeout',
  'acks',
  'retries',
  '__proto',
  'constructor',
  'toString',
  '0',
  '',
];

/** For a person to read; never throws. */
export function describeValue(value: unknown): string {
  if (typeof value === 'string') return value.length > 20 ? `text of ${value.length}` : JSON.stringify(value);
  if (typeof value === 'object' && value !== null) return classOf(value);
  return typeof value === 'function' ? 'function' : String(value);
}

function classOf(value: object): string {
  try {
    return value.constructor?.name ?? 'object without prototype';
  } catch {
    return 'object that throws';
  }
}

/** Whether the bytes of a view are there: those of a detached buffer, and of one cut too short, are not. */
export function hasBytes(view: Uint8Array): boolean {
  try {
    new Uint8Array(view.length).set(view);
    return true;
  } catch {
    return false;
  }
}
