/**
 * The line in which checks of batches wait for their turn, first come first served. A connection has one request in it
 * at most, as it holds back the others, so the order is fair by connection.
 *
 * Invariants:
 *  1. At most `placesMax` checks are under way; a place that becomes free goes straight to the next in line.
 *  2. Whoever waits is let in or sent away, exactly once: by a place, by the end of its connection, or by its time.
 */
import { QError } from '@q/protocol';
import type { Clock } from '../../clock.ts';
import type { CallerSignal } from '../../caller.ts';

export class CheckLane {
  readonly #clock: Pick<Clock, 'schedule'>;
  readonly #placesMax: number;
  readonly #waiting = new Set<() => void>();
  #taken = 0;

  constructor(options: { clock: Pick<Clock, 'schedule'>; placesMax: number }) {
    this.#clock = options.clock;
    this.#placesMax = options.placesMax;
  }

  get waiting(): number {
    return this.#waiting.size;
  }

  /**
   * Resolves when the caller has a place; `leave` must follow.
   * @throws QError REQUEST_TIMED_OUT when there was none in time, or the connection is gone
   */
  async enter({ signal, timeoutMs }: { signal: CallerSignal; timeoutMs: number }): Promise<void> {
    if (signal.aborted) throw gone();
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
      const timer = this.#clock.schedule(timeoutMs, () => sendAway(late(timeoutMs)));
      const forgetCaller = signal.onAbort(() => sendAway(gone()));
    });
  }
}

function late(timeoutMs: number): QError {
  return new QError(
    'REQUEST_TIMED_OUT',
    `the broker had no time to check the records within ${timeoutMs} ms, and has not written them; send smaller batches, or again after a pause`,
  );
}

function gone(): QError {
  return new QError('REQUEST_TIMED_OUT', 'the connection ended before the records were checked; they were not written');
}
