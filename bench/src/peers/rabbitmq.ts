import { chmod, mkdir, readdir, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { debianPackages } from './install/debian.ts';
import type { DebianRoot } from './install/debian.ts';
import { mavenLibraries } from './install/maven.ts';
import { parseRate, parseSendTimes } from './load-line.ts';
import { PeerMissing } from './peer.ts';
import type { InstalledPeer, Load, LoadResult, Peer, RunningPeer, SendTimes } from './peer.ts';
import { freePort, ServerProcess } from './server-process.ts';
import { runTool } from './tool.ts';
import type { ToolRun } from './tool.ts';

const erlangParts = [
  'base',
  'asn1',
  'crypto',
  'eldap',
  'ftp',
  'inets',
  'mnesia',
  'os-mon',
  'parsetools',
  'public-key',
  'runtime-tools',
  'snmp',
  'ssl',
  'syntax-tools',
  'tftp',
  'tools',
  'xmerl',
];
const packages = ['rabbitmq-server', ...erlangParts.map((part) => `erlang-${part}`)];
const loadProgram = fileURLToPath(new URL('StreamLoad.java', import.meta.url));
const clientVersion = '1.11.0';

export const rabbitmq: Peer = {
  name: 'RabbitMQ streams',
  // Super streams, its partitions, came with 3.11; Debian has 3.10.
  hasPartitions: false,
  acknowledgement: { default: 'in the page cache of one replica; streams never fsync, so there is no row with fsync' },
  settings: `stream plugin; its Java client ${clientVersion}: batches of 100 entries with 100 messages each, not compressed, 100,000 unconfirmed at most; awaited sends: one unconfirmed, one message a batch`,
  expected: { fsync: { records: 0, sends: 0 }, default: { records: 1_500_000, sends: 2000 } },
  install: async (cacheFolder) => {
    const root = await debianPackages(join(cacheFolder, 'rabbitmq-server'), packages);
    const classPath = await mavenLibraries(
      join(cacheFolder, 'rabbitmq-client'),
      [`com.rabbitmq:stream-client:${clientVersion}`, 'org.slf4j:slf4j-simple:1.7.36'],
      [loadProgram],
    );
    return {
      version: await versionIn(root),
      start: ({ folder }) => start({ root, classPath, folder }),
    } satisfies InstalledPeer;
  },
};

/** The server is in a folder with its version in the name. */
async function versionIn(root: DebianRoot): Promise<string> {
  const names = await readdir(join(root.path, 'usr/lib/rabbitmq/lib'));
  const version = names.map((name) => /^rabbitmq_server-(.+)$/.exec(name)?.[1]).find((found) => found !== undefined);
  if (version === undefined) throw new PeerMissing('the package rabbitmq-server holds no server');
  return version;
}

async function start({
  root,
  classPath,
  folder,
}: {
  root: DebianRoot;
  classPath: string;
  folder: string;
}): Promise<RunningPeer> {
  const [port, namesPort, distributionPort] = [await freePort(), await freePort(), await freePort()];
  const erlang = await prepareErlang(root, folder);
  // Erlang's name server would otherwise be started behind our back, and stay.
  const names = await ServerProcess.start(
    {
      program: join(erlang.binFolder, 'epmd'),
      args: ['-d', '-port', String(namesPort), '-address', '127.0.0.1'],
      env: root.env,
    },
    /epmd running/,
  );
  const pluginsFile = join(folder, 'enabled_plugins');
  await writeFile(pluginsFile, '[rabbitmq_stream].\n');
  const settingsFile = join(folder, 'rabbitmq.conf');
  await writeFile(
    settingsFile,
    `listeners.tcp = none\nstream.listeners.tcp.1 = 127.0.0.1:${port}\nstream.advertised_host = 127.0.0.1\nstream.advertised_port = ${port}\n`,
  );
  try {
    const server = await ServerProcess.start(
      {
        program: 'sh',
        args: [join(root.path, 'usr/lib/rabbitmq/bin/rabbitmq-server')],
        folder,
        env: {
          ...root.env,
          PATH: `${erlang.pathFolder}${delimiter}${process.env['PATH'] ?? ''}`,
          HOME: folder,
          ERL_EPMD_PORT: String(namesPort),
          ERL_EPMD_ADDRESS: '127.0.0.1',
          RABBITMQ_NODENAME: 'q-bench@localhost',
          RABBITMQ_DIST_PORT: String(distributionPort),
          RABBITMQ_CONF_ENV_FILE: join(folder, 'none'),
          RABBITMQ_CONFIG_FILE: settingsFile,
          RABBITMQ_ENABLED_PLUGINS_FILE: pluginsFile,
          RABBITMQ_MNESIA_BASE: join(folder, 'data'),
          RABBITMQ_LOG_BASE: join(folder, 'logs'),
          RABBITMQ_FEATURE_FLAGS_FILE: join(folder, 'feature_flags'),
          RABBITMQ_PLUGINS_EXPAND_DIR: join(folder, 'plugins'),
          // The script becomes the server, so that its id is the server's.
          RABBITMQ_ALLOW_INPUT: '1',
          RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS: '-noinput -kernel inet_dist_use_interface {127,0,0,1}',
        },
      },
      /Starting broker\.\.\. completed/,
    );
    return new RunningRabbit({ server, names, classPath, port });
  } catch (error) {
    await names[Symbol.asyncDispose]();
    throw error;
  }
}

/** Debian's `erl` looks only in the folder that it was made for; this one looks where it was unpacked. */
async function prepareErlang(root: DebianRoot, folder: string): Promise<{ binFolder: string; pathFolder: string }> {
  const rootFolder = join(root.path, 'usr/lib/erlang');
  const runtime = (await readdir(rootFolder)).find((name) => name.startsWith('erts-'));
  if (runtime === undefined) throw new PeerMissing('the package erlang-base holds no runtime');
  const binFolder = join(rootFolder, runtime, 'bin');
  const pathFolder = join(folder, 'path');
  await mkdir(pathFolder);
  const program = join(pathFolder, 'erl');
  await writeFile(
    program,
    `#!/bin/sh\nexport ROOTDIR='${rootFolder}' BINDIR='${binFolder}' EMU=beam PROGNAME=erl\nexec "$BINDIR/erlexec" "$@"\n`,
  );
  await chmod(program, 0o755);
  return { binFolder, pathFolder };
}

class RunningRabbit implements RunningPeer {
  readonly #server: ServerProcess;
  readonly #names: ServerProcess;
  readonly #classPath: string;
  readonly #port: number;

  constructor(parts: { server: ServerProcess; names: ServerProcess; classPath: string; port: number }) {
    this.#server = parts.server;
    this.#names = parts.names;
    this.#classPath = parts.classPath;
    this.#port = parts.port;
  }

  get pid(): number {
    return this.#server.pid;
  }

  async createTopic(topic: string): Promise<void> {
    await this.#load('create', topic);
  }

  async produce(topic: string, load: Load): Promise<LoadResult> {
    const { output, cost } = await this.#load('produce', topic, load);
    return { recordsPerSecond: parseRate(output), client: cost };
  }

  async consume(topic: string, load: Load): Promise<LoadResult> {
    const { output, cost } = await this.#load('consume', topic, load);
    return { recordsPerSecond: parseRate(output), client: cost };
  }

  async awaitedSends(topic: string, load: Load): Promise<SendTimes> {
    return parseSendTimes((await this.#load('single', topic, load)).output);
  }

  async deleteTopic(topic: string): Promise<void> {
    await this.#load('delete', topic);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server[Symbol.asyncDispose]();
    await this.#names[Symbol.asyncDispose]();
  }

  #load(work: string, topic: string, load?: Load): Promise<ToolRun> {
    const sizes = load === undefined ? [] : [String(load.records), String(load.valueBytes)];
    const args = [
      '-Xmx512M',
      '-Dorg.slf4j.simpleLogger.defaultLogLevel=error',
      '-cp',
      this.#classPath,
      'StreamLoad',
      work,
      String(this.#port),
      topic,
      ...sizes,
    ];
    return runTool({ program: 'java', args });
  }
}
