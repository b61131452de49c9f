/** What the model of the take-over promises, and that it finds each mistake of the design (rows H1, H2, H3). */
import { execFile, spawnSync } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { shareOfDay } from '../share-of-day.ts';

const model = new URL('../../docs/model/take-over.pml', import.meta.url).pathname;
const readme = new URL('../../docs/model/README.md', import.meta.url).pathname;
const text = await readFile(model, 'utf8');
const mistakes = [...new Set(text.match(/MISTAKE_[A-Z]+(?:_[A-Z]+)*/g))].toSorted();
const missing = ['spin', 'gcc'].filter((tool) => spawnSync(tool, ['--version']).error !== undefined);
const run = promisify(execFile);
const limits = { timeout: 240_000, maxBuffer: 1 << 24 };

/** Explores every order of steps: how many states there are, and how many runs break a promise. */
async function explore(mistake?: string): Promise<{ errors: number; states: number; told: string }> {
  const folder = await mkdtemp(join(tmpdir(), 'q-model-'));
  const inFolder = { ...limits, cwd: folder };
  try {
    await run('spin', [...(mistake === undefined ? [] : [`-D${mistake}`]), '-a', model], inFolder);
    // A mistake is found sooner, and in fewest steps, where each depth is done before the next.
    const order = mistake === undefined ? [] : ['-DBFS'];
    await run('gcc', ['-O2', '-w', '-DSAFETY', '-DCOLLAPSE', ...order, '-o', 'pan', 'pan.c'], inFolder);
    const { stdout } = await run('./pan', ['-m200000', '-E'], inFolder);
    const [, errors] = /errors: (\d+)/.exec(stdout) ?? [];
    const [, states] = /(\d+) states, stored/.exec(stdout) ?? [];
    return { errors: Number(errors), states: Number(states), told: stdout };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

describe('H1 H2 the model of the take-over', () => {
  it('tells in its README of every mistake that can be planted', async () => {
    const told = (await readFile(readme, 'utf8')).match(/^\| `([A-Z_]+)` \|/gm)!;
    expect(told.map((row) => `MISTAKE_${row.slice(3, -3)}`).toSorted()).toEqual(mistakes);
  });

  it.skipIf(missing.length > 0)('keeps every promise in every order of steps', { timeout: 300_000 }, async () => {
    const { errors, states, told } = await explore();
    expect(errors, told).toBe(0);
    // All of it, not a part that some limit has cut off.
    expect(told).not.toMatch(/max search depth too small|out of memory/);
    expect(states).toBeGreaterThan(3_000_000);
  });

  it.skipIf(missing.length > 0).each(shareOfDay(mistakes, 3))('finds %s', { timeout: 300_000 }, async (mistake) => {
    const { errors, told } = await explore(mistake);
    expect(errors, told).toBe(1);
    expect(told).toContain('assertion violated');
  });
});
