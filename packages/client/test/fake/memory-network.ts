import type { SeededRandom } from '@q/testkit';

import type { Address } from '../../src/address.ts';
import type { Clock } from '../../src/clock.ts';
import type { Network, Wire, WireEvents } from '../../src/network/network.ts';

/** The broker's end of a stream. */
export interface BrokerEnd {
  send(buffers: readonly Buffer[]): void;
  /** Breaks the stream: what is on its way in either direction is lost. */
  cut(): void;
  readonly isOpen: boolean;
}

export interface BrokerEndEvents {
  onData(chunk: Buffer): void;
  onClose(): void;
}

export interface MemoryNetworkOptions {
  readonly clock: Clock;
  /**
   * Splits what is sent at random places, and spreads the delays; without it everything arrives whole, after `delayMs`.
   */
  readonly random?: SeededRandom;
  readonly delayMs?: number;
}

/**
 * Streams in memory, on a clock that the test moves. Bytes arrive in order, after a delay, cut into random chunks.
 */
export class MemoryNetwork implements Network {
  readonly #options: MemoryNetworkOptions;
  readonly #listeners = new Map<string, (end: BrokerEnd) => BrokerEndEvents>();
  /** Streams opened so far. */
  opened = 0;
  /** Attempts so far, refused ones too. */
  attempts = 0;
  /** Refuses new streams while set. */
  isRefusing = false;

  constructor(options: MemoryNetworkOptions) {
    this.#options = options;
  }

  listen(address: Address, accept: (end: BrokerEnd) => BrokerEndEvents): void {
    this.#listeners.set(`${address.host}:${address.port}`, accept);
  }

  connect(address: Address, events: WireEvents): Wire {
    this.attempts += 1;
    const stream = new MemoryStream(this.#options, events);
    const accept = this.#listeners.get(`${address.host}:${address.port}`);
    this.#options.clock.schedule(this.#options.delayMs ?? 1, () => {
      if (accept === undefined || this.isRefusing)
        return stream.fail(new Error(`connect ECONNREFUSED ${address.host}:${address.port}`));
      this.opened += 1;
      stream.open(accept);
    });
    return stream;
  }
}

class MemoryStream implements Wire, BrokerEnd {
  readonly #options: MemoryNetworkOptions;
  readonly #events: WireEvents;
  #broker: BrokerEndEvents | null = null;
  #state: 'opening' | 'open' | 'closed' = 'opening';
  #toBrokerMs = 0;
  #toClientMs = 0;

  constructor(options: MemoryNetworkOptions, events: WireEvents) {
    this.#options = options;
    this.#events = events;
  }

  get isOpen(): boolean {
    return this.#state === 'open';
  }

  open(accept: (end: BrokerEnd) => BrokerEndEvents): void {
    if (this.#state !== 'opening') return;
    this.#state = 'open';
    this.#broker = accept(this);
    this.#events.onOpen();
  }

  fail(error: Error): void {
    if (this.#state === 'closed') return;
    this.#state = 'closed';
    this.#events.onClose(error);
  }

  write(buffers: readonly Buffer[]): boolean {
    this.#toBrokerMs = this.#deliver(Buffer.concat(buffers), this.#toBrokerMs, (chunk) => this.#broker?.onData(chunk));
    return true;
  }

  send(buffers: readonly Buffer[]): void {
    this.#toClientMs = this.#deliver(Buffer.concat(buffers), this.#toClientMs, (chunk) => this.#events.onData(chunk));
  }

  destroy(): void {
    this.#end(null);
  }

  cut(): void {
    this.#end(new Error('read ECONNRESET'));
  }

  #end(error: Error | null): void {
    if (this.#state === 'closed') return;
    this.#state = 'closed';
    this.#broker?.onClose();
    this.#options.clock.schedule(0, () => this.#events.onClose(error));
  }

  /** Schedules the pieces, none before those that were sent earlier. Returns when the last one arrives. */
  #deliver(bytes: Buffer, notBeforeMs: number, receive: (chunk: Buffer) => void): number {
    const { clock, random, delayMs = 1 } = this.#options;
    const cuts =
      random === undefined
        ? []
        : [random.between(0, bytes.length), random.between(0, bytes.length)].sort((a, b) => a - b);
    let atMs = notBeforeMs;
    let start = 0;
    for (const end of [...cuts, bytes.length]) {
      const chunk = bytes.subarray(start, end);
      start = end;
      if (chunk.length === 0) continue;
      atMs = Math.max(atMs, clock.monotonic() + delayMs * (random === undefined ? 1 : random.next() * 2));
      clock.schedule(atMs - clock.monotonic(), () => {
        if (this.#state === 'open') receive(chunk);
      });
    }
    return atMs;
  }
}
