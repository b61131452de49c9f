import { describe, expect, it } from 'vitest';
import type { LogCore } from '../../src/log/log-core.ts';
import { assertLogHolds } from '../../src/log/log-invariants.ts';
import type { LocalLog } from '../../src/partition/local-log.ts';
import { append, batch } from '../conformance/harness.ts';
import { DiskUnderTest, tinyJournal } from '../fixtures.ts';

const wrongs: readonly { readonly name: string; readonly make: (core: LogCore) => void; readonly says: string }[] = [
  {
    name: 'a high watermark beyond the end',
    make: (core) => (core.highWatermark = 9),
    says: 'the high watermark is beyond the end',
  },
  {
    name: 'a start beyond the high watermark',
    make: (core) => (core.logStartOffset = 4),
    says: 'the start, or a planned one',
  },
  { name: 'an end that nothing waits for', make: (core) => (core.waiting = []), says: 'what waits ends at offset 2' },
  {
    name: 'a batch that waits twice',
    make: (core) => core.waiting.push(...core.waiting),
    says: 'what waits at offset 2 should begin at 3',
  },
  { name: 'something owed that waits', make: (core) => core.owed.push(...core.waiting), says: 'is out of place' },
  {
    name: 'more bytes synced than written',
    make: (core) => (core.segmentList.active.syncedBytes = 1e9),
    says: 'more is synced than written',
  },
  {
    name: 'less than nothing above all checkpoints',
    make: (core) => (core.context.uncovered.bytes = -1),
    says: 'less than nothing',
  },
];

describe('what holds of a log', () => {
  it.each(wrongs)('S2 $name is noticed', async ({ make, says }) => {
    const under = await DiskUnderTest.start({ limits: { ...tinyJournal, assertRounds: 1 } });
    const log = (await under.open()) as LocalLog;
    await append(log, ['a']);
    await append(log, ['b']);
    const waiting = log.append(batch(['c']), { leaderEpoch: 0 });
    assertLogHolds(log.core);
    const { core } = log;
    const { highWatermark, logStartOffset } = core;
    const [owed, uncovered, synced] = [
      [...core.owed],
      core.context.uncovered.bytes,
      core.segmentList.active.syncedBytes,
    ];
    const pending = [...core.waiting];
    make(core);
    expect(() => assertLogHolds(core)).toThrow(says);
    Object.assign(core, { highWatermark, logStartOffset, waiting: pending, owed });
    core.context.uncovered.bytes = uncovered;
    core.segmentList.active.syncedBytes = synced;
    assertLogHolds(core);
    await waiting.durable;
    await under.store.close();
    expect(under.fatal).toEqual([]);
  });
});
