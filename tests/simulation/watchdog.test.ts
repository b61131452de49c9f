import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { expect, it } from 'vitest';

const url = new URL('watchdog.ts', import.meta.url).href;

async function endOf(body: string): Promise<{ code: number | null; signal: string | null; errors: string }> {
  const program = `import { Watchdog } from '${url}';
    using watchdog = new Watchdog({ command: 'pnpm sim --seed', secondsMax: 0.5 });
    ${body}`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', program], {
    stdio: ['ignore', 'ignore', 'pipe'],
    timeout: 15_000,
  });
  const errors = text(child.stderr);
  const [code, signal] = (await once(child, 'close')) as [number | null, string | null];
  return { code, signal, errors: await errors };
}

it('a run that gives no turn to anybody else is ended, and named by its seed', async () => {
  const { signal, errors } = await endOf('watchdog.begins(6); watchdog.begins(7); for (;;) await null;');
  // A process that is ended by the test has SIGTERM.
  expect(signal).toBe('SIGKILL');
  expect(errors).toContain('a run did not end within 0.5 s: pnpm sim --seed 7');
});

it('runs that end in time are left alone, and so is the process that made them', async () => {
  const { code, errors } = await endOf(`
    for (let seed = 0; seed < 10; seed += 1) {
      watchdog.begins(seed);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }`);
  expect([code, errors]).toEqual([0, '']);
});
