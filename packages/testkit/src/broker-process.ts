import { spawn } from 'node:child_process';
import type { ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';

export interface BrokerProcessOptions {
  /**
   * Path of the broker program: `apps/broker/src/main.ts` runs the workspace's sources, a built `main.js` runs what was
   * built.
   */
  readonly main: string;
  /** Flags after the ones that choose free ports and the log's form. */
  readonly args?: readonly string[];
  /** Node program to run it with. Default: the one that runs this. */
  readonly node?: string;
  /**
   * A command, with its arguments, that runs Node in its place, such as one that lowers a limit. It must keep the
   * process.
   */
  readonly through?: readonly string[];
  /** Flags for Node itself, such as `--import` of a file that watches the broker from inside. */
  readonly nodeFlags?: readonly string[];
  /** Port of the native protocol. Default 0: any free one. */
  readonly port?: number;
  /** Port of the door for Kafka clients. Default 0: any free one. */
  readonly kafkaPort?: number;
  /** How long the broker may take to say that it is ready. Default 30,000. */
  readonly startTimeoutMs?: number;
}

export interface ProcessEnd {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

interface ReadyLine {
  readonly msg?: string;
  readonly url?: string;
  readonly adminUrl?: string | null;
  readonly kafkaAddress?: string | null;
  readonly startMs?: number;
}

const logLinesMax = 500;

/**
 * A broker in a process of its own, on free ports, as a user would run it; for tests that kill it and for measurements.
 *
 * Invariants: the process is this object's child and is ended by `stop`, `kill` or disposal, by its id; `ended` settles
 * exactly once; the last lines of its log are kept, no more.
 */
export class BrokerProcess implements AsyncDisposable {
  /** `q://host:port`. */
  readonly url: string;
  /** `http://host:port`. */
  readonly adminUrl: string;
  /** `host:port` of the door for Kafka clients; empty when it has none. */
  readonly kafkaAddress: string;
  /** What the broker itself says it took from the start of the process, in ms. */
  readonly startMs: number;
  /** Settles when the process is gone, however it ended. */
  readonly ended: Promise<ProcessEnd>;
  readonly #child: ChildProcessByStdio<null, Readable, Readable>;
  readonly #log: string[];

  private constructor(started: Started, ready: ReadyLine) {
    this.#child = started.child;
    this.#log = started.log;
    this.ended = started.ended;
    this.url = ready.url ?? '';
    this.adminUrl = ready.adminUrl ?? '';
    this.kafkaAddress = ready.kafkaAddress ?? '';
    this.startMs = ready.startMs ?? 0;
  }

  /** Resolves when the broker serves. Throws with the broker's last words when it does not come that far. */
  static async start(options: BrokerProcessOptions): Promise<BrokerProcess> {
    const started = spawnBroker(options);
    const timeout = AbortSignal.timeout(options.startTimeoutMs ?? 30_000);
    try {
      return new BrokerProcess(started, await readyLine(started, timeout));
    } catch (cause) {
      started.child.kill('SIGKILL');
      await started.ended;
      throw new Error(`the broker did not become ready:\n${started.log.join('\n')}`, { cause });
    }
  }

  get pid(): number {
    return this.#child.pid!;
  }

  get port(): number {
    return Number(new URL(this.url).port);
  }

  /** Of the door for Kafka clients. */
  get kafkaPort(): number {
    return Number(new URL(`tcp://${this.kafkaAddress}`).port);
  }

  /** The last lines that the process wrote to both of its outputs. */
  get log(): string {
    return this.#log.join('\n');
  }

  /** SIGKILL: nothing is flushed, nothing is said. */
  async kill(): Promise<ProcessEnd> {
    this.#child.kill('SIGKILL');
    return this.ended;
  }

  /** SIGTERM, as a service manager sends it, then waits for the clean end. */
  async stop(): Promise<ProcessEnd> {
    this.#child.kill('SIGTERM');
    return this.ended;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
  }
}

interface Started {
  readonly child: ChildProcessByStdio<null, Readable, Readable>;
  readonly ended: Promise<ProcessEnd>;
  readonly ready: Promise<ReadyLine>;
  readonly log: string[];
}

function spawnBroker(options: BrokerProcessOptions): Started {
  const args = [
    '--port',
    String(options.port ?? 0),
    '--admin-port',
    '0',
    '--kafka-port',
    String(options.kafkaPort ?? 0),
    '--log-format',
    'json',
    ...(options.args ?? []),
  ];
  const nodeFlags = [...(options.main.endsWith('.ts') ? ['--conditions=@q/source'] : []), ...(options.nodeFlags ?? [])];
  const command = [...(options.through ?? []), options.node ?? process.execPath, ...nodeFlags, options.main, ...args];
  const child = spawn(command[0]!, command.slice(1), {
    // Settings of a broker that the developer runs in the same shell are not meant for this one.
    env: Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('Q_'))),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const log: string[] = [];
  const ready = Promise.withResolvers<ReadyLine>();
  for (const output of [child.stdout, child.stderr]) {
    createInterface({ input: output }).on('line', (line) => {
      log.push(line);
      if (log.length > logLinesMax) log.shift();
      const parsed = parseReady(line);
      if (parsed !== null) ready.resolve(parsed);
    });
  }
  // A test that runs out of time is not disposed of; its broker must not outlive the process.
  const killAtExit = (): void => void child.kill('SIGKILL');
  process.once('exit', killAtExit);
  const ended = once(child, 'close').then(([code, signal]) => {
    process.removeListener('exit', killAtExit);
    return { code: code as number | null, signal: signal as NodeJS.Signals | null };
  });
  return { child, ended, ready: ready.promise, log };
}

async function readyLine(started: Started, signal: AbortSignal): Promise<ReadyLine> {
  const ready = await Promise.race([started.ready, started.ended, once(signal, 'abort')]);
  if ('url' in ready) return ready;
  throw new Error(signal.aborted ? 'not ready in time' : 'the process ended');
}

/** The line that says `ready`. Any other may be cut short, because a killed process does not finish its last one. */
function parseReady(line: string): ReadyLine | null {
  if (!line.startsWith('{') || !line.includes('"ready"') || !line.endsWith('}')) return null;
  const parsed = JSON.parse(line) as ReadyLine;
  return parsed.msg === 'ready' ? parsed : null;
}
