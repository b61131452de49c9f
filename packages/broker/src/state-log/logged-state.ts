/**
 * A state whose changes are in force at once and taken back when they could not be stored.
 *
 * Invariants:
 *  1. `newest` is the state with every change, durable or not, so that requests take effect in the order of their
 *     arrival and none waits for the disk before it is looked at. Whatever is told of it waits for `settled()`.
 *  2. `#writes` are what is not durable yet, in the order of handing over. When one of them fails, all of them do (the
 *     log says so), and the state goes back to what it was when everything was durable. The log says it in the turn in
 *     which it fails them: a change that comes a moment later is not among them.
 *  3. A change that is not stored needs no write and survives none that fails.
 */
import type { HandedOver, StateLog, WriteEnded } from './state-log.ts';

/** Changes that become durable together. */
interface Write<S> {
  readonly durable: Promise<void>;
  /** The state as it is once this write is durable. */
  state: S;
  readonly undo: (() => void)[];
}

const nothingToWaitFor = Promise.resolve();

export interface LoggedStateOptions<S, R> {
  /** Tells it from the others in its log. */
  readonly id: string;
  /** As it is stored. */
  readonly stored: S;
  readonly log: Pick<StateLog<R>, 'write'>;
  /** Called after each write, when the state is durable as it is or has gone back. */
  readonly written: (outcome: 'durable' | 'failed') => void;
  /** Called when the state, as it is then, is handed to the log. */
  readonly handedOver?: HandedOver;
}

/** `S` is the part of the state that is replaced as a whole; what is changed in place comes with the way back. */
export class LoggedState<S, R> {
  readonly #id: string;
  readonly #log: Pick<StateLog<R>, 'write'>;
  readonly #written: LoggedStateOptions<S, R>['written'];
  readonly #handedOver: HandedOver | undefined;
  #newest: S;
  #durable: S;
  #writes: Write<S>[] = [];

  constructor(options: LoggedStateOptions<S, R>) {
    this.#id = options.id;
    this.#log = options.log;
    this.#written = options.written;
    this.#handedOver = options.handedOver;
    this.#newest = options.stored;
    this.#durable = options.stored;
  }

  get newest(): S {
    return this.#newest;
  }

  /** Nothing of it is on its way to the disk. */
  get isSettled(): boolean {
    return this.#writes.length === 0;
  }

  /** Resolves when all that was changed up to now is durable; rejects with the storage error when it was taken back. */
  settled(): Promise<void> {
    return this.#writes.at(-1)?.durable ?? nothingToWaitFor;
  }

  /** Replaces the state, and stores the records. */
  replace(state: S, records: readonly R[]): void {
    this.#newest = state;
    if (records.length > 0) this.#write(records);
    const last = this.#writes.at(-1);
    if (last === undefined) this.#durable = state;
    else last.state = state;
  }

  /** Stores a change that was made in place; `undo` takes it back. */
  changed(record: R, undo: () => void): void {
    this.#write([record]).undo.push(undo);
  }

  #write(records: readonly R[]): Write<S> {
    const durable = this.#log.write(this.#id, records, this.#ended, this.#handedOver);
    const last = this.#writes.at(-1);
    if (last?.durable === durable) return last;
    const write: Write<S> = { durable, state: this.#newest, undo: [] };
    this.#writes.push(write);
    return write;
  }

  readonly #ended: WriteEnded = (durable, outcome) => {
    const at = this.#writes.findIndex((write) => write.durable === durable);
    // The write before it has failed too, and has taken this one back.
    if (at === -1) return;
    if (outcome === 'durable') this.#keep(at);
    else this.#goBack();
    this.#written(outcome);
  };

  #keep(at: number): void {
    this.#durable = this.#writes[at]!.state;
    this.#writes = this.#writes.slice(at + 1);
  }

  #goBack(): void {
    for (const { undo } of this.#writes.toReversed()) for (const step of undo.toReversed()) step();
    this.#writes = [];
    this.#newest = this.#durable;
  }
}
