import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import type { Command } from 'commander';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { examplesOf } from '../src/examples.ts';
import { createProgram } from '../src/program.ts';

function program(run: () => void = () => undefined): { program: Command; said: () => string } {
  const said: string[] = [];
  const made = createProgram(
    {
      stdin: new PassThrough(),
      stdout: new PassThrough(),
      stderr: new PassThrough(),
      interrupt: new AbortController().signal,
    },
    { run: async () => run(), writeMistake: (text) => void said.push(text) },
  );
  return { program: made, said: () => said.join('') };
}

/** The command, and all below it. */
function all(command: Command, call: string): [string, Command][] {
  return [[call, command], ...command.commands.flatMap((child) => all(child, `${call} ${child.name()}`))];
}

/** The words of one `q …` of a line, as a shell would cut them. */
function wordsOf(line: string): string[] {
  const call =
    /(?:^|\| |&& |\$\()(q .*?)(?= \| | >>? | && |\)|$)/.exec(line)?.[1] ?? expect.fail(`no call of q in ${line}`);
  return [...call.matchAll(/'([^']*)'|"([^"]*)"|(\S+)/g)].map(
    ([, single, double, plain]) => single ?? double ?? plain ?? '',
  );
}

const home = mkdtempSync(join(tmpdir(), 'q-home-'));
mkdirSync(join(home, 'q'));
writeFileSync(join(home, 'q', 'config.yaml'), 'profiles: { live: { url: q://live } }\n');
beforeAll(() => {
  vi.stubEnv('XDG_CONFIG_HOME', home);
  return () => rmSync(home, { recursive: true });
});

const commands = all(program().program, 'q');

describe.each(commands)('%s', (call, command) => {
  const examples = examplesOf(command);

  it('O2 has two examples or more in its help, on lines of 80 columns', () => {
    expect(examples.length).toBeGreaterThanOrEqual(2);
    let help = '';
    command.configureOutput({ writeOut: (text) => (help += text), getOutHelpWidth: () => 80 });
    command.outputHelp();
    const [, shown = ''] = help.split('\nExamples:\n');
    expect(shown.split('\n').filter((line) => /^ {2}\S/.test(line)).length).toBeGreaterThanOrEqual(2);
    for (const line of help.split('\n')) expect(line.length, line).toBeLessThanOrEqual(80);
  });

  it('O2 understands its own examples', async () => {
    for (const [line] of examples) {
      let runs = 0;
      const fresh = program(() => (runs += 1));
      const [q, ...words] = wordsOf(line);
      expect(q).toBe('q');
      await fresh.program.parseAsync(words, { from: 'user' }).catch((error: unknown) => {
        expect.fail(`${line}: ${String(error)}\n${fresh.said()}`);
      });
      expect(runs, line).toBe(1);
    }
  });

  it('O2 is what its examples are about', () => {
    expect(examples.some(([line]) => line.includes(call))).toBe(true);
  });
});
