import { defaultLogConfig, openDirectoryStore } from '@q/storage';
import { ManualClock } from '@q/testkit';
import { makeImages, nowMs, storageLimits } from '../damage/fixture.ts';
import type { Image } from '../damage/fixture.ts';
import { dataDir, diskOf } from '../damage/folder.ts';
import { readRecords, typedCode } from '../damage/stored-records.ts';
import type { FuzzTarget } from './target.ts';

/** Of each kind one file, as the crashed image has it: there, recovery reads what it can. */
const files: readonly (readonly [kind: string, path: RegExp])[] = [
  ['segment', /^orders-0\/0*60\.log$/],
  ['closed segment', /^orders-0\/0*12\.log$/],
  ['compacted segment', /^table-0\/0*12\.log$/],
  ['offset index', /^orders-0\/0*12\.index$/],
  ['time index', /^orders-0\/0*12\.timeindex$/],
  ['producer snapshot', /^orders-0\/\d+\.snapshot$/],
  ['message ids', /^orders-0\/\d+\.message-ids$/],
  ['leader epochs', /^orders-0\/leader-epoch-checkpoint$/],
  ['partition metadata', /^orders-0\/partition\.metadata$/],
  ['recovery points', /^recovery-point-offset-checkpoint$/],
  ['start offsets', /^log-start-offset-checkpoint$/],
  ['cleaner checkpoint', /^table-0\/cleaner-checkpoint$/],
  ['clock', /^clock-checkpoint$/],
  ['journal', /^journal\.0$/],
];

/**
 * The decoders of what is stored, through the store that uses them: no file, whatever is in it, may crash an opening.
 */
export async function storedTargets(): Promise<FuzzTarget[]> {
  const crashed = (await makeImages()).find(({ name }) => name === 'crashed')!;
  return files.map(([kind, pattern]) => {
    const path = [...crashed.folder.keys()].find((each) => pattern.test(each));
    if (path === undefined) throw new Error(`the fixture has no ${kind}`);
    const corpus = [...crashed.folder]
      .filter(([each]) => each.split('.').pop() === path.split('.').pop())
      .map(([, bytes]) => bytes);
    return {
      name: `stored ${kind}`,
      corpus,
      allocatedBytesMax: 8 << 20,
      share: 0.01,
      decode: (input) => openWith(crashed, { path, bytes: input }),
    };
  });
}

async function openWith(image: Image, change: { path: string; bytes: Buffer }): Promise<void> {
  const onFatal = (error: Error): never => {
    throw error;
  };
  const store = await openDirectoryStore({
    directory: dataDir,
    fileSystem: await diskOf(image.folder, change),
    clock: new ManualClock({ startMs: nowMs }),
    onFatal,
    limits: storageLimits,
  });
  const { id, config } = image.logs.find((log) => change.path.startsWith(`${log.id.topic}-`)) ?? image.logs[0]!;
  try {
    const log = await store.open(id, { ...defaultLogConfig, ...config });
    await readRecords(log, { from: log.logStartOffset, stops: [], maxBytes: 1_000 });
    await log.offsetForTimestamp(nowMs - 590_000);
  } catch (error) {
    typedCode(error);
  }
}
