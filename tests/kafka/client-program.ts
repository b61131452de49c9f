import { spawn } from 'node:child_process';
import type { ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import type { ArgsOf, OperationName, ResultOf } from './operations.ts';

/** What a client itself said, under the name that it has for it. */
export class ClientError extends Error {
  readonly code: string;

  constructor(message: string, code: string) {
    super(`${message}${message.includes(code) ? '' : ` (${code})`}`);
    this.code = code;
  }
}

/** The client has no such thing, which is no fault of anybody. */
export class CannotError extends Error {}

export interface ClientEvent {
  readonly name: string;
  readonly data: Readonly<Record<string, unknown>>;
}

/** An operation that goes on until it is stopped. */
export interface Running<R> {
  /** Everything that it told so far, oldest first. */
  readonly events: readonly ClientEvent[];
  /**
   * Waits until `isThere`, which is asked again with each event. Throws when the program ends, fails or has no news.
   */
  until(what: string, isThere: () => boolean, timeoutMs?: number): Promise<void>;
  /** Ends it in an orderly way. */
  stop(): Promise<R>;
}

/** Operations that go on until they are stopped. */
export type LastingName = 'member' | 'transfer' | 'streams' | 'connect' | 'load';

/** A client at work, whatever language it is written in: `operations.ts` says what it can be asked. */
export interface ClientProgram extends AsyncDisposable {
  ask<O extends OperationName>(op: O, args: ArgsOf<O>, timeoutMs?: number): Promise<ResultOf<O>>;
  begin<O extends LastingName>(op: O, args: ArgsOf<O>): Running<ResultOf<O>>;
  /** SIGSTOP: it stands still, and nobody is told. */
  pause(): void;
  /** SIGCONT. */
  resume(): void;
  /** SIGKILL: it says goodbye to nobody. */
  kill(): Promise<void>;
}

interface Asked {
  readonly op: string;
  readonly done: PromiseWithResolvers<unknown>;
  readonly events: ClientEvent[];
  readonly onNews: Set<() => void>;
}

interface Message {
  readonly id: number;
  readonly ok?: unknown;
  readonly error?: string;
  readonly code?: string;
  readonly cannot?: string;
  readonly event?: string;
  readonly data?: Readonly<Record<string, unknown>>;
}

const askTimeoutMs = 30_000;
/** Of what a program says beside its protocol, for reports. */
const wordsKept = 40;

/**
 * A program in a process of its own that speaks lines of JSON.
 *
 * Invariant: once the process is gone, every request has been answered or rejected, and every later one is rejected.
 */
export class LineProgram implements ClientProgram {
  readonly #child: ChildProcessByStdio<Writable, Readable, Readable>;
  readonly #asked = new Map<number, Asked>();
  readonly #words: string[] = [];
  readonly #gone: Promise<void>;
  #isGone = false;
  #id = 0;

  constructor(
    command: readonly string[],
    { env = {}, folder }: { readonly env?: Readonly<Record<string, string>>; readonly folder?: string } = {},
  ) {
    const [program = '', ...args] = command;
    this.#child = spawn(program, args, {
      stdio: ['pipe', 'pipe', 'pipe'],
      env: { ...process.env, NODE_OPTIONS: '', ...env },
      ...(folder !== undefined && { cwd: folder }),
    });
    const killAtExit = (): void => void this.#child.kill('SIGKILL');
    process.once('exit', killAtExit);
    // It may be gone before it has read what is sent to it: the requests hear of that, below.
    this.#child.stdin.on('error', () => undefined);
    createInterface({ input: this.#child.stdout }).on('line', (line) => this.#hear(line));
    createInterface({ input: this.#child.stderr }).on('line', (line) => this.#keep(line));
    const failed = once(this.#child, 'error').then(([error]) => this.#keep(String(error)));
    this.#gone = Promise.race([once(this.#child, 'close'), failed]).then(() => {
      process.removeListener('exit', killAtExit);
      this.#isGone = true;
      for (const asked of this.#asked.values()) asked.done.reject(this.#ended(asked.op));
      this.#asked.clear();
    });
  }

  /** What the program wrote that is no message, such as its client's log. */
  get words(): string {
    return this.#words.join('\n');
  }

  async ask<O extends OperationName>(op: O, args: ArgsOf<O>, timeoutMs = askTimeoutMs): Promise<ResultOf<O>> {
    const { done } = this.#send(op, args);
    return (await this.#within(done.promise, `${op} ${JSON.stringify(args).slice(0, 200)}`, timeoutMs)) as ResultOf<O>;
  }

  begin<O extends LastingName>(op: O, args: ArgsOf<O>): Running<ResultOf<O>> {
    const asked = this.#send(op, args);
    const id = this.#id;
    let failure: unknown = null;
    asked.done.promise.catch((error: unknown) => {
      failure = error;
      for (const hear of asked.onNews) hear();
    });
    return {
      events: asked.events,
      until: async (what, isThere, timeoutMs = askTimeoutMs) => {
        const there = Promise.withResolvers<undefined>();
        const look = (): void => {
          if (failure !== null) there.reject(failure);
          else if (isThere()) there.resolve(undefined);
        };
        asked.onNews.add(look);
        look();
        try {
          await this.#within(there.promise, what, timeoutMs);
        } finally {
          asked.onNews.delete(look);
        }
      },
      stop: async () => {
        this.#write({ id: (this.#id += 1), op: 'stop', args: { id } });
        return (await this.#within(asked.done.promise, `the end of ${op}`, askTimeoutMs)) as ResultOf<O>;
      },
    };
  }

  pause(): void {
    this.#child.kill('SIGSTOP');
  }

  resume(): void {
    this.#child.kill('SIGCONT');
  }

  async kill(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.#gone;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
  }

  #send(op: string, args: object): Asked {
    const asked: Asked = { op, done: Promise.withResolvers<unknown>(), events: [], onNews: new Set() };
    const id = (this.#id += 1);
    // Whoever asked may have given up by then.
    asked.done.promise.catch(() => undefined);
    if (this.#isGone) asked.done.reject(this.#ended(op));
    else {
      this.#asked.set(id, asked);
      this.#write({ id, op, args });
    }
    return asked;
  }

  #write(message: object): void {
    this.#child.stdin.write(`${JSON.stringify(message)}\n`);
  }

  #hear(line: string): void {
    if (!line.startsWith('{"')) return this.#keep(line);
    const message = JSON.parse(line) as Message;
    const asked = this.#asked.get(message.id);
    if (asked === undefined) return;
    if (message.event !== undefined) {
      asked.events.push({ name: message.event, data: message.data ?? {} });
      for (const hear of asked.onNews) hear();
      return;
    }
    this.#asked.delete(message.id);
    if (message.cannot !== undefined) asked.done.reject(new CannotError(message.cannot));
    else if (message.error !== undefined) asked.done.reject(new ClientError(message.error, message.code ?? ''));
    else asked.done.resolve(message.ok);
  }

  #keep(line: string): void {
    this.#words.push(line);
    if (this.#words.length > wordsKept) this.#words.shift();
  }

  #ended(op: string): Error {
    return new Error(`the program ended during ${op}; its last words: ${this.words}`);
  }

  async #within<T>(work: Promise<T>, what: string, timeoutMs: number): Promise<T> {
    const late = Promise.withResolvers<never>();
    const timer = setTimeout(
      () => late.reject(new Error(`no end of it after ${timeoutMs} ms: ${what}; last words: ${this.words}`)),
      timeoutMs,
    );
    try {
      return await Promise.race([work, late.promise]);
    } finally {
      clearTimeout(timer);
    }
  }
}
