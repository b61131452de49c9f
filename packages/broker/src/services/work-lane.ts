/**
 * The line in which work of one kind waits for its turn, first come first served. Where a connection has one request in
 * it at most, as it holds back the others, the order is fair by connection.
 *
 * Invariants:
 *  1. At most `placesMax` pieces of work are under way; a place that becomes free goes straight to the next in line.
 *  2. Whoever waits is let in or sent away, exactly once: by a place, by the end of its connection, or by its time.
 */
import { QError } from '@q/protocol';
import type { CallerSignal } from '../caller.ts';
import type { Clock } from '../clock.ts';

/** What is said to whoever is sent away. */
export interface SentAway {
  readonly late: (timeoutMs: number) => string;
  readonly gone: string;
}

export class WorkLane {
  readonly #clock: Pick<Clock, 'schedule'>;
  readonly #placesMax: number;
  readonly #sentAway: SentAway;
  readonly #waiting = new Set<() => void>();
  #taken = 0;

  constructor(options: { clock: Pick<Clock, 'schedule'>; placesMax: number; sentAway: SentAway }) {
    this.#clock = options.clock;
    this.#placesMax = options.placesMax;
    this.#sentAway = options.sentAway;
  }

  get waiting(): number {
    return this.#waiting.size;
  }

  /**
   * Resolves when the caller has a place; `leave` must follow.
   * @throws QError REQUEST_TIMED_OUT when there was none in time, or the connection is gone
   */
  async enter({ signal, timeoutMs }: { signal: CallerSignal; timeoutMs: number }): Promise<void> {
    if (signal.aborted) throw timedOut(this.#sentAway.gone);
    if (this.#taken >= this.#placesMax) await this.#wait(signal, timeoutMs);
    else this.#taken += 1;
  }

  leave(): void {
    const next = this.#waiting.values().next().value;
    if (next === undefined) this.#taken -= 1;
    else next();
  }

  #wait(signal: CallerSignal, timeoutMs: number): Promise<void> {
    return new Promise((resolve, reject) => {
      const end = (): void => {
        this.#waiting.delete(letIn);
        timer.cancel();
        forgetCaller();
      };
      const sendAway = (error: QError): void => {
        end();
        reject(error);
      };
      const letIn = (): void => {
        end();
        resolve();
      };
      this.#waiting.add(letIn);
      const timer = this.#clock.schedule(timeoutMs, () => sendAway(timedOut(this.#sentAway.late(timeoutMs))));
      const forgetCaller = signal.onAbort(() => sendAway(timedOut(this.#sentAway.gone)));
    });
  }
}

function timedOut(message: string): QError {
  return new QError('REQUEST_TIMED_OUT', message);
}
