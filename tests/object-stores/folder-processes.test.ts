import { spawn } from 'node:child_process';
import type { ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { openObjectStore } from '@q/cluster';
import { nodeClock } from '@q/storage';
import { expect, it, onTestFinished } from 'vitest';

const namesCount = 200;
const killedAfter = 60;

/** One process; killed with -9 once it was told enough. */
class Racer {
  readonly #child: ChildProcessByStdio<Writable, Readable, null>;
  readonly #lines: AsyncIterator<string>;
  /** What it was told, by the number of the name. */
  readonly told = new Map<number, string>();

  constructor(folder: string, racer: string) {
    const program = join(import.meta.dirname, 'folder-racer.ts');
    const args = [program, folder, racer, `${namesCount}`];
    this.#child = spawn(process.execPath, args, { stdio: ['pipe', 'pipe', 'inherit'] });
    this.#lines = createInterface({ input: this.#child.stdout })[Symbol.asyncIterator]();
  }

  async ready(): Promise<void> {
    expect(await this.#lines.next()).toMatchObject({ value: 'ready' });
  }

  async race({ isKilled }: { readonly isKilled: boolean }): Promise<void> {
    const ended = once(this.#child, 'close');
    this.#child.stdin.end('x');
    for (let line = await this.#lines.next(); line.done !== true; line = await this.#lines.next()) {
      const [n = '', outcome = ''] = line.value.split(' ');
      this.told.set(Number(n), outcome);
      if (isKilled && this.told.size === killedAfter) this.#child.kill('SIGKILL');
    }
    await ended;
  }
}

it('B7 gives each name in a folder to one of several processes, whole, though one is killed', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'q-racers-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const racers = ['a', 'b', 'c'];
  const processes = racers.map((racer) => new Racer(folder, racer));
  await Promise.all(processes.map((each) => each.ready()));
  await Promise.all(processes.map((each, at) => each.race({ isKilled: at === 0 })));
  const told = processes.map((each) => each.told);
  await using store = openObjectStore(`folder:${folder}`, { clock: nodeClock });
  for (let n = 0; n < namesCount; n += 1) {
    const found = await store.get(`race/${n}`, { timeoutMs: 20_000 });
    const bytes = found.outcome === 'found' ? found.bytes : Buffer.alloc(0);
    const owner = bytes.subarray(0, 1).toString();
    expect(bytes.equals(Buffer.alloc(100_000, owner)) && racers.includes(owner), `name ${n}`).toBe(true);
    const winners = racers.filter((_, at) => told[at]!.get(n) === 'created');
    // Who was killed may have won without being told.
    expect(winners.length === 0 ? 'a' : winners.join(), `name ${n}`).toBe(owner);
  }
  const wins = told.map((outcomes) => [...outcomes.values()].filter((outcome) => outcome === 'created').length);
  expect(wins.filter((count) => count > 0).length, `all won by one: ${wins.join()}`).toBeGreaterThan(1);
}, 60_000);
