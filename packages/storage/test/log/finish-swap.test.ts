import { encodeBatch } from '@q/protocol';
import { FaultyFileSystem } from '@q/testkit';
import { describe, expect, it } from 'vitest';
import { finishSwaps } from '../../src/log/finish-swap.ts';

const name = (offset: number, ending: string): string => `${String(offset).padStart(20, '0')}.${ending}`;

async function folder(names: string[], swap: Buffer): Promise<FaultyFileSystem> {
  const disk = new FaultyFileSystem();
  await disk.makeDirectory('/log');
  for (const each of names) {
    const file = await disk.open(`/log/${each}`, 'create');
    await file.write([each.endsWith('.swap') ? swap : Buffer.from('old')], 0);
    await file.datasync();
  }
  await disk.syncDirectory('');
  await disk.syncDirectory('/log');
  return disk;
}

/** Replaces what began at 10 and at 20: its last record is number 24. */
const rewritten = encodeBatch([{ value: 'a' }, { value: 'b' }, { value: 'c' }], { baseOffset: 22 });

describe('finishSwaps', () => {
  const sources = [name(10, 'log'), name(10, 'index'), name(10, 'timeindex'), name(20, 'log'), name(20, 'index')];
  const others = [name(0, 'log'), name(0, 'index'), name(25, 'log'), name(25, 'index'), name(20, 'snapshot')];

  it('S2 S4 removes what the swap replaces, indexes included, and puts it in place', async () => {
    const disk = await folder([...sources, ...others, name(10, 'log.swap')], rewritten);
    expect(
      await finishSwaps(disk, { directory: '/log', names: await disk.readDirectory('/log'), blockBytes: 4_096 }),
    ).toBe(1);
    const after = await disk.crash('all');
    expect((await after.readDirectory('/log')).toSorted()).toEqual([...others, name(10, 'log')].toSorted());
    expect(await after.readFile(`/log/${name(10, 'log')}`)).toEqual(rewritten);
  });

  it('S2 S4 also when the crash came after some sources, or all, were set aside', async () => {
    for (const left of [[], [name(20, 'log')], [name(10, 'index')]]) {
      const disk = await folder([...left, ...others, name(10, 'log.swap')], rewritten);
      await finishSwaps(disk, { directory: '/log', names: await disk.readDirectory('/log'), blockBytes: 4_096 });
      expect((await disk.readDirectory('/log')).toSorted()).toEqual([...others, name(10, 'log')].toSorted());
    }
  });

  it('S4 an empty swap replaces at least the segment of its own name', async () => {
    const disk = await folder(
      [name(10, 'log'), name(10, 'index'), name(20, 'log'), name(10, 'log.swap')],
      Buffer.alloc(0),
    );
    await finishSwaps(disk, { directory: '/log', names: await disk.readDirectory('/log'), blockBytes: 4_096 });
    expect((await disk.readDirectory('/log')).toSorted()).toEqual([name(10, 'log'), name(20, 'log')]);
    expect((await disk.readFile(`/log/${name(10, 'log')}`)).length).toBe(0);
  });

  it('S2 changes nothing without a swap', async () => {
    const disk = await folder(sources, rewritten);
    const { steps } = disk;
    expect(
      await finishSwaps(disk, { directory: '/log', names: await disk.readDirectory('/log'), blockBytes: 4_096 }),
    ).toBe(0);
    expect(disk.steps).toBe(steps);
  });
});
