/**
 * All connections of a broker: lets them in, counts them, looks at their time limits, and sees them out.
 *
 * Invariants:
 *  1. At most `connectionsMax` connections, and `connectionsPerAddressMax` from one address, get to speak.
 *  2. A connection is in `#open` from the moment it is accepted to the moment it is gone, refused ones included, so
 *     that time limits hold for all and closing forgets none. Refused ones are in `#refused`, too, and take no place of
 *     others.
 *  3. Those that have to wait until they are let in are in `#delayed` and `#perAddress`, and count as open ones do. So
 *     do those that shake hands, before anything costly is done for them; what comes beyond is closed at once.
 *  4. There are never more than `connectionsMax` and `refusalsMax` together: what comes beyond is closed at once.
 */
import { QError } from '@q/protocol';
import { networkOf } from '@q/security';
import type { Scheduled } from '../clock.ts';
import { ClientKinds } from '../metrics/client-kinds.ts';
import type { ClientKind } from '../metrics/client-kinds.ts';
import { countRefusal } from '../metrics/counters.ts';
import type { BrokerCounters } from '../metrics/counters.ts';
import type { AcceptPace, RefusingRate } from './accept-pace.ts';
import type { Admission, ByteStream, StreamEvents } from './network.ts';
import { Connection } from './connection.ts';
import type { CameIn, ConnectionDescription, ConnectionHost } from './connection.ts';
import { DelayedAccepts } from './delayed-accepts.ts';
import type { OpenSession } from './session.ts';

export class Connections {
  readonly #host: ConnectionHost;
  readonly #counters: BrokerCounters;
  readonly #pace: AcceptPace;
  readonly #delayed: DelayedAccepts;
  readonly #open = new Set<Connection>();
  readonly #refused = new Set<Connection>();
  readonly #kinds = new ClientKinds();
  /** Connections of each address, or of a /64 of IPv6, those that shake hands included. */
  readonly #perAddress = new Map<string, number>();
  #handshakes = 0;
  #lastId = 0;
  #sweep: Scheduled | null = null;
  /** Set while closing waits: called when a connection became quiet or went. */
  #progress: (() => void) | null = null;

  constructor(host: ConnectionHost & { readonly pace: AcceptPace }, counters: BrokerCounters) {
    this.#host = host;
    this.#pace = host.pace;
    this.#delayed = new DelayedAccepts(host.clock);
    this.#counters = counters;
  }

  /** Open connections by the software at their other end. */
  clients(): ClientKind[] {
    return this.#kinds.count(this.#open);
  }

  /** Those that are open, the oldest first. */
  describe(): ConnectionDescription[] {
    return Array.from(this.#open, (connection) => connection.describe());
  }

  /**
   * Somebody is about to shake hands, after a pause if they come too fast: counts as a connection until `left` is
   * called. Null: there are as many as may be.
   */
  admit(address: string, from: CameIn): Admission | null {
    const next = this.#nextOf(address);
    if (typeof next !== 'number') {
      this.#refuse(next, { address, ...from });
      return null;
    }
    if (next > 0) this.#counters.connectionsDelayed += 1;
    this.#handshakes += 1;
    this.#count(address, 1);
    let isOver = false;
    return {
      afterMs: next,
      left: () => {
        if (isOver) return;
        isOver = true;
        this.#handshakes -= 1;
        this.#count(address, -1);
      },
    };
  }

  /** Lets a connection in, which speaks what `openSession` begins. */
  accept(stream: ByteStream, openSession: OpenSession, from: CameIn): StreamEvents {
    const { limits } = this.#host;
    const address = stream.remoteAddress;
    // Who has shaken hands has waited before it.
    const next = stream.isEncrypted === true ? (this.#reached(address) ?? 0) : this.#nextOf(address);
    const refusal = typeof next === 'number' ? null : this.#refuse(next, { address, ...from });
    if (refusal !== null && this.#refused.size >= limits.refusalsMax) {
      stream.destroy();
      return unheard;
    }

    this.#count(address, 1);
    if (typeof next === 'number' && next > 0) return this.#letInLater(stream, { delayMs: next, openSession, from });
    const connection = this.#letIn(stream, openSession, from);
    if (refusal !== null) {
      this.#refused.add(connection);
      connection.refuse(refusal);
    }
    return connection;
  }

  #letInLater(
    stream: ByteStream,
    {
      delayMs,
      openSession,
      from,
    }: { readonly delayMs: number; readonly openSession: OpenSession; readonly from: CameIn },
  ): StreamEvents {
    this.#counters.connectionsDelayed += 1;
    return this.#delayed.add(stream, {
      delayMs,
      letIn: () => this.#letIn(stream, openSession, from),
      gone: () => this.#count(stream.remoteAddress, -1),
    });
  }

  #letIn(stream: ByteStream, openSession: OpenSession, from: CameIn): Connection {
    this.#lastId += 1;
    const connection = new Connection({
      id: this.#lastId,
      stream,
      host: this.#host,
      from,
      openSession,
      quiet: () => this.#progress?.(),
      gone: (gone) => this.#gone(gone),
    });
    this.#open.add(connection);
    this.#counters.connections = this.#open.size;
    this.#scheduleSweep();
    return connection;
  }

  /** Somebody did not shake hands as TLS has it. */
  handshakeFailed(): void {
    this.#counters.handshakesFailed += 1;
  }

  /** The process has no descriptor left, as a rule. */
  acceptFailed(): void {
    countRefusal(this.#counters, 'acceptFailed');
  }

  /** Takes no more requests from anybody; resolves when all that were in flight are answered, or after the time. */
  async drain(timeoutMs: number): Promise<void> {
    for (const connection of this.#open) connection.drain();
    await this.#until(() => [...this.#open].every((connection) => connection.isQuiet), timeoutMs);
  }

  /** What is open, and what is being done for it or waits to be taken. */
  underWay(): { readonly requests: number; readonly connections: number } {
    let requests = 0;
    for (const connection of this.#open) requests += connection.requestsUnderWay;
    return { requests, connections: this.#open.size };
  }

  /** Hangs up on everybody, politely first; resolves when all are gone. */
  async close(): Promise<void> {
    this.#delayed.close();
    for (const connection of this.#open) connection.end();
    const allGone = (): boolean => this.#open.size === 0;
    await this.#until(allGone, this.#host.limits.lingerTimeoutMs);
    for (const connection of this.#open) connection.destroy();
    await this.#until(allGone, this.#host.limits.lingerTimeoutMs);
    this.#sweep?.cancel();
    this.#sweep = null;
  }

  /** Waits until a condition holds that only an answered request or a closed connection can bring about. */
  #until(condition: () => boolean, timeoutMs: number): Promise<void> {
    if (condition()) return Promise.resolve();
    return new Promise((resolve) => {
      const done = (): void => {
        timer.cancel();
        this.#progress = null;
        resolve();
      };
      const timer = this.#host.clock.schedule(timeoutMs, done);
      this.#progress = () => {
        if (condition()) done();
      };
    });
  }

  #refuse(limit: RefusingLimit, from: { readonly address: string } & CameIn): QError {
    const isQuota = limit === 'connectionCreationRate';
    const value = isQuota ? this.#pace.quotaOf(from.address) : this.#host.limits[limit];
    countRefusal(this.#counters, limit);
    this.#host.logger.warn(
      { event: 'connection.refused', ...from, limit, value },
      'a connection was refused: there are as many as may be',
    );
    return tooMany(limit, value);
  }

  /** How long whoever comes now waits, or why it may not come. */
  #nextOf(address: string): number | RefusingLimit {
    return this.#reached(address) ?? this.#pace.next(address);
  }

  #reached(address: string): RefusingLimit | null {
    const { limits } = this.#host;
    const waiting = this.#delayed.count + this.#handshakes;
    if (this.#open.size - this.#refused.size + waiting >= limits.connectionsMax) return 'connectionsMax';
    const fromAddress = this.#perAddress.get(networkOf(address)) ?? 0;
    return fromAddress >= limits.connectionsPerAddressMax ? 'connectionsPerAddressMax' : null;
  }

  #count(address: string, change: 1 | -1): void {
    const network = networkOf(address);
    const now = (this.#perAddress.get(network) ?? 0) + change;
    if (now > 0) this.#perAddress.set(network, now);
    else this.#perAddress.delete(network);
  }

  #gone(connection: Connection): void {
    this.#open.delete(connection);
    this.#refused.delete(connection);
    this.#count(connection.remoteAddress, -1);
    this.#counters.connections = this.#open.size;
    this.#progress?.();
  }

  #scheduleSweep(): void {
    if (this.#sweep !== null) return;
    const { clock, limits } = this.#host;
    // What is at hand is read first: after seconds in which the broker was busy, a peer may be late only because nobody
    // looked.
    this.#sweep = clock.schedule(limits.sweepIntervalMs, () => clock.defer(() => this.#sweepSome(this.#open.values())));
  }

  /** Thousands of connections take milliseconds, so others get a turn in between. */
  #sweepSome(rest: SetIterator<Connection>): void {
    const { clock, limits } = this.#host;
    const now = clock.monotonic();
    for (let swept = 0; swept < limits.sweepSliceMax; swept += 1) {
      const next = rest.next();
      if (next.done === true) {
        this.#sweep = null;
        if (this.#open.size > 0) this.#scheduleSweep();
        return;
      }
      next.value.sweep(now);
    }
    clock.defer(() => this.#sweepSome(rest));
  }
}

type RefusingLimit = 'connectionsMax' | 'connectionsPerAddressMax' | RefusingRate;

const refusedWhat: Readonly<Record<RefusingLimit, string>> = {
  connectionsMax: 'connections',
  connectionsPerAddressMax: 'connections from one address',
  connectionsPerSecondMax: 'new connections a second',
  connectionCreationRate: 'new connections a second from this address',
};

function tooMany(limit: RefusingLimit, value: number): QError {
  const what = refusedWhat[limit];
  return new QError('TOO_MANY_CONNECTIONS', `this broker takes at most ${value} ${what}`, {
    details: { limit, value },
  });
}

/** What becomes of a connection that was closed before it could speak. */
const unheard: StreamEvents = { data: () => undefined, closed: () => undefined };
