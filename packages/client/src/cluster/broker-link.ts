import { QError } from '@q/protocol';

import { sleep } from '../abort.ts';
import { formatAddress } from '../address.ts';
import type { Address } from '../address.ts';
import type { Clock } from '../clock.ts';
import { Connection } from '../connection/connection.ts';
import type { ConnectionOptions } from '../connection/connection.ts';
import type { Random } from '../random.ts';
import { backoffMs } from '../retry.ts';
import type { RetryPolicy } from '../retry.ts';

export interface BrokerLinkOptions extends ConnectionOptions {
  readonly random: Random;
  readonly retry: RetryPolicy;
}

/**
 * The way to one broker: at most one connection, opened when it is wanted and again after it broke.
 *
 * Invariants
 * - At most one connection is open or being opened; everyone who asks meanwhile shares it.
 * - After a failure the next attempt waits, longer each time. A connection that served for a while clears the count,
 *   one that breaks at once does not: a broker that accepts and hangs up is not to be hammered either.
 * - After `close` nothing is opened any more, and whoever waits hears of it at once.
 */
export class BrokerLink {
  readonly address: Address;
  readonly #options: BrokerLinkOptions;
  readonly #clock: Clock;
  readonly #closing = new AbortController();
  #connection: Connection | null = null;
  #opening: Promise<Connection> | null = null;
  #failures = 0;
  #notBeforeMs = 0;

  constructor(options: BrokerLinkOptions) {
    this.address = options.address;
    this.#options = options;
    this.#clock = options.clock;
  }

  /** The connection, if there is one right now. */
  get ready(): Connection | null {
    return this.#connection;
  }

  /** When the next attempt may be made, on the monotonic clock. */
  get notBeforeMs(): number {
    return this.#notBeforeMs;
  }

  /**
   * The connection; opens one if need be. One attempt: trying again is the caller's decision, waiting before it is
   * ours.
   *
   * @throws QError `CONNECTION_LOST`, `CLOSED`, or what the broker answered to HELLO.
   */
  connection(): Promise<Connection> {
    if (this.#connection !== null) return Promise.resolve(this.#connection);
    this.#opening ??= this.#open();
    return this.#opening;
  }

  close(error: QError): void {
    this.#closing.abort(error);
    this.#connection?.close(error);
  }

  async #open(): Promise<Connection> {
    const { signal } = this.#closing;
    try {
      const waitMs = this.#notBeforeMs - this.#clock.monotonic();
      if (waitMs > 0) await sleep(this.#clock, waitMs, signal);
      const connection = await Connection.open(this.#options, signal);
      this.#adopt(connection);
      return connection;
    } catch (error) {
      this.#failed();
      throw error;
    } finally {
      this.#opening = null;
    }
  }

  #adopt(connection: Connection): void {
    const readyAtMs = this.#clock.monotonic();
    this.#connection = connection;
    connection.onClose(() => {
      this.#connection = null;
      if (this.#clock.monotonic() - readyAtMs > this.#options.retry.maxMs) this.#failures = 0;
      else this.#failed();
    });
  }

  #failed(): void {
    this.#failures += 1;
    this.#notBeforeMs =
      this.#clock.monotonic()
      + backoffMs(this.#options.retry, { attempt: this.#failures, random: this.#options.random });
  }
}

/** The error for requests of something that was closed while they waited. */
export function closedError(what: string): QError {
  return new QError('CLOSED', `${what} is closed`);
}

export function describeAddresses(addresses: readonly Address[]): string {
  return addresses.map(formatAddress).join(', ');
}
