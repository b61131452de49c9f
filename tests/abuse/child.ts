import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';

/**
 * A program of the tests in a process of its own, spoken to in questions and answers.
 *
 * Invariants: one question is open at a time; the process is this object's child and gone when it is disposed of.
 */
export class Child implements AsyncDisposable {
  readonly #process: ChildProcess;
  readonly #ended: Promise<unknown>;

  /** Its output would mix with the rig's report; what it has to complain about goes where the rig's complaints go. */
  constructor(program: string, args: readonly string[]) {
    this.#process = spawn(process.execPath, ['--conditions=@q/source', program, ...args], {
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    this.#ended = once(this.#process, 'close');
  }

  /** Throws when the process ends instead of answering. */
  async ask<A>(question: string): Promise<A> {
    const answer = once(this.#process, 'message');
    this.#process.send(question);
    const [first] = (await Promise.race([
      answer,
      this.#ended.then(() => [new Error(`the process ended instead of answering '${question}'`)]),
    ])) as [A | Error];
    if (first instanceof Error) throw first;
    return first;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#process.kill('SIGKILL');
    await this.#ended;
  }
}

/** The other end: answers each question of the parent with what its function resolves to. */
export function answerParent(answers: Readonly<Record<string, () => unknown>>): void {
  process.on('message', (question: string) => {
    void Promise.resolve(answers[question]!()).then((answer) => process.send!(answer ?? null));
  });
  // Nobody is left to ask.
  process.on('disconnect', () => process.exit());
}
