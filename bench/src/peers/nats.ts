import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { goPrograms } from './install/go.ts';
import { parseNatsRate, parseNatsSendTimes } from './nats-output.ts';
import type { Durability, InstalledPeer, Load, LoadResult, Peer, RunningPeer, SendTimes } from './peer.ts';
import { freePort, ServerProcess } from './server-process.ts';
import { runTool } from './tool.ts';
import type { ToolRun } from './tool.ts';

const version = '2.15.2';
const packages = [`github.com/nats-io/nats-server/v2@v${version}`, 'github.com/nats-io/natscli/nats@v0.5.0'];
const batch = '1000';

/** The faster of the client's ways to publish, for each durability; plain asynchronous publishing is slower in both. */
const publisher: Readonly<Record<Durability, string>> = { fsync: 'atomic', default: 'fast' };

export const nats: Peer = {
  name: 'NATS JetStream',
  hasPartitions: false,
  acknowledgement: {
    fsync: 'written and fsynced (sync_interval: always), once for each atomic batch of 1,000',
    default: 'in the page cache (synced every two minutes)',
  },
  settings: `file storage, one replica; nats bench js pub, batches of ${batch}: atomic with sync_interval always, fast otherwise; nats bench js ordered; awaited sends: nats bench js pub sync`,
  expected: { fsync: { records: 130_000, sends: 2000 }, default: { records: 270_000, sends: 6000 } },
  install: async (cacheFolder) => {
    const bin = await goPrograms(join(cacheFolder, 'nats'), packages);
    return { version, start: (options) => start(bin, options) } satisfies InstalledPeer;
  },
};

async function start(
  bin: string,
  { folder, durability }: { folder: string; durability: Durability },
): Promise<RunningPeer> {
  const port = await freePort();
  const settingsFile = join(folder, 'nats.conf');
  const sync = durability === 'fsync' ? 'sync_interval: always' : '';
  await writeFile(
    settingsFile,
    `listen: 127.0.0.1:${port}\njetstream {\n  store_dir: ${JSON.stringify(join(folder, 'data'))}\n  ${sync}\n}\n`,
  );
  const server = await ServerProcess.start(
    { program: join(bin, 'nats-server'), args: ['-c', settingsFile] },
    /Server is ready/,
  );
  return new RunningNats({ server, durability, program: join(bin, 'nats'), port, folder });
}

class RunningNats implements RunningPeer {
  readonly #server: ServerProcess;
  readonly #durability: Durability;
  readonly #program: string;
  readonly #port: number;
  readonly #folder: string;

  constructor(parts: { server: ServerProcess; durability: Durability; program: string; port: number; folder: string }) {
    this.#server = parts.server;
    this.#durability = parts.durability;
    this.#program = parts.program;
    this.#port = parts.port;
    this.#folder = parts.folder;
  }

  get pid(): number {
    return this.#server.pid;
  }

  /** The load tool creates its stream, with what its way of publishing needs. */
  createTopic(): Promise<void> {
    return Promise.resolve();
  }

  async produce(topic: string, load: Load): Promise<LoadResult> {
    const { output, cost } = await this.#bench(
      ['pub', publisher[this.#durability], `${topic}.x`, '--create', '--batch', batch],
      topic,
      load,
    );
    return { recordsPerSecond: parseNatsRate(output), client: cost };
  }

  async consume(topic: string, load: Load): Promise<LoadResult> {
    const { output, cost } = await this.#bench(['ordered'], topic, load);
    return { recordsPerSecond: parseNatsRate(output), client: cost };
  }

  async awaitedSends(topic: string, load: Load): Promise<SendTimes> {
    const { output } = await this.#bench(['pub', 'sync', `${topic}.x`, '--create'], topic, load);
    return parseNatsSendTimes(output);
  }

  async deleteTopic(topic: string): Promise<void> {
    await this.#run(['stream', 'rm', topic, '--force']);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server[Symbol.asyncDispose]();
  }

  #bench(args: readonly string[], topic: string, { valueBytes, records }: Load): Promise<ToolRun> {
    const sizes = ['--stream', topic, '--msgs', String(records), '--size', String(valueBytes)];
    const isPublisher = args[0] === 'pub';
    return this.#run([
      'bench',
      'js',
      ...args,
      ...sizes,
      '--no-progress',
      ...(isPublisher ? ['--maxbytes', '8GB'] : []),
    ]);
  }

  #run(args: readonly string[]): Promise<ToolRun> {
    // Its settings stay with the run: the tool would read and write the user's own.
    return runTool({
      program: this.#program,
      args: ['-s', `nats://127.0.0.1:${this.#port}`, ...args],
      env: { HOME: this.#folder, XDG_CONFIG_HOME: this.#folder },
    });
  }
}
