import { describe, expect, it } from 'vitest';
import type { File, LogConfig, LogStore, PartitionLog } from '@q/storage';
import { append, at, batch, contents, errorWith, numbered, orders } from '../conformance/harness.ts';
import { DiskUnderTest, tinyJournal } from '../fixtures.ts';

/** One turn of the event loop, which nobody gets while others go on and on in microtasks. */
async function turn(): Promise<void> {
  await new Promise<void>((resolve) => void setImmediate(resolve));
}

/** Looks at the state of a log are counted, and end the test where they do not end by themselves. */
function boundLooks(log: PartitionLog): void {
  let looks = 0;
  const { state } = Object.getOwnPropertyDescriptors(Object.getPrototypeOf(log) as object) as {
    state: PropertyDescriptor;
  };
  Object.defineProperty(log, 'state', {
    get: () => {
      looks += 1;
      if (looks > 1_000) throw new Error('it looks again and again, and lets nobody else run');
      return state.get?.call(log) as string;
    },
  });
}

/** A disk that notes what is done on it from now on, and when the folder is let go. */
function noted(under: DiskUnderTest): { readonly done: string[] } {
  const { disk } = under;
  const done: string[] = [];
  const note =
    <A extends unknown[], R>(name: string, work: (...args: A) => Promise<R>): ((...args: A) => Promise<R>) =>
    async (...args) => {
      const result = await work(...args);
      done.push(name);
      return result;
    };
  disk.rename = note('rename', disk.rename.bind(disk));
  disk.removeFile = note('remove', disk.removeFile.bind(disk));
  disk.removeDirectory = note('remove', disk.removeDirectory.bind(disk));
  disk.syncDirectory = note('sync', disk.syncDirectory.bind(disk));
  const open = disk.open.bind(disk);
  disk.open = async (path, mode) => notedFile(await open(path, mode), path, done);
  const lock = disk.lock.bind(disk);
  disk.lock = async (directory) => {
    const held = await lock(directory);
    return { release: note('unlock', held.release.bind(held)) };
  };
  return { done };
}

function notedFile(file: File, path: string, done: string[]): File {
  return {
    ...file,
    write: async (buffers, position) => {
      await file.write(buffers, position);
      done.push('write');
    },
    close: async () => {
      await file.close();
      done.push(`close ${path.slice('/data/'.length)}`);
    },
  };
}

describe('opening a log that is being closed', () => {
  it('T3 waits for the end of the close, and lets others run meanwhile', async () => {
    const under = await DiskUnderTest.start();
    const log = await under.open();
    await append(log, ['a']);
    const hold = under.disk.hold('write', /\.snapshot/);
    const closing = log.close();
    await hold.reached;
    boundLooks(log);
    let isOpen = false;
    const opening = under.open().then((opened) => ((isOpen = true), opened));
    await turn();
    await turn();
    expect(isOpen).toBe(false);
    hold.release();
    await closing;
    const again = await opening;
    expect(again).not.toBe(log);
    await append(again, ['b']);
    expect(await contents(again)).toEqual(['0:a', '1:b']);
  });

  it('T3 a close that fails is told once, and the log can be opened again with everything in it', async () => {
    const under = await DiskUnderTest.start();
    const log = await under.open();
    await append(log, ['a']);
    under.disk.fail({ operation: 'write', code: 'EIO', path: /\.snapshot/ });
    await expect(log.close()).rejects.toEqual(errorWith('STORAGE_FAILED'));
    await log.close();
    boundLooks(log);
    const again = await under.open();
    await append(again, ['b']);
    expect(await contents(again)).toEqual(['0:a', '1:b']);
    await under.store.close();
    expect(under.fatal).toEqual([]);
  });

  it('S2 a log that owes its files what they have no room for closes, owes it still when it is opened again, and writes it once there is room', async () => {
    const under = await DiskUnderTest.start({ limits: { ...tinyJournal, journalFileBytes: 65_536 } });
    const first = await under.open({}, 99);
    while (under.store.stats.journalWrites === 0) await append(first, ['x']);
    const log = await under.open();
    for (const text of numbered(3)) await append(log, [text]);
    under.disk.fail({ operation: 'write', code: 'ENOSPC', path: /orders-0\/.*\.log$/ });
    await log.close();
    const second = await under.open();
    expect(second).not.toBe(log);
    expect(await contents(second)).toEqual(at(0, numbered(3)));
    await append(second, ['later']);
    await second.close();
    const again = await under.open();
    expect(await contents(again)).toEqual([...at(0, numbered(3)), '3:later']);
    await under.crash('all');
    expect(await contents(await under.open())).toEqual([...at(0, numbered(3)), '3:later']);
  });

  it('T1 waits for the removal of an earlier log of its name', async () => {
    const under = await DiskUnderTest.start();
    await append(await under.open(), ['old']);
    const hold = under.disk.hold('rename', /orders-0/);
    const removing = under.store.delete(orders);
    const id = { ...orders, topicId: '00000000-0000-4000-8000-00000000000b' };
    const opening = under.store.open(id, { ...(await under.open({}, 1)).config });
    await hold.reached;
    await turn();
    hold.release();
    await removing;
    const made = await opening;
    await append(made, ['new']);
    expect(await contents(made)).toEqual(['0:new']);
    await under.crash('all');
    expect(await contents(await under.store.open(id, made.config))).toEqual(['0:new']);
  });

  it('T1 a log that could not be opened leaves nothing that leads to its files', async () => {
    const under = await DiskUnderTest.start();
    await append(await under.open(), ['old']);
    await under.crash('all');
    under.disk.fail({ operation: 'read', code: 'EIO', path: /\.log$/ });
    await expect(under.open()).rejects.toEqual(errorWith('STORAGE_FAILED'));
    await under.store.delete(orders);
    const id = { ...orders, topicId: '00000000-0000-4000-8000-00000000000b' };
    const made = await under.store.open(id, { ...(await under.open({}, 1)).config });
    await append(made, ['new']);
    await under.crash('all');
    expect(await contents(await under.store.open(id, made.config))).toEqual(['0:new']);
  });
});

describe('closing a store', () => {
  async function withJournal(
    config: Partial<LogConfig> = {},
  ): Promise<{ under: DiskUnderTest; log: PartitionLog; done: string[] }> {
    const under = await DiskUnderTest.start({ limits: { ...tinyJournal, journalFileBytes: 65_536 } });
    await under.store.close();
    const { done } = noted(under);
    await under.reopen();
    const first = await under.open({}, 99);
    while (under.store.stats.journalWrites === 0) await append(first, ['x']);
    const log = await under.open(config);
    for (const text of numbered(3)) await append(log, [text]);
    done.length = 0;
    return { under, log, done };
  }

  it('S2 B6 closes everything in order though one log cannot be, lets the folder go last and throws the first failure', async () => {
    const { under, done } = await withJournal();
    under.disk.fail({ operation: 'write', code: 'EIO', path: /orders-0\/.*\.snapshot/ });
    await expect(under.store.close()).rejects.toThrow('EIO');
    expect(done.filter((name) => name.startsWith('close journal.'))).toHaveLength(2);
    expect([done.at(-1), done.filter((name) => name === 'unlock')]).toEqual(['unlock', ['unlock']]);
    expect(await under.disk.readDirectory('/data')).not.toContain('.clean-shutdown');
    await under.reopen();
    expect(await contents(await under.open())).toEqual(at(0, numbered(3)));
    expect((await contents(await under.open({}, 99))).length).toBeGreaterThan(0);
    expect(under.fatal).toEqual([]);
  });

  it('S2 keeps in the journal what a log could not write, for the next start', async () => {
    const { under, done } = await withJournal();
    under.disk.fail({ operation: 'write', code: 'ENOSPC', path: /orders-0\/.*\.log$/ });
    await under.store.close();
    expect(done.at(-1)).toBe('unlock');
    await under.crash('all');
    expect(await contents(await under.open())).toEqual(at(0, numbered(3)));
  });

  it('S2 B6 lets the folder go only when no removal writes any more', async () => {
    const { under, done } = await withJournal();
    const hold = under.disk.hold('removeFile', /~deleted/);
    const removing = under.store.delete(orders);
    await hold.reached;
    const closing = under.store.close();
    await turn();
    await turn();
    expect(done).not.toContain('unlock');
    hold.release();
    await Promise.all([removing, closing]);
    expect(done.at(-1)).toBe('unlock');
  });

  it('S2 B6 lets the folder go only when no start offset is saved and no segment dropped any more', async () => {
    const { under, log, done } = await withJournal({ segmentBytes: 80 });
    const hold = under.disk.hold('write', /start-offset/);
    const trimming = log.deleteBefore(2);
    await hold.reached;
    const closing = under.store.close();
    await turn();
    await turn();
    expect(done).not.toContain('unlock');
    const slow = under.disk.hold('rename', /orders-0/);
    hold.release();
    await closing;
    slow.release();
    expect(await trimming).toBe(2);
    expect(done.at(-1)).toBe('unlock');
    await under.reopen();
    expect(await contents(await under.open())).toEqual(['2:v2']);
    expect((await under.names()).filter((name) => name.includes('.log'))).toHaveLength(1);
  });

  it('S2 closes with an error of the lock, and after a failed disk without one of its own', async () => {
    const open = async (fault: 'lock' | 'disk'): Promise<LogStore> => {
      const under = await DiskUnderTest.start();
      await under.store.close();
      const lock = under.disk.lock.bind(under.disk);
      if (fault === 'lock')
        under.disk.lock = async (directory) => ({
          ...(await lock(directory)),
          release: () => Promise.reject(new Error('it is stuck')),
        });
      await under.reopen();
      const log = await under.open();
      if (fault === 'disk') {
        under.disk.fail({ operation: 'datasync', code: 'EIO', path: /\.log$/ });
        await expect(log.append(batch(['a']), { leaderEpoch: 0 }).durable).rejects.toEqual(errorWith('STORAGE_FAILED'));
      }
      return under.store;
    };
    await expect((await open('lock')).close()).rejects.toThrow('it is stuck');
    await (await open('disk')).close();
  });
});
