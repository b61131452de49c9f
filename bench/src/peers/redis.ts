import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { debianPackages } from './install/debian.ts';
import type { DebianRoot } from './install/debian.ts';
import { parseRate } from './load-line.ts';
import { PeerMissing } from './peer.ts';
import type { Durability, InstalledPeer, Load, LoadResult, Peer, RunningPeer, SendTimes } from './peer.ts';
import { parseRedisRate, parseRedisSendTimes } from './redis-output.ts';
import { freePort, ServerProcess } from './server-process.ts';
import { runTool } from './tool.ts';
import type { ToolRun } from './tool.ts';

const packages = ['redis-server', 'redis-tools', 'libjemalloc2', 'liblzf1'];
const appendFsync: Readonly<Record<Durability, string>> = { fsync: 'always', default: 'everysec' };
const loadOptions = ['-c', '50', '-P', '100'];
const readProgram = fileURLToPath(new URL('redis-read.ts', import.meta.url));

export const redis: Peer = {
  name: 'Redis Streams',
  hasPartitions: false,
  acknowledgement: {
    fsync: 'in memory, and in the append-only file, fsynced (appendfsync always), once for all commands of a turn',
    default: 'in memory, and in the page cache; synced every second (appendfsync everysec)',
  },
  settings: `appendonly yes, no snapshots; redis-benchmark ${loadOptions.join(' ')} with XADD; an own program that sends XREAD COUNT 5000; awaited sends: redis-benchmark -c 1 -P 1`,
  expected: { fsync: { records: 170_000, sends: 2000 }, default: { records: 400_000, sends: 8000 } },
  install: async (cacheFolder) => {
    const root = await debianPackages(join(cacheFolder, 'redis'), packages);
    const { output } = await runTool({ program: programIn(root, 'redis-server'), args: ['--version'], env: root.env });
    const version = /v=(\S+)/.exec(output)?.[1];
    if (version === undefined) throw new PeerMissing(`redis-server --version said: ${output}`);
    return { version, start: (options) => start(root, options) } satisfies InstalledPeer;
  },
};

function programIn(root: DebianRoot, name: string): string {
  return join(root.path, 'usr', 'bin', name);
}

async function start(
  root: DebianRoot,
  { folder, durability }: { folder: string; durability: Durability },
): Promise<RunningPeer> {
  const port = await freePort();
  const settings = {
    port,
    bind: '127.0.0.1',
    dir: folder,
    appendonly: 'yes',
    appendfsync: appendFsync[durability],
    save: '',
  };
  const args = Object.entries(settings).flatMap(([name, value]) => [`--${name}`, String(value)]);
  const server = await ServerProcess.start(
    { program: programIn(root, 'redis-server'), args, env: root.env },
    /Ready to accept connections/,
  );
  return new RunningRedis({ server, root, port });
}

class RunningRedis implements RunningPeer {
  readonly #server: ServerProcess;
  readonly #root: DebianRoot;
  readonly #port: number;

  constructor(parts: { server: ServerProcess; root: DebianRoot; port: number }) {
    this.#server = parts.server;
    this.#root = parts.root;
    this.#port = parts.port;
  }

  get pid(): number {
    return this.#server.pid;
  }

  /** A stream is there when the first record is. */
  createTopic(): Promise<void> {
    return Promise.resolve();
  }

  async produce(topic: string, load: Load): Promise<LoadResult> {
    const { output, cost } = await this.#add(loadOptions, topic, load);
    return { recordsPerSecond: parseRedisRate(output), client: cost };
  }

  async consume(topic: string, { valueBytes, records }: Load): Promise<LoadResult> {
    const args = [
      '--conditions=@q/source',
      readProgram,
      String(this.#port),
      topic,
      String(records),
      String(valueBytes),
    ];
    const { output, cost } = await runTool({ program: process.execPath, args });
    return { recordsPerSecond: parseRate(output), client: cost };
  }

  async awaitedSends(topic: string, load: Load): Promise<SendTimes> {
    return parseRedisSendTimes((await this.#add(['-c', '1', '-P', '1'], topic, load)).output);
  }

  async deleteTopic(topic: string): Promise<void> {
    await this.#run('redis-cli', ['UNLINK', topic]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server[Symbol.asyncDispose]();
  }

  #add(options: readonly string[], topic: string, { valueBytes, records }: Load): Promise<ToolRun> {
    return this.#run('redis-benchmark', [
      '-n',
      String(records),
      ...options,
      '--csv',
      'XADD',
      topic,
      '*',
      'v',
      'x'.repeat(valueBytes),
    ]);
  }

  #run(name: string, args: readonly string[]): Promise<ToolRun> {
    return runTool({
      program: programIn(this.#root, name),
      args: ['-h', '127.0.0.1', '-p', String(this.#port), ...args],
      env: this.#root.env,
    });
  }
}
