import { spawn } from 'node:child_process';
import type { ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { exitCodeOfSignal } from '../src/exit-code.ts';

const main = fileURLToPath(new URL('../src/main.ts', import.meta.url));

export interface ProgramOptions {
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

/** The broker program in a process of its own, with everything it says. Ended by its disposal at the latest. */
export class BrokerProgram implements AsyncDisposable {
  stdout = '';
  stderr = '';
  /** The exit code, as a shell says it: of a process that a signal has ended too. */
  readonly exited: Promise<number>;
  readonly #child: ChildProcessByStdio<null, Readable, Readable>;
  readonly #changed = new EventTarget();

  constructor({ args = [], env = {} }: ProgramOptions) {
    // Neither settings of a broker, nor how somebody happened to start the tests, which the greeting would follow.
    const inherited = Object.entries(process.env).filter(([name]) => !/^(Q|npm)_/.test(name));
    this.#child = spawn(process.execPath, ['--conditions=@q/source', main, ...args], {
      env: { ...Object.fromEntries(inherited), ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#child.stdout.setEncoding('utf8').on('data', (text: string) =>
      this.#say(() => {
        this.stdout += text;
      }),
    );
    this.#child.stderr.setEncoding('utf8').on('data', (text: string) =>
      this.#say(() => {
        this.stderr += text;
      }),
    );
    this.exited = once(this.#child, 'close').then(([code, signal]) => {
      this.#changed.dispatchEvent(new Event('end'));
      return (code as number | null) ?? exitCodeOfSignal(signal as NodeJS.Signals);
    });
  }

  get pid(): number {
    return this.#child.pid!;
  }

  /** Nobody reads standard output any more: the next write to it fails. */
  hangUp(): void {
    this.#child.stdout.destroy();
  }

  /** Waits until the program has made this file or folder. */
  async makes(path: string): Promise<void> {
    while (!existsSync(path)) {
      if (this.#child.exitCode !== null) throw new Error(`ended without making ${path}:\n${this.stderr}`);
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** Waits until standard output matches; fails with what was said when the process ends before. */
  async says(pattern: RegExp): Promise<RegExpExecArray> {
    for (;;) {
      const match = pattern.exec(this.stdout);
      if (match !== null) return match;
      if (this.#child.exitCode !== null)
        throw new Error(`ended without saying ${String(pattern)}:\n${this.stdout}${this.stderr}`);
      await Promise.race([once(this.#changed, 'said'), once(this.#changed, 'end')]);
    }
  }

  /** As `says`, of standard error. */
  async complains(pattern: RegExp): Promise<void> {
    while (!pattern.test(this.stderr)) {
      if (this.#child.exitCode !== null)
        throw new Error(`ended without complaining ${String(pattern)}:\n${this.stdout}${this.stderr}`);
      await Promise.race([once(this.#changed, 'said'), once(this.#changed, 'end')]);
    }
  }

  /** The fields of the `ready` line of a JSON log. */
  async ready(): Promise<{
    url: string;
    adminUrl: string;
    kafkaAddress: string | null;
    isKafkaPortTaken: boolean;
    dataDir: string | null;
    acknowledgement: string;
    next: string[];
    startMs: number;
  }> {
    const [line] = await this.says(/^.*"msg":"ready".*$/m);
    return JSON.parse(line) as Awaited<ReturnType<BrokerProgram['ready']>>;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.exited;
  }

  #say(add: () => void): void {
    add();
    this.#changed.dispatchEvent(new Event('said'));
  }
}
