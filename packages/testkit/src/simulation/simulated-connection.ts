import { SimulatedPipe } from './simulated-pipe.ts';
import type { Conditions } from './weather.ts';

/** A broker's end, as its network port has it. */
export interface AcceptedStream {
  readonly remoteAddress: string;
  readonly localAddress: string;
  write(buffers: readonly Buffer[], written: () => void): void;
  pauseReading(): void;
  resumeReading(): void;
  end(): void;
  destroy(): void;
}

export interface AcceptedEvents {
  data(chunk: Buffer): void;
  closed(): void;
}

/** A client's end, as its network port has it. */
export interface DialledWire {
  write(buffers: readonly Buffer[]): boolean;
  destroy(): void;
}

export interface DialledEvents {
  onOpen(): void;
  onData(chunk: Buffer): void;
  onDrain(): void;
  onClose(error: Error | null): void;
}

/** What a client may have under way before it is told to wait. */
const unsentBytesMax = 64 << 10;

/*
 * One stream between a client and a broker.
 *
 * Invariants
 * - Each side hears of the end at most once. Who ends the stream always hears of it, the other side only if the network
 *   speaks.
 * - A `silent` stream delivers nothing, in either direction, and does not say so.
 * - Once a write was lost, no later one arrives.
 * - A client that ends the stream may be heard for a while yet: what it had sent arrives, and the news of its end
 *   behind it.
 */
export class SimulatedConnection {
  readonly name: string;
  process: object | null = null;
  readonly client: object | null;
  readonly #network: Conditions;
  readonly #events: DialledEvents;
  readonly #onEnd: (connection: SimulatedConnection, why: string) => void;
  readonly #toBroker: SimulatedPipe;
  readonly #toClient: SimulatedPipe;
  #accepted: AcceptedEvents | null = null;
  #hasClient = true;
  #hasBroker = false;
  #isSilent = false;
  #isBroken = false;
  #isEnding = false;
  #isFull = false;
  /** The client is gone, and what it had sent is still to arrive. */
  #isLingering = false;

  constructor(o: {
    network: Conditions;
    events: DialledEvents;
    client: object | null;
    name: string;
    onEnd: (connection: SimulatedConnection, why: string) => void;
  }) {
    this.#network = o.network;
    this.#events = o.events;
    this.#onEnd = o.onEnd;
    this.name = o.name;
    this.client = o.client;
    this.#toBroker = new SimulatedPipe(o.network, (chunk) => this.#brokerGets(chunk));
    this.#toClient = new SimulatedPipe(o.network, (chunk) => this.#clientGets(chunk));
  }

  readonly dialled: DialledWire = {
    write: (buffers) => this.#clientWrites(buffers),
    destroy: () => this.#close('client', null, 'closed by the client'),
  };

  refuse(address: string): void {
    this.#close('network', new Error(`connect ECONNREFUSED ${address}`), 'refused');
  }

  open(process: object, accept: (stream: AcceptedStream) => AcceptedEvents): void {
    if (!this.#hasClient) return;
    this.process = process;
    this.#hasBroker = true;
    this.#accepted = accept({
      remoteAddress: '10.0.0.1',
      localAddress: '10.0.0.2',
      write: (buffers, written) => this.#brokerWrites(buffers, written),
      pauseReading: () => this.#toBroker.pause(),
      resumeReading: () => this.#toBroker.resume(),
      end: () => this.#brokerEnds(),
      destroy: () => this.#close('broker', resetError(), 'destroyed by the broker'),
    });
    this.#events.onOpen();
  }

  /** The broker's process is dead. */
  abandon(o: { isTold: boolean }): void {
    this.#hasBroker = false;
    this.#isLingering = false;
    this.#accepted = null;
    if (o.isTold) this.#close('network', resetError(), 'lost with its broker');
    else {
      this.#isSilent = true;
      this.#onEnd(this, 'lost with its broker, silently');
    }
  }

  /** The client's process is dead. */
  forsake(o: { isTold: boolean }): void {
    if (o.isTold) return this.#close('client', null, 'lost with its client');
    this.#hasClient = false;
    this.#isSilent = true;
    this.#onEnd(this, 'lost with its client, silently');
  }

  #clientWrites(buffers: readonly Buffer[]): boolean {
    if (!this.#hasClient || this.#struck()) return true;
    this.#toBroker.send(buffers, () => this.#drained());
    this.#isFull = this.#toBroker.unsentBytes > unsentBytesMax;
    return !this.#isFull;
  }

  #drained(): void {
    if (!this.#isFull || this.#toBroker.unsentBytes > unsentBytesMax / 2) return;
    this.#isFull = false;
    if (this.#isOpen()) this.#events.onDrain();
  }

  #brokerWrites(buffers: readonly Buffer[], written: () => void): void {
    if (!this.#hasBroker || this.#isEnding || this.#struck()) return;
    this.#toClient.send(buffers, () => {
      if (this.#hasBroker) written();
    });
  }

  #brokerEnds(): void {
    if (this.#isEnding) return;
    this.#isEnding = true;
    this.#toClient.send([], () => this.#close('network', null, 'ended by the broker'));
  }

  /** Whether a fault takes this write away. */
  #struck(): boolean {
    const { weather, random, clock } = this.#network;
    if (this.#isSilent || this.#isBroken) return true;
    this.#isSilent = random.chance(weather.silence);
    if (this.#isSilent) return true;
    if (!random.chance(weather.reset)) return false;
    this.#isBroken = true;
    clock.schedule(this.#network.delayMs(), () => this.#close('network', resetError(), 'reset'));
    return random.chance(0.5);
  }

  // Chunks are lent: whoever keeps one finds something else in it.

  #brokerGets(chunk: Buffer): void {
    if ((this.#isOpen() || (this.#isLingering && !this.#isSilent)) && !this.#isEnding) this.#accepted?.data(chunk);
    chunk.fill(0xdd);
  }

  #clientGets(chunk: Buffer): void {
    if (!this.#isOpen()) return;
    this.#events.onData(chunk);
    chunk.fill(0xdd);
  }

  #isOpen(): boolean {
    return this.#hasClient && this.#hasBroker && !this.#isSilent;
  }

  #close(by: 'client' | 'broker' | 'network', error: Error | null, why: string): void {
    const { clock } = this.#network;
    const passes = !this.#isSilent;
    if (this.#hasClient && (passes || by === 'client')) {
      this.#hasClient = false;
      clock.schedule(0, () => this.#events.onClose(error));
    }
    if (by === 'client' && this.#hasBroker && passes && this.#lingers(why)) return;
    if (this.#hasBroker && (passes || by === 'broker')) {
      this.#hasBroker = false;
      this.#isLingering = false;
      clock.schedule(by === 'broker' ? 0 : this.#network.delayMs(), () => this.#accepted?.closed());
    }
    this.#onEnd(this, why);
  }

  /** Whether the end is put off until the last byte that is under way has arrived. */
  #lingers(why: string): boolean {
    if (this.#isLingering) return true;
    const { clock, random } = this.#network;
    const lateMs = this.#toBroker.arrivesInMs;
    if (this.#isBroken || lateMs <= 0 || !random.chance(0.5)) return false;
    this.#isLingering = true;
    clock.schedule(lateMs, () => {
      if (this.#isLingering) this.#close('network', null, why);
    });
    return true;
  }
}

function resetError(): Error {
  return new Error('read ECONNRESET');
}
