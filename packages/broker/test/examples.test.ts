import { readFile } from 'node:fs/promises';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';

const printed: string[] = [];

beforeEach(() => {
  printed.length = 0;
  vi.spyOn(console, 'log').mockImplementation((...values: unknown[]) => void printed.push(values.join(' ')));
});

afterEach(() => {
  vi.restoreAllMocks();
});

async function isInReadme(example: string): Promise<boolean> {
  const [code, readme] = await Promise.all(
    [example, 'README.md'].map((path) => readFile(new URL(`../${path}`, import.meta.url), 'utf8')),
  );
  return readme!.includes(code!);
}

it('O3 the example that changes settings runs, and the README shows it', async () => {
  await import('../examples/change-settings.ts');
  expect(printed).toEqual(['500, because of the api']);
  expect(await isInReadme('examples/change-settings.ts')).toBe(true);
});

it('Q1 the start example runs, and the README shows it', async () => {
  await import('../examples/start.ts');
  expect(printed).toEqual([
    expect.stringMatching(/^listening on q:\/\/127\.0\.0\.1:\d+$/) as string,
    '200 {"status":"ready","reasons":[]}',
  ]);
  expect(await isInReadme('examples/start.ts')).toBe(true);
});

it('Q1 B3 the example for tests runs, and the README shows it', async () => {
  await import('../examples/in-a-test.ts');
  expect(printed).toEqual(['stored at offset 0']);
  expect(await isInReadme('examples/in-a-test.ts')).toBe(true);
});
