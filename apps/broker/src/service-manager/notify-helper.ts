import { spawn } from 'node:child_process';
import type { ChildProcessByStdio } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import type { SendNotification } from './service-manager.ts';

/**
 * Sends datagrams to the service manager by way of `systemd-notify`, which every system with such a manager has: Node
 * has no Unix datagram sockets.
 *
 * A shell that waits beside the broker starts it for each message. It is started while the broker is small: to fork a
 * process of 600 MB holds the event loop up for 30 to 50 ms, one of 60 MB for 3.
 *
 * Invariants: one message is on its way at a time (`ServiceManager` sees to that), and each is answered by one line,
 * the exit code. The helper ends with its input, and so with the broker, whatever ends that.
 */
export class NotifyHelper {
  readonly #child: ChildProcessByStdio<Writable, Readable, null>;
  #answer: PromiseWithResolvers<void> | null = null;
  #failure: Error | null = null;

  constructor(program = 'systemd-notify') {
    this.#child = spawn('/bin/sh', ['-c', script, program], { stdio: ['pipe', 'pipe', 'ignore'] });
    const { stdin, stdout } = this.#child;
    createInterface({ input: stdout }).on('line', (line) => this.#answered(line));
    this.#child.on('error', (error) => this.#ended(error));
    this.#child.on('exit', () => this.#ended(new Error('the helper that tells the service manager has ended')));
    stdin.on('error', (error) => this.#ended(error));
    // It is to keep nobody waiting who wants to end.
    this.#child.unref();
    for (const stream of [stdin, stdout]) (stream as Partial<{ unref(): void }>).unref?.();
  }

  readonly send: SendNotification = (lines) => {
    if (this.#failure !== null) return Promise.reject(this.#failure);
    this.#answer = Promise.withResolvers<void>();
    const words = lines.slice(0, wordsMax).map((line) => line.replaceAll(/\p{Cc}/gu, ' '));
    this.#child.stdin.write(`${words.join(separator)}\n`);
    return this.#answer.promise;
  };

  #answered(line: string): void {
    const answer = this.#answer;
    this.#answer = null;
    if (line === '0') answer?.resolve();
    else answer?.reject(new Error(`systemd-notify has failed (exit code ${line})`));
  }

  #ended(error: Error): void {
    this.#failure ??= error;
    this.#answer?.reject(this.#failure);
    this.#answer = null;
  }
}

/** Between the words of a message: no status has it. */
const separator = '\u001F';
const wordsMax = 3;

/**
 * The signals that end a broker in order are not the helper's: it has to tell of the stop. `$0` is the program. What it
 * says is nobody's output.
 */
const script = `trap '' TERM INT HUP
IFS=$(printf '\\037')
while read -r first second third; do
  "$0" "$first" \${second:+"$second"} \${third:+"$third"} >/dev/null 2>&1
  echo $?
done`;
