import { MemoryFileSystem } from '@q/storage';
import { FaultyFileSystem } from '@q/testkit';
import { describe, expect, it } from 'vitest';
import {
  CleanerCheckpoint,
  decodeCleanerCheckpoint,
  encodeCleanerCheckpoint,
} from '../../src/compaction/cleaner-checkpoint.ts';

describe('cleaner-checkpoint', () => {
  it('S4 writes and reads the frozen text', () => {
    expect(encodeCleanerCheckpoint({ cleanerPoint: 4_711, nextHorizonMs: -1 })).toBe('0\n4711 -1\n');
    expect(decodeCleanerCheckpoint('0\n4711 -1\n')).toEqual({ cleanerPoint: 4_711, nextHorizonMs: -1 });
    expect(decodeCleanerCheckpoint('0\n0 1700000000000\n')).toEqual({
      cleanerPoint: 0,
      nextHorizonMs: 1_700_000_000_000,
    });
  });

  it.each(['', '0\n', '0\n1\n', '0\n-1 0\n', '0\n1 1', '0\n1 x\n'])('S2 takes %j for no checkpoint', (text) => {
    expect(decodeCleanerCheckpoint(text)).toBeNull();
  });

  it('S2 refuses one of a later version', () => {
    expect(() => decodeCleanerCheckpoint('1\n1 1\n')).toThrow('written by a newer q');
  });

  it('S4 keeps its state across openings, and begins at 0 without it', async () => {
    const fileSystem = new MemoryFileSystem();
    await fileSystem.makeDirectory('/log');
    const first = new CleanerCheckpoint({ fileSystem, directory: '/log' });
    await first.load();
    expect([first.cleanerPoint, first.nextHorizonMs]).toEqual([0, -1]);
    await first.save({ cleanerPoint: 9, nextHorizonMs: 5 });
    const second = new CleanerCheckpoint({ fileSystem, directory: '/log' });
    await second.load();
    expect([second.cleanerPoint, second.nextHorizonMs]).toEqual([9, 5]);
  });

  const state = { cleanerPoint: 9, nextHorizonMs: -1 };

  it.each([
    ['it was not there', async () => undefined],
    ['a pass in which nothing went has saved it', async (before: CleanerCheckpoint) => await before.save(state)],
  ] as const)('S2 is there after a power cut once it was made: %s', async (_, prepare) => {
    const fileSystem = await folder();
    const checkpoint = new CleanerCheckpoint({ fileSystem, directory: '/log' });
    await prepare(checkpoint);
    await checkpoint.make();
    expect(await (await fileSystem.crash('all')).readDirectory('/log')).toContain('cleaner-checkpoint');
  });

  it('S2 is there after a power cut though the process that has saved it was killed', async () => {
    const before = await folder();
    await new CleanerCheckpoint({ fileSystem: before, directory: '/log' }).save(state);
    const fileSystem = before.killProcess();
    await new CleanerCheckpoint({ fileSystem, directory: '/log' }).make();
    const found = await fileSystem.crash('all');
    expect((await found.readFile('/log/cleaner-checkpoint')).toString()).toBe(encodeCleanerCheckpoint(state));
  });
});

async function folder(): Promise<FaultyFileSystem> {
  const fileSystem = new FaultyFileSystem();
  await fileSystem.makeDirectory('/log');
  await fileSystem.syncDirectory('');
  return fileSystem;
}
