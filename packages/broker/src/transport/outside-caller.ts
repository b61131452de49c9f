/**
 * Somebody whose requests come over a connection that the transport does not have: the admin HTTP server has its own.
 * What such a caller holds counts in the same budgets all the same.
 *
 * Invariant: after `end` nothing of it is counted any more, and whoever waits for it is let go.
 */
import { QError } from '@q/protocol';
import type { Asking, Caller, Principal, RequestBudget } from '../caller.ts';
import type { Clock } from '../clock.ts';
import type { BrokerLimits } from '../limits.ts';
import type { ByteBudget } from './byte-budget.ts';
import { ConnectionEnd } from './connection-end.ts';
import type { HeldTotal } from './held-total.ts';
import type { ByteStream } from './network.ts';
import { Output } from './output.ts';
import type { OutputTotal } from './output-total.ts';
import { RequestTicket } from './request-ticket.ts';

/** Budgets that all connections share. */
export interface SharedBudgets {
  readonly clock: Clock;
  readonly limits: BrokerLimits;
  readonly budget: ByteBudget;
  readonly outputTotal: OutputTotal;
  readonly heldTotal: HeldTotal;
}

/** A caller that its owner ends. */
export interface OwnedCaller extends Caller {
  /** Counts bytes of a request that are held in memory, until the end. @throws QError BROKER_BUSY */
  hold(bytes: number): void;
  /**
   * What was read for it is used up: gives back lent memory and the room for it. For whoever asks again and again, such
   * as a tail.
   */
  used(): void;
  /** Nobody hears an answer any more. */
  end(): void;
  /** As `end`. */
  [Symbol.dispose](): void;
}

export class OutsideCaller implements OwnedCaller {
  readonly principal: Principal;
  readonly address: string;
  readonly clientId: string;
  /** None of the transport's. */
  readonly connectionId = 0;
  readonly door = 'admin';
  readonly signal: ConnectionEnd = new ConnectionEnd();
  readonly #shared: SharedBudgets;
  readonly #output: Output;
  readonly #ticket: RequestTicket;
  #heldBytes = 0;
  #heldCount = 0;

  constructor(
    shared: SharedBudgets,
    { principal, address, clientId }: Pick<Asking, 'principal' | 'address' | 'clientId'>,
  ) {
    const { clock, limits, outputTotal: total } = shared;
    this.#shared = shared;
    this.principal = principal;
    this.address = address;
    this.clientId = clientId;
    this.#output = new Output({ stream: nowhere, clock, limits, total, taken: () => undefined });
    const uses = {
      settling: (bytes: number): void => shared.budget.adjustSettling(bytes),
      ordering: (): void => undefined,
      park: (count: number): boolean => this.#park(count),
      unpark: (count: number): void => this.#moveHeld(-count),
    };
    this.#ticket = new RequestTicket({ output: this.#output, frameBytes: 0, uses });
  }

  get budget(): RequestBudget {
    return this.#ticket;
  }

  hold(bytes: number): void {
    const { budget } = this.#shared;
    if (budget.isOverHard) {
      budget.refused();
      throw new QError('BROKER_BUSY', 'the broker holds as many unwritten bytes as it may; send again after a pause');
    }
    this.#heldBytes += bytes;
    budget.adjust(bytes);
  }

  used(): void {
    this.#ticket.taken?.();
    this.#ticket.taken = null;
    this.#ticket.keepAnswer(0);
  }

  end(): void {
    if (this.signal.aborted) return;
    this.used();
    this.#output.closed();
    this.#shared.budget.adjust(-this.#heldBytes);
    this.#heldBytes = 0;
    this.signal.abort();
  }

  [Symbol.dispose](): void {
    this.end();
  }

  #park(count: number): boolean {
    const { heldTotal, limits } = this.#shared;
    if (this.#heldCount + count > limits.connectionHeldMax || !heldTotal.hasRoomFor(count)) return false;
    this.#moveHeld(count);
    return true;
  }

  #moveHeld(count: number): void {
    this.#heldCount += count;
    this.#shared.heldTotal.count += count;
  }
}

/** Answers go another way: here only their room is counted. */
const nowhere: ByteStream = {
  remoteAddress: '',
  localAddress: '',
  write: () => undefined,
  pauseReading: () => undefined,
  resumeReading: () => undefined,
  end: () => undefined,
  destroy: () => undefined,
};
