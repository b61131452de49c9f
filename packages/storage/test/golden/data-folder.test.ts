import { readFile } from 'node:fs/promises';
import { iterateBatches, iterateRecords } from '@q/protocol';
import { defaultLogConfig, MemoryFileSystem, openDirectoryStore } from '@q/storage';
import type { LogId, LogStore } from '@q/storage';
import { ManualClock } from '@q/testkit';
import { describe, expect, it } from 'vitest';
import { batch, errorWith } from '../conformance/harness.ts';

/*
 * A data folder as the first release left it, after a clean shutdown: `{ path: content in base 64 }`. Frozen: every
 * later version opens it.
 */
const orders: LogId = { topic: 'orders', topicId: '6f9619ff-8b86-4d01-b42d-00cf4fc964ff', partition: 3 };

async function openGolden(leaveOut: RegExp = /^$/): Promise<LogStore> {
  const text = await readFile(`${import.meta.dirname}/data-folder-1.json`, 'utf8');
  const fileSystem = new MemoryFileSystem();
  await fileSystem.makeDirectory('/data/orders-3');
  for (const [path, content] of Object.entries(JSON.parse(text) as Record<string, string>)) {
    if (leaveOut.test(path)) continue;
    const file = await fileSystem.open(path, 'create');
    await file.write([Buffer.from(content, 'base64')], 0);
  }
  return openDirectoryStore({
    directory: '/data',
    fileSystem,
    clock: new ManualClock(),
    onFatal: (error) => expect.unreachable(error.message),
  });
}

describe.each([
  ['as it is', /^$/],
  ['without its clean-shutdown mark', /clean-shutdown/],
  ['without indexes', /index$/],
  ['without snapshots and epochs', /snapshot|epoch/],
  ['without checkpoints', /recovery-point/],
])('the data folder of the first release, %s', (_name, leaveOut) => {
  it('S2 gives every record back', async () => {
    const log = await (await openGolden(leaveOut)).open(orders, defaultLogConfig);
    expect(log.describe()).toMatchObject({
      state: 'open',
      logStartOffset: 1,
      logEndOffset: 12,
      leaderEpoch: 4,
      damage: null,
    });
    const seen: string[] = [];
    for (let offset = log.logStartOffset; offset < log.logEndOffset;) {
      const { buffers } = await log.read({ offset, maxBytes: 1 << 20, upTo: 'highWatermark' });
      for (const stored of buffers.flatMap((buffer) => [...iterateBatches(buffer)])) {
        for (const record of iterateRecords(stored, { fromOffset: offset })) {
          const value = record.valueText()?.replace(/ \.+$/, '');
          seen.push(
            `${record.offset} ${record.timestampMs} ${record.keyText()} ${value} ${record.headers[0]?.value?.[0]}`,
          );
        }
      }
      offset = seen.length + 1;
    }
    const expected = Array.from({ length: 12 }, (_, offset) => {
      const [number, part] = [offset >> 1, offset & 1];
      return `${offset} ${1_700_000_000_000 + number * 1_000 + part} key ${part} value ${number}-${part} ${number}`;
    });
    expect(seen).toEqual(expected.slice(1));
  });

  it('P4 C1 knows its producers, epochs and times', async () => {
    const log = await (await openGolden(leaveOut)).open(orders, defaultLogConfig);
    expect(await log.offsetForTimestamp(1_700_000_003_001)).toEqual({
      offset: 7,
      timestampMs: 1_700_000_003_001,
      leaderEpoch: 4,
    });
    const from = { producerId: 77, producerEpoch: 2 };
    for (const baseSequence of [4, 8, 10]) {
      expect(log.append(batch(['again', 'again'], { ...from, baseSequence }), { leaderEpoch: 4 })).toMatchObject({
        duplicate: true,
        baseOffset: baseSequence,
      });
    }
    expect(() => log.append(Buffer.alloc(0), { leaderEpoch: 3 })).toThrow(errorWith('STALE_LEADER_EPOCH'));
  });
});

it('S2 goes on where the first release stopped', async () => {
  const log = await (await openGolden()).open(orders, defaultLogConfig);
  log.updateConfig({ ...defaultLogConfig, segmentBytes: 500 });
  await log.append(batch(['next']), { leaderEpoch: 4 }).durable;
  expect(log.logEndOffset).toBe(13);
});
