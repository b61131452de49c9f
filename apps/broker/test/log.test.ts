import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { chooseLogFormat } from '../src/log.ts';

const log = fileURLToPath(new URL('../src/log.ts', import.meta.url));

/** What a program with this code writes; standard output itself is what is tested. */
function output(code: string): string {
  const program = `import { ProgramLog } from ${JSON.stringify(log)}; ${code}`;
  const { stdout, stderr } = spawnSync(
    process.execPath,
    ['--conditions=@q/source', '--input-type=module', '-e', program],
    { encoding: 'utf8' },
  );
  expect(stderr).toBe('');
  return stdout;
}

describe('log', () => {
  it('O5 is text on a terminal and JSON elsewhere, unless told otherwise', () => {
    expect([
      chooseLogFormat('auto', true),
      chooseLogFormat('auto', false),
      chooseLogFormat('json', true),
      chooseLogFormat('text', false),
    ]).toEqual(['text', 'json', 'json', 'text']);
  });

  it('O5 keeps early lines with their own times, and writes them in order', () => {
    const lines = output(`
      const log = new ProgramLog({ level: 'info', format: 'json' });
      log.debug({ event: 'a.b' }, 'not wanted'); log.info({ event: 'a.b', n: 1 }, 'first');
      await new Promise((resolve) => setTimeout(resolve, 20));
      log.open(); log.info({ event: 'a.b', n: 2 }, 'second');`)
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { msg: string; time: string; level: string; n: number });
    expect(lines).toMatchObject([
      { level: 'info', n: 1, msg: 'first' },
      { level: 'info', n: 2, msg: 'second' },
    ]);
    expect(Date.parse(lines[1]!.time) - Date.parse(lines[0]!.time)).toBeGreaterThanOrEqual(15);
  });

  it('O5 does not lose a warning or a fault to a process that ends', () => {
    const text = output(`
      const log = new ProgramLog({ level: 'info', format: 'json' });
      log.info({ event: 'a.b' }, 'before'); log.fatal({ event: 'a.c', err: new Error('planted') }, 'fault'); process.exit(1);`);
    expect(text).toMatch(/"msg":"before"[\s\S]*"message":"planted"[\s\S]*"msg":"fault"/);
  });

  it('O5 is silent when told so', () => {
    expect(
      output(
        `const log = new ProgramLog({ level: 'silent', format: 'json' }); log.fatal({ event: 'a.b' }, 'x'); log.open();`,
      ),
    ).toBe('');
  });
});
