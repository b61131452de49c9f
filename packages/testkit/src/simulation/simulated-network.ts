import type { ManualClock } from '../manual-clock.ts';
import type { SeededRandom } from '../seeded-random.ts';
import type { ProcessClock } from './process-clock.ts';
import { SimulatedConnection } from './simulated-connection.ts';
import type { AcceptedEvents, AcceptedStream, DialledEvents, DialledWire } from './simulated-connection.ts';
import type { Trace } from './trace.ts';
import { calm } from './weather.ts';
import type { Conditions, Weather } from './weather.ts';

/** What a broker asks of its network port. */
export interface ListenRequest {
  readonly host: string;
  readonly port: number;
  readonly accept: (stream: AcceptedStream) => AcceptedEvents;
}

interface Address {
  readonly host: string;
  readonly port: number;
}

interface Host {
  readonly process: object;
  readonly request: ListenRequest;
}

/**
 * Streams between processes of one simulation. Fits the network ports of broker and client: every delay is on the
 * world's clock, every choice from the seed.
 *
 * Invariants
 * - Bytes of one direction arrive in order, once, unchanged, or not at all; a stream that lost some says no more.
 * - A dead process hears nothing and says nothing.
 */
export class SimulatedNetwork implements Conditions {
  weather: Weather = calm;
  readonly clock: ManualClock;
  readonly random: SeededRandom;
  readonly #trace: Trace;
  readonly #hosts = new Map<string, Host>();
  readonly #connections = new Set<SimulatedConnection>();
  #opened = 0;

  constructor(o: { clock: ManualClock; random: SeededRandom; trace: Trace }) {
    this.clock = o.clock;
    this.random = o.random;
    this.#trace = o.trace;
  }

  /** The network port of a broker; `process` stands for the process in `kill`. */
  forBroker(process: object): {
    listen(request: ListenRequest): Promise<{ host: string; port: number; close(): Promise<void> }>;
  } {
    return {
      listen: async (request) => {
        const name = `${request.host}:${request.port}`;
        this.#hosts.set(name, { process, request });
        const close = async (): Promise<void> => {
          if (this.#hosts.get(name)?.process === process) this.#hosts.delete(name);
        };
        return { host: request.host, port: request.port, close };
      },
    };
  }

  /**
   * The network port of a client's process: it hears nothing while that stands still, and nothing more once it is dead.
   */
  forClient(process: ProcessClock): { connect(address: Address, events: DialledEvents): DialledWire } {
    return { connect: (address, events) => this.#dial(address, { events: heardBy(process, events), client: process }) };
  }

  /** The network port of a client that never dies. */
  connect(address: Address, events: DialledEvents): DialledWire {
    return this.#dial(address, { events, client: null });
  }

  #dial(address: Address, o: { events: DialledEvents; client: object | null }): DialledWire {
    const name = `${address.host}:${address.port}`;
    this.#opened += 1;
    const connection = new SimulatedConnection({
      network: this,
      ...o,
      name: `c${this.#opened}`,
      onEnd: (ended, why) => this.#ended(ended, why),
    });
    const isRefused = this.random.chance(this.weather.refuse);
    this.clock.schedule(this.delayMs(), () => {
      const host = this.#hosts.get(name);
      if (isRefused || host === undefined) return connection.refuse(name);
      this.#connections.add(connection);
      connection.open(host.process, host.request.accept);
    });
    return connection.dialled;
  }

  /**
   * The process is gone. Its peers are told by their systems if `isTold`; otherwise they wait, as after a power cut.
   */
  kill(process: object, o: { isTold: boolean }): void {
    for (const [name, host] of this.#hosts) if (host.process === process) this.#hosts.delete(name);
    for (const connection of this.#connections) {
      if (connection.process === process) connection.abandon(o);
      else if (connection.client === process) connection.forsake(o);
    }
  }

  delayMs(): number {
    const delay = this.random.next() * this.weather.delayMsMax;
    return this.random.chance(this.weather.stall) ? delay * stallFactor : delay;
  }

  #ended(connection: SimulatedConnection, why: string): void {
    this.#connections.delete(connection);
    if (why !== 'refused') this.#trace.add(`${connection.name} ${why}`);
  }
}

const stallFactor = 100;

function heardBy(process: ProcessClock, events: DialledEvents): DialledEvents {
  return {
    onOpen: () => process.run(() => events.onOpen()),
    onData: (chunk) => {
      // A process that stands still finds the bytes in its system's buffer.
      const bytes = process.isFrozen ? Buffer.from(chunk) : chunk;
      process.run(() => events.onData(bytes));
    },
    onDrain: () => process.run(() => events.onDrain()),
    onClose: (error) => process.run(() => events.onClose(error)),
  };
}
