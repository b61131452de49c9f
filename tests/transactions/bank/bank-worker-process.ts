import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const program = fileURLToPath(new URL('bank-worker.ts', import.meta.url));
const lastWordsMax = 2_000;

/** One worker after another in one slot: whoever ends is followed by the next one, until it is told to stop. */
export class BankWorkerProcess {
  readonly #url: string;
  readonly #slot: number;
  #child: ChildProcess;
  #isStopping = false;
  #isKilled = false;
  #ended: Promise<void>;
  /** Ends that nobody wanted, with the last words. */
  readonly gaveUp: string[] = [];

  constructor({ url, slot }: { url: string; slot: number }) {
    this.#url = url;
    this.#slot = slot;
    this.#child = this.#spawn();
    this.#ended = this.#watch(this.#child);
  }

  /** SIGKILL; the next one comes at once. */
  kill(): void {
    this.#isKilled = true;
    this.#child.kill('SIGKILL');
  }

  /** It finishes what it has begun. */
  async stop(signal: 'SIGTERM' | 'SIGKILL' = 'SIGTERM'): Promise<void> {
    this.#isStopping = true;
    this.#child.kill(signal);
    await this.#ended;
  }

  #spawn(): ChildProcess {
    const args = ['--conditions=@q/source', program, this.#url, String(this.#slot)];
    return spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'pipe'] });
  }

  async #watch(child: ChildProcess): Promise<void> {
    const killAtExit = (): void => void child.kill('SIGKILL');
    process.once('exit', killAtExit);
    let words = '';
    child.stderr!.setEncoding('utf8').on('data', (text: string) => (words = (words + text).slice(-lastWordsMax)));
    const [code] = (await once(child, 'close')) as [number | null];
    process.removeListener('exit', killAtExit);
    // One that is stopped before it listens to signals has nothing to finish.
    if (!this.#isKilled && !this.#isStopping && code !== 0) this.gaveUp.push(words);
    this.#isKilled = false;
    if (this.#isStopping) return;
    this.#child = this.#spawn();
    await this.#watch(this.#child);
  }
}
