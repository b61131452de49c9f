import type { Peer, RequestBudget } from '../../src/connection/peer.ts';

/** A connection as handlers see it. */
export class FakePeer implements Peer {
  readonly id = 1;
  readonly clientId = 'test';
  readonly remoteAddress = '10.0.0.1';
  isClosed = false;
  readonly #listeners = new Set<() => void>();
  #turns = 0;

  get closeListeners(): number {
    return this.#listeners.size;
  }

  onClose(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  nextFetchTurn(): number {
    return this.#turns++;
  }

  hangUp(): void {
    this.isClosed = true;
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
