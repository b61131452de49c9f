import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readUsage } from './process-usage.ts';
import type { Usage } from './process-usage.ts';
import type { WorkerMessage } from './worker-channel.ts';

/**
 * One program of a measurement in a process of its own, so that its processor time and memory are its own.
 *
 * Invariants: events are kept in the order in which they came, and each is taken once; the process ends with `stop` or
 * disposal, by its id; a worker that ends or fails early rejects whoever waits for its next event.
 */
export class Worker implements AsyncDisposable {
  readonly #child: ChildProcess;
  readonly #name: string;
  readonly #events: WorkerMessage[] = [];
  readonly #ended: Promise<unknown>;
  #wake: (() => void) | null = null;
  #over = false;

  private constructor(name: string, child: ChildProcess) {
    this.#name = name;
    this.#child = child;
    child.on('message', (message) => {
      this.#events.push(message as WorkerMessage);
      this.#wake?.();
    });
    // Its IPC channel alone would not end it with this process.
    const killAtExit = (): void => void child.kill('SIGKILL');
    process.once('exit', killAtExit);
    this.#ended = once(child, 'exit').finally(() => {
      process.removeListener('exit', killAtExit);
      this.#over = true;
      this.#wake?.();
    });
  }

  /**
   * @param script a file of this folder's parent, e.g. `ceiling/server.ts`; `options` reach it through
   * `workerOptions()`
   */
  static start(script: string, options: object): Worker {
    const path = new URL(`../${script}`, import.meta.url).pathname;
    const child = fork(path, [JSON.stringify(options)], {
      execArgv: ['--conditions=@q/source'],
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    return new Worker(script, child);
  }

  get pid(): number {
    return this.#child.pid!;
  }

  /** Waits for the event of that name, which must be the next one. */
  async next<T>(event: string, timeoutMs: number): Promise<T> {
    const timeout = AbortSignal.timeout(timeoutMs);
    while (this.#events.length === 0) {
      if (this.#over) throw new Error(`${this.#name} ended before it said ${event}`);
      if (timeout.aborted) throw new Error(`${this.#name} did not say ${event} within ${timeoutMs} ms`);
      await this.#change(timeout);
    }
    const message = this.#events.shift()!;
    if (message.event !== event)
      throw new Error(`${this.#name} said ${message.event} instead of ${event}: ${JSON.stringify(message.body)}`);
    return message.body as T;
  }

  /** Lets a worker that waits for it go ahead. */
  go(): void {
    this.#child.send('go');
  }

  usage(): Promise<Usage> {
    return readUsage(this.pid);
  }

  async stop(): Promise<void> {
    if (!this.#over) this.#child.kill('SIGKILL');
    await this.#ended;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  async #change(timeout: AbortSignal): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#wake = resolve;
    timeout.addEventListener('abort', () => resolve(), { once: true });
    await promise;
    this.#wake = null;
  }
}
