import { spawn } from 'node:child_process';
import type { ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import type { Readable, Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';

export const main: string = fileURLToPath(new URL('../src/main.ts', import.meta.url));

export interface ProgramOptions {
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

/** The command line in a process of its own, as a user would run it. Ended by its disposal at the latest. */
export class QProgram implements AsyncDisposable {
  readonly child: ChildProcessByStdio<Writable, Readable, Readable>;
  /** Latin-1, so that each character is one byte. */
  stdout = '';
  stderr = '';
  readonly exited: Promise<number | null>;
  readonly #changed = new EventTarget();

  constructor({ args, env = {} }: ProgramOptions) {
    const inherited = Object.entries(process.env).filter(([name]) => !/^(Q_|npm_)/.test(name));
    this.child = spawn(process.execPath, ['--conditions=@q/source', main, ...args], {
      env: { ...Object.fromEntries(inherited), ...env },
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    // A program that ends before it read its input is no failure of the test.
    this.child.stdin.on('error', () => undefined);
    this.child.stdout.setEncoding('latin1').on('data', (text: string) =>
      this.#say(() => {
        this.stdout += text;
      }),
    );
    this.child.stderr.setEncoding('utf8').on('data', (text: string) =>
      this.#say(() => {
        this.stderr += text;
      }),
    );
    this.exited = once(this.child, 'close').then(([code]) => {
      this.#changed.dispatchEvent(new Event('end'));
      return code as number | null;
    });
  }

  /** Waits until standard output has this text; fails with what was said when the process ends before. */
  says(text: string): Promise<void> {
    return this.#until(() => this.stdout.includes(text), text);
  }

  /** As `says`, for so many whole lines. */
  saysLines(count: number): Promise<void> {
    return this.#until(() => this.stdout.split('\n').length > count, `${count} lines`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.child.kill('SIGKILL');
    await this.exited;
  }

  async #until(condition: () => boolean, what: string): Promise<void> {
    while (!condition()) {
      if (this.child.exitCode !== null) throw new Error(`ended without saying ${what}:\n${this.stdout}${this.stderr}`);
      await Promise.race([once(this.#changed, 'said'), once(this.#changed, 'end')]);
    }
  }

  #say(add: () => void): void {
    add();
    this.#changed.dispatchEvent(new Event('said'));
  }
}

export interface ProgramResult {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs one command to its end. */
export async function runProgram(
  options: ProgramOptions & { readonly input?: string | Buffer },
): Promise<ProgramResult> {
  await using program = new QProgram(options);
  program.child.stdin.end(options.input);
  const code = await program.exited;
  return { code, stdout: program.stdout, stderr: program.stderr };
}
