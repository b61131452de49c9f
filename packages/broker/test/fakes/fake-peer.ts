import type { Peer } from '../../src/connection/peer.ts';

/** A connection as handlers see it. */
export class FakePeer implements Peer {
  readonly id = 1;
  readonly clientId = 'test';
  readonly remoteAddress = '10.0.0.1';
  isClosed = false;
  /** Set to hold answers back. */
  writable: Promise<void> | null = null;
  readonly #listeners = new Set<() => void>();
  #turns = 0;

  get closeListeners(): number {
    return this.#listeners.size;
  }

  onClose(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  whenWritable(): Promise<void> | null {
    return this.writable;
  }

  nextFetchTurn(): number {
    return this.#turns++;
  }

  hangUp(): void {
    this.isClosed = true;
    for (const listener of this.#listeners) listener();
  }
}
