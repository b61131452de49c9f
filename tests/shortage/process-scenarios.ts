import { spawnSync } from 'node:child_process';
import type { SpawnSyncReturns } from 'node:child_process';
import { existsSync, mkdirSync, rmdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { fileURLToPath } from 'node:url';
import { connect } from '@q/client';
import type { Expect, Scenario } from './scenario.ts';
import { ShortBroker } from './short-broker.ts';

/** Nobody's. */
const user = 65_534;
const partitions = 32;
/** For a start that may hang. */
const startTimeoutMs = 15_000;
const asUser: readonly string[] = ['setpriv', `--reuid=${user}`, `--regid=${user}`, '--clear-groups'];

/**
 * A heap that is a fraction of the usual one: whether or not the broker lives through the load, it starts again and has
 * everything.
 */
function littleMemory(heapMiB: number): Scenario {
  return {
    name: `a heap of ${heapMiB} MiB`,
    needs: 'nothing',
    async run(expect) {
      await using short = await ShortBroker.make();
      const nodeFlags = [`--max-old-space-size=${heapMiB}`];
      await short.start({ nodeFlags });
      await short.createTopic(partitions);
      {
        await using q = await connect(short.broker.url);
        for (let round = 0; round < 20; round += 1) expect('write', refused(await short.write(q)));
      }
      expect('read', await short.compare());
      expect('stop', await short.stop());
      await short.start({ nodeFlags });
      expect('read after a stop', await short.compare());
      await short.kill();
      await short.start({ nodeFlags });
      expect('read after a kill', await short.compare());
      expect('the last stop', await short.stop());
    },
  };
}

/** Too few threads to start, or enough: it starts and serves, or ends; afterwards it starts as ever. */
function fewThreads(threads: readonly number[]): Scenario {
  return {
    name: `threads: ${threads.join(', ')}`,
    needs: 'another user',
    async run(expect) {
      await using short = await ShortBroker.make(user);
      await short.start({ through: asUser });
      await short.createTopic(partitions);
      expect('write with plenty', await short.writeAll());
      expect('stop with plenty', await short.stop());
      for (const count of threads)
        await attempt(expect, short, `with ${count} threads`, [...asUser, 'prlimit', `--nproc=${count}:${count}`]);
      await short.start({ through: asUser });
      const { status, stderr } = runAsUser('prlimit', `--pid=${short.broker.pid}`, '--nproc=1:1');
      expect('prlimit', status === 0 ? null : stderr);
      expect('write without another thread', await short.writeAll());
      expect('read without another thread', await short.compare());
      expect('stop without another thread', await short.stop());
    },
  };
}

/** As with threads: a cgroup counts both, of all its users. */
function fewPids(pids: readonly number[]): Scenario {
  return {
    name: `PIDs: ${pids.join(', ')}`,
    needs: 'a cgroup of PIDs',
    async run(expect) {
      using group = new PidsGroup();
      await using short = await ShortBroker.make();
      await short.start();
      await short.createTopic(partitions);
      expect('write with plenty', await short.writeAll());
      expect('stop with plenty', await short.stop());
      for (const count of pids) {
        group.limit(count);
        await attempt(expect, short, `with ${count} PIDs`, group.through);
      }
    },
  };
}

async function attempt(expect: Expect, short: ShortBroker, what: string, through: readonly string[]): Promise<void> {
  if (await starts(short, through)) {
    expect(`read ${what}`, await short.compare());
    expect(`write ${what}`, await short.writeAll());
    expect(`stop ${what}`, await short.stop());
  }
  await short.start(through[0] === 'setpriv' ? { through: asUser } : {});
  expect(`read after a start ${what}`, await short.compare());
  expect(`stop after a start ${what}`, await short.stop());
}

/**
 * False: it could not start, which is its right, if it ended. Node itself has not come as far as our code where it
 * hangs without a word: it waits for its own threads, or cannot make them.
 */
async function starts(short: ShortBroker, through: readonly string[]): Promise<boolean> {
  try {
    await short.start({ through, startTimeoutMs });
    return true;
  } catch (error) {
    const { message, cause } = error as Error;
    if (message === 'the broker did not become ready:\n' || String(cause).includes('the process ended')) return false;
    throw error;
  }
}

/** A group of control for PIDs, of either version; gone at the end. */
class PidsGroup implements Disposable {
  readonly path: string;

  constructor() {
    const root = existsSync('/sys/fs/cgroup/pids') ? '/sys/fs/cgroup/pids' : '/sys/fs/cgroup';
    this.path = `${root}/q-shortage-${process.pid}`;
    mkdirSync(this.path);
  }

  get through(): readonly string[] {
    return ['sh', '-c', `echo $$ > ${this.path}/cgroup.procs && exec "$@"`, 'sh'];
  }

  limit(pids: number): void {
    writeFileSync(`${this.path}/pids.max`, String(pids));
  }

  [Symbol.dispose](): void {
    rmdirSync(this.path);
  }
}

/** Why a group of control cannot be had here, or null. */
export function whyNoPidsGroup(): string | null {
  try {
    using group = new PidsGroup();
    group.limit(100);
    return null;
  } catch (error) {
    return `no cgroup of PIDs can be made here: ${(error as Error).message}`;
  }
}

/** Why a program cannot be run as another user here, or null. */
export function whyNoOtherUser(): string | null {
  if (process.getuid?.() !== 0) return 'only root can run the broker as another user';
  const { status, error, stderr } = runAsUser(process.execPath, '--version');
  if (status !== 0) return `another user cannot run the broker here: ${error?.message ?? stderr}`;
  // A clone in a folder that is root's alone, and a folder for temporary files that is.
  for (const [question, path] of [
    ['-r', fileURLToPath(import.meta.url)],
    ['-x', tmpdir()],
  ] as const) {
    if (runAsUser('test', question, path).status !== 0) return `another user has no way to ${path}`;
  }
  return null;
}

function runAsUser(...command: readonly string[]): SpawnSyncReturns<string> {
  const [program, ...args] = [...asUser, ...command];
  return spawnSync(program!, args, { encoding: 'utf8' });
}

function refused(codes: readonly string[]): string | null {
  return codes.length === 0 ? null : `${codes.length} refused: ${[...new Set(codes)].join(', ')}`;
}

export function processScenarios(scale: number): Scenario[] {
  const counts = scale > 1 ? [1, 3, 7, 9, 11, 16, 24, 32, 40] : [9];
  return [littleMemory(48), fewThreads(counts), fewPids(counts)];
}
