import { ownDefinitions } from '@q/broker';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { resolveSettings } from '../src/resolve-settings.ts';
import { readSettingsFile } from '../src/settings-file.ts';
import { settingsList } from '../src/settings-list.ts';

const entries = new Map(ownDefinitions().map((definition) => [definition.name, definition]));

const words = fc.constantFrom(
  ...settingsList.map(({ key }) => key),
  ...[...entries.keys()].slice(0, 20),
  'limits',
  '__proto__',
  'constructor',
  '*a',
  '&a 1',
  '<<',
  '!!js/function x',
  '[1, 2]',
  '{ a: b }',
  '|',
  '1e3',
  'none',
  'null',
  '~',
  '"',
  '- x',
);
const line = fc
  .tuple(fc.nat(3), words, fc.oneof(words, fc.string({ maxLength: 10 }), fc.nat().map(String)))
  .map(([depth, key, value]) => `${' '.repeat(depth * 2)}${key}: ${value}`);
const files = fc.oneof(
  fc.string({ maxLength: 200, unit: 'binary' }),
  fc.array(line, { maxLength: 12 }).map((lines) => lines.join('\n')),
);

describe('a file of settings, whatever it holds', () => {
  it('Q3 is read, or every reason why not is told with the name of the file', async () => {
    await fc.assert(
      fc.asyncProperty(files, async (text) => {
        const { given, problems } = await readSettingsFile(text, 'q.yaml');
        for (const problem of problems) expect(problem).toContain('q.yaml');
        for (const { from } of given) expect(from).toMatch(/ in q\.yaml, line \d+$/);
      }),
      { numRuns: 300 },
    );
  });

  it('Q3 gives settings that are all allowed, or problems', async () => {
    const input = { argv: ['--config', 'q.yaml'], env: {}, entries: () => Promise.resolve(entries) };
    await fc.assert(
      fc.asyncProperty(files, async (text) => {
        const resolved = await resolveSettings({ ...input, readFile: () => Promise.resolve(text) });
        if (resolved.kind === 'refused') expect(resolved.problems).not.toEqual([]);
        else if (resolved.kind === 'settings')
          for (const [key, value] of Object.entries(resolved.settings)) expect([key, value]).not.toContain(undefined);
        else expect.fail(resolved.kind);
      }),
      { numRuns: 300 },
    );
  });

  it('Q3 does not follow aliases into a mountain', async () => {
    const bomb = [
      'a: &a0 x',
      ...Array.from({ length: 30 }, (_, n) => `b${n}: &a${n + 1} [*a${n}, *a${n}, *a${n}]`),
    ].join('\n');
    const { problems } = await readSettingsFile(bomb, 'q.yaml');
    expect(problems.length).toBeGreaterThan(0);
    expect(problems.length).toBeLessThan(100);
  });
});
