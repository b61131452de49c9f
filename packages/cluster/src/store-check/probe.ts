import type { Clock } from '@q/storage';
import type { CallOptions, GetResult, ObjectStore, StoreFault } from '../object-store/object-store.ts';
import type { StoreCheckName, StoreFinding } from './store-report.ts';

const callMsMax = 30_000;

/** Objects that one look at a store makes, all under names of its own. */
export class Probe {
  readonly store: ObjectStore;
  readonly clock: Pick<Clock, 'monotonic'>;
  readonly call: CallOptions;
  readonly prefix: string;
  /** Names that may have an object, and the bytes that it has if they are known. */
  readonly made: Map<string, Buffer | null> = new Map();

  constructor(o: {
    readonly store: ObjectStore;
    readonly clock: Pick<Clock, 'monotonic'>;
    readonly id: string;
    readonly signal: AbortSignal;
  }) {
    this.store = o.store;
    this.clock = o.clock;
    this.call = { timeoutMs: callMsMax, signal: o.signal };
    this.prefix = `probe/${o.id}-`;
  }

  /** A name that nobody has; what is created under it is removed in the end. */
  name(what: string): string {
    const name = `${this.prefix}${what}`;
    this.made.set(name, null);
    return name;
  }
}

export function passed(check: StoreCheckName, said: string): StoreFinding {
  return { check, verdict: 'passed', said };
}

export function warned(check: StoreCheckName, said: string): StoreFinding {
  return { check, verdict: 'warned', said };
}

export function failedCheck(check: StoreCheckName, said: string): StoreFinding {
  return { check, verdict: 'failed', said };
}

/** What came instead of what was expected, for the end of a sentence. */
export function shownResult(result: { readonly outcome: string; readonly fault?: StoreFault }): string {
  return result.fault === undefined ? `'${result.outcome}'` : `'${result.outcome}' (${result.fault.message})`;
}

export function hasBytes(result: GetResult, bytes: Buffer): boolean {
  return result.outcome === 'found' && result.bytes.equals(bytes);
}
