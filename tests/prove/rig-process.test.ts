import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runRig } from './rig-process.ts';

const patienceMs = 60_000;
let temporary: string;

beforeEach(async () => {
  temporary = await mkdtemp(join(tmpdir(), 'q-prove-'));
});

afterEach(async () => {
  await rm(temporary, { recursive: true, force: true });
});

describe('a rig in its process', () => {
  it('gives its report', async () => {
    const job = { rig: 'fuzz', args: ['--count', '10', '--only', 'error answer'], isAlone: false };
    expect(await runRig(job, { temporary, signal: new AbortController().signal })).toMatchObject([
      { rig: 'fuzz/error answer', runs: 10, failures: [] },
    ]);
  });

  it('that dies without one is a failure, with its last words and its command', async () => {
    const job = { rig: 'fuzz', args: ['--count', 'many'], isAlone: false };
    const [report] = await runRig(job, { temporary, signal: new AbortController().signal });
    expect(report).toMatchObject({
      runs: 0,
      failures: [{ replay: 'node --conditions=@q/source tests/rig.ts fuzz --count many' }],
    });
    expect(report!.failures[0]!.message).toContain("'many' is not a number");
  });

  it('is not begun when the time is over', async () => {
    const [report] = await runRig(
      { rig: 'kill', args: [], isAlone: false },
      { temporary, signal: AbortSignal.abort('it is late') },
    );
    expect(report!.failures[0]!.message).toBe('the rig was not begun: it is late');
  });

  it.skipIf(process.platform !== 'linux')(
    'ends with its brokers when the time is over',
    { timeout: 2 * patienceMs },
    async () => {
      const stop = new AbortController();
      const running = runRig(
        { rig: 'kill', args: ['--count', '100000'], isAlone: false },
        { temporary, signal: stop.signal },
      );
      await becomes(async () => (await processesOf(temporary)).length > 0);
      stop.abort('it is late');
      const [report] = await running;
      expect(report!.failures[0]!.message).toContain('the rig was ended: it is late');
      await becomes(async () => (await processesOf(temporary)).length === 0);
    },
  );
});

/** Those with the folder in their command line, as a broker has its data folder. */
async function processesOf(folder: string): Promise<string[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  // A process may end between the two looks at it.
  const lines = await Promise.all(pids.map((pid) => readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')));
  return lines.filter((line) => line.includes(folder));
}

async function becomes(isSo: () => Promise<boolean>): Promise<void> {
  const endMs = performance.now() + patienceMs;
  while (!(await isSo())) {
    if (performance.now() > endMs) throw new Error('it does not come to that');
    await pause(20);
  }
}
