import type { Clock } from '@q/storage';
import { ClusterError } from '../cluster-error.ts';
import type { CallOptions, StoreFault } from './object-store.ts';

/** What ends a call before its answer comes. */
export class CallsUnderWay {
  readonly #clock: Pick<Clock, 'schedule'>;
  readonly #giveUps = new Set<(fault: StoreFault) => void>();
  #isClosed = false;

  constructor(clock: Pick<Clock, 'schedule'>) {
    this.#clock = clock;
  }

  /**
   * What `begin` comes to, or `failed` with the reason when it takes too long, is aborted, or the store is closed. The
   * signal of `begin` is aborted then, and what becomes of it is not looked at. `unsent`: nothing was even begun.
   */
  run<T>(
    { timeoutMs, signal }: CallOptions,
    o: {
      readonly begin: (signal: AbortSignal) => Promise<T>;
      readonly failed: (fault: StoreFault) => T;
      readonly unsent?: (fault: StoreFault) => T;
    },
  ): Promise<T> {
    if (this.#isClosed) throw new ClusterError('CLOSED', 'the object store was closed');
    if (signal?.aborted === true) return Promise.resolve((o.unsent ?? o.failed)(abortedFault));
    return new Promise<T>((resolve, reject) => {
      const abort = new AbortController();
      const end = (): void => {
        timer.cancel();
        signal?.removeEventListener('abort', onAbort);
        this.#giveUps.delete(giveUp);
      };
      const giveUp = (fault: StoreFault): void => {
        end();
        // First the answer: whoever listens to the signal must not be quicker.
        resolve(o.failed(fault));
        abort.abort();
      };
      const onAbort = (): void => giveUp(abortedFault);
      const timer = this.#clock.schedule(timeoutMs, () =>
        giveUp({ kind: 'timeout', message: `no answer within ${timeoutMs} ms` }),
      );
      signal?.addEventListener('abort', onAbort, { once: true });
      this.#giveUps.add(giveUp);
      o.begin(abort.signal).then(
        (result) => {
          end();
          resolve(result);
        },
        (error: Error) => {
          end();
          reject(error);
        },
      );
    });
  }

  close(): void {
    this.#isClosed = true;
    for (const giveUp of this.#giveUps) giveUp({ kind: 'aborted', message: 'the object store was closed' });
  }
}

const abortedFault: StoreFault = { kind: 'aborted', message: 'the call was given up' };
