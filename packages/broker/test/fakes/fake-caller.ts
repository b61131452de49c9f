import { ManualClock } from '@q/testkit';
import { endlessSeats } from '../../src/services/identity/user-seats.ts';
import { noLoginNews } from '../../src/services/identity/login-news.ts';
import { SessionIdentity } from '../../src/services/identity/session-identity.ts';
import { anonymous } from '../../src/caller.ts';
import type { CallerSignal, RequestBudget } from '../../src/caller.ts';
import type { NativeCaller } from '../../src/session/native/handler.ts';

/** The end of a connection, when the test says so. */
export class FakeSignal implements CallerSignal {
  aborted = false;
  readonly #listeners = new Set<() => void>();

  get listeners(): number {
    return this.#listeners.size;
  }

  onAbort(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  abort(): void {
    this.aborted = true;
    for (const listener of this.#listeners) listener();
  }
}

/** Budgets without end, which count. */
export class FakeRequestBudget implements RequestBudget {
  readonly releases: (() => void)[] = [];
  framesHeld = 0;
  ordersHeld = 0;
  parked = 0;
  /** Nothing may be held any more. */
  parkingIsFull = false;
  /** What answers wait for; null: there is always room. */
  room: Promise<number> | null = null;

  holdFrame(): () => void {
    this.framesHeld += 1;
    return () => void (this.framesHeld -= 1);
  }

  holdOrder(): () => void {
    this.ordersHeld += 1;
    return () => void (this.ordersHeld -= 1);
  }

  park(count: number): (() => void) | null {
    if (this.parkingIsFull) return null;
    this.parked += count;
    return () => void (this.parked -= count);
  }

  reserveAnswer(bytes: number): number | Promise<number> {
    return this.room ?? bytes;
  }

  keepAnswer(): void {}

  whenTaken(release: () => void): void {
    this.releases.push(release);
  }
}

/** Of a connection to a broker that lets everybody in. */
export function nobodyAsked(): SessionIdentity {
  return new SessionIdentity({
    authentication: null,
    place: { address: '10.0.0.1', mechanisms: [] },
    clock: new ManualClock(),
    seats: endlessSeats,
    signal: new FakeSignal(),
    news: noLoginNews,
    loginEnded: () => undefined,
  });
}

/** Whoever sends requests in a test. */
export class FakeCaller implements NativeCaller {
  readonly principal = anonymous;
  readonly identity: SessionIdentity = nobodyAsked();
  readonly address = '10.0.0.1';
  readonly localAddress = '10.0.0.2';
  readonly clientId = 'test';
  readonly connectionId = 1;
  readonly signal: FakeSignal = new FakeSignal();
  readonly budget: FakeRequestBudget = new FakeRequestBudget();
  #turns = 0;

  nextFetchTurn(): number {
    return this.#turns++;
  }
}
