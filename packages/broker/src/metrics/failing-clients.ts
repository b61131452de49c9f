/**
 * Who is answered with errors: at most so many clients, those with the most errors. Who comes when the list is full
 * takes the place of the one with the fewest, and its count, so that whoever fails often is surely in it (the
 * space-saving algorithm of Metwally, Agrawal and El Abbadi, 2005).
 */
import type { ErrorName } from '@q/protocol';
import type { Clock } from '../clock.ts';

/** Who was answered with an error. */
export interface Failing {
  /** The protocol that it speaks. */
  readonly door: string;
  /** As it named itself; empty when it did not. */
  readonly clientId: string;
  readonly address: string;
}

/** One client of the list. */
export interface FailingClient extends Failing {
  /** Since it was noticed; an upper bound where it took the place of another. */
  readonly errors: number;
  readonly lastError: string;
  readonly sinceLastMs: number;
}

interface Entry extends Failing {
  errors: number;
  lastError: ErrorName;
  lastAtMs: number;
}

const textMax = 128;

export class FailingClients {
  readonly #clock: Pick<Clock, 'monotonic'>;
  readonly #clientsMax: number;
  readonly #entries = new Map<string, Entry>();

  constructor(options: { clock: Pick<Clock, 'monotonic'>; clientsMax: number }) {
    this.#clock = options.clock;
    this.#clientsMax = options.clientsMax;
  }

  note({ door, clientId, address }: Failing, error: ErrorName): void {
    const name = clientId.length > textMax ? `${clientId.slice(0, textMax)}…` : clientId;
    const key = `${door}\n${address}\n${name}`;
    const lastAtMs = this.#clock.monotonic();
    const known = this.#entries.get(key);
    if (known !== undefined) {
      known.errors += 1;
      known.lastError = error;
      known.lastAtMs = lastAtMs;
      return;
    }
    const errors = this.#entries.size < this.#clientsMax ? 1 : this.#replaceFewest() + 1;
    this.#entries.set(key, { door, clientId: name, address, errors, lastError: error, lastAtMs });
  }

  /** The most errors first. */
  list(): FailingClient[] {
    const now = this.#clock.monotonic();
    return [...this.#entries.values()]
      .sort((left, right) => right.errors - left.errors || right.lastAtMs - left.lastAtMs)
      .map(({ lastAtMs, ...entry }) => ({ ...entry, sinceLastMs: Math.max(0, Math.round(now - lastAtMs)) }));
  }

  #replaceFewest(): number {
    let fewestKey = '';
    let fewest = Infinity;
    for (const [key, { errors }] of this.#entries) {
      if (errors >= fewest) continue;
      fewest = errors;
      fewestKey = key;
    }
    this.#entries.delete(fewestKey);
    return fewest;
  }
}
