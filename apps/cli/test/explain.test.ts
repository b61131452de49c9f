import { errorTable } from '@q/client';
import { describe, expect, it } from 'vitest';
import { runHere } from './command-here.ts';

const nowhere = 'q://127.0.0.1:1';

describe('q explain', () => {
  it('Q2 tells what an error means, why it happens, and what to do on both sides, without a broker', async () => {
    const { stdout, code } = await runHere({ line: 'explain STORAGE_FULL', url: nowhere });
    expect(code).toBe(0);
    expect(stdout).toMatch(/^STORAGE_FULL \(80\): the same request may succeed later\n/);
    expect(stdout).toMatch(/\nWhy\n {2}- .*diskReserveBytes/);
    expect(stdout).toMatch(/\nIn the program\n {2}- .*Nothing was lost/);
    expect(stdout).toMatch(/\nAt the broker\n[\s\S]*q topic trim/);
    expect(stdout).toContain('KAFKA_STORAGE_ERROR (56)');
  });

  it.each([
    ['storage_full', 'STORAGE_FULL (80)'],
    ['storage-full', 'STORAGE_FULL (80)'],
    ['80', 'STORAGE_FULL (80)'],
    ['200', 'CONNECTION_LOST (200)'],
    ['kafka:56', 'KAFKA_STORAGE_ERROR (56) of the Kafka protocol'],
    ['NOT_LEADER_OR_FOLLOWER', 'NOT_LEADER_OR_FOLLOWER (6) of the Kafka protocol'],
    ['-1', 'UNKNOWN (-1)'],
  ])('Q2 takes %s', async (word, expected) => {
    const { stdout, code } = await runHere({ line: `explain -- ${word}`, url: nowhere });
    expect({ code, begins: stdout.includes(expected) }).toEqual({ code: 0, begins: true });
  });

  it('Q2 tells of a number that both protocols have what it is in each', async () => {
    const { stdout } = await runHere({ line: 'explain 3', url: nowhere });
    expect(stdout).toContain('HELLO_REQUIRED (3)');
    expect(stdout).toContain('UNKNOWN_TOPIC_OR_PARTITION (3) of the Kafka protocol');
  });

  it('Q2 guesses what a mistyped name meant', async () => {
    const { stderr, code } = await runHere({ line: 'explain STORAGE_FUL', url: nowhere });
    expect(code).toBe(3);
    expect(stderr).toContain('did you mean "q explain STORAGE_FULL"?');
    expect((await runHere({ line: 'explain 4711', url: nowhere })).stderr).toContain('q explain --list');
    expect((await runHere({ line: 'explain', url: nowhere })).code).toBe(2);
  });

  it('Q2 wraps for a terminal, and not in a pipe', async () => {
    const piped = (await runHere({ line: 'explain STORAGE_FULL', url: nowhere })).stdout;
    expect(piped.split('\n').some((line) => line.length > 120)).toBe(true);
  });

  it('Q2 lists every error', async () => {
    const { stdout } = await runHere({ line: 'explain --list', url: nowhere });
    const names = stdout
      .trimEnd()
      .split('\n')
      .slice(1)
      .map((line) => line.split('\t')[0]);
    expect(names).toEqual(errorTable.map(({ name }) => name));
  });

  it('Q2 has causes and advice for every error, in whole sentences', async () => {
    const { stdout } = await runHere({ line: 'explain --list --json', url: nowhere });
    const { errors } = JSON.parse(stdout) as {
      errors: { name: string; page: { causes: string[]; client: string[]; broker: string[] } }[];
    };
    for (const { name, page } of errors) {
      expect([name, page.causes.length > 0]).toEqual([name, true]);
      expect([name, name === 'NONE' || page.client.length > 0]).toEqual([name, true]);
      for (const text of [...page.causes, ...page.client, ...page.broker]) expect(text).toMatch(/^[A-Z`].*[.?]$/);
    }
  });
});
