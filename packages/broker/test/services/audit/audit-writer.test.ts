import { iterateBatches, iterateRecords } from '@q/protocol';
import { openMemoryStore } from '@q/storage';
import type { PartitionLog } from '@q/storage';
import { ManualClock } from '@q/testkit';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import type { WrittenEntry } from '../../../src/index.ts';
import { auditLimits } from '../../../src/services/audit/audit-limits.ts';
import { auditLogConfig, auditLogId, decodeEntry } from '../../../src/services/audit/audit-topic.ts';
import { AuditWriter } from '../../../src/services/audit/audit-writer.ts';
import { SaidLines } from '../../fakes/said-lines.ts';

async function setUp() {
  const clock = new ManualClock();
  const store = await openMemoryStore({ clock });
  onTestFinished(() => store.close());
  const log = await store.open(auditLogId, auditLogConfig(auditLimits));
  const said = new SaidLines();
  const disk = { isFull: false };
  const full = (): PartitionLog => ({
    ...({} as PartitionLog),
    append: () => {
      throw new Error('the disk is full');
    },
  });
  const counters = { auditEntriesDropped: 0 };
  const writer = new AuditWriter({
    clock,
    logger: said.logger,
    counters,
    open: async () => (disk.isFull ? full() : log),
  });
  return { clock, log, said, disk, writer, counters };
}

function entry(count: number): WrittenEntry {
  return { timeMs: 1_000, event: 'audit.denied', principal: 'User:alice', result: 'denied', count };
}

async function stored(log: PartitionLog): Promise<(WrittenEntry | null)[]> {
  const { buffers } = await log.read({ offset: log.logStartOffset, maxBytes: 64 << 20, upTo: 'highWatermark' });
  return buffers
    .flatMap((buffer) => [...iterateBatches(buffer)])
    .flatMap((batch) => [...iterateRecords(batch)].map(({ value }) => decodeEntry(value)));
}

const counts = (entries: readonly (WrittenEntry | null)[]) => entries.map((each) => each?.count);

describe('the topic of the audit trail', () => {
  it('SEC-15 gets entries in the order in which they were noted', async () => {
    const { writer, log } = await setUp();
    const numbers = Array.from({ length: 2_500 }, (_, index) => index);
    for (const number of numbers) writer.push(entry(number));
    await writer.close();
    expect(counts(await stored(log))).toEqual(numbers);
  });

  it('SEC-15 keeps entries while the disk is full, and writes them in order when it is not', async () => {
    const { writer, log, disk, said, clock, counters } = await setUp();
    disk.isFull = true;
    writer.push(entry(1));
    await clock.advance(5_000);
    writer.push(entry(2));
    await clock.advance(5_000);
    expect(said.of('audit.not_written')).toHaveLength(1);
    disk.isFull = false;
    await clock.advance(auditLimits.retryPauseMs);
    writer.push(entry(3));
    await writer.close();
    expect(counts(await stored(log))).toEqual([1, 2, 3]);
    expect(counters.auditEntriesDropped).toBe(0);
  });

  it('SEC-15 drops and counts what is too much, and says it where it is missing', async () => {
    const { writer, log, disk, said, clock, counters } = await setUp();
    const { queueEntriesMax } = auditLimits;
    disk.isFull = true;
    for (let each = 0; each < queueEntriesMax + 5; each += 1) writer.push(entry(each));
    await clock.advance(2_000);
    disk.isFull = false;
    await clock.advance(auditLimits.retryPauseMs);
    await vi.waitFor(() => expect(log.highWatermark).toBe(queueEntriesMax + 1));
    writer.push(entry(-1));
    await writer.close();
    const entries = await stored(log);
    expect(entries).toHaveLength(queueEntriesMax + 2);
    expect(entries.at(-2)).toMatchObject({ event: 'audit.entries_dropped', principal: 'Broker', count: 5 });
    expect(entries.at(-1)).toMatchObject({ count: -1 });
    expect(counters.auditEntriesDropped).toBe(5);
    expect(said.of('audit.entries_dropped')).toMatchObject([{ count: 5 }]);
  });

  it('SEC-15 says how many are lost when the broker stops with a full disk', async () => {
    const { writer, log, disk, said, clock } = await setUp();
    disk.isFull = true;
    writer.push(entry(1));
    await clock.advance(100);
    writer.push(entry(2));
    await writer.close();
    expect(await stored(log)).toEqual([]);
    expect(said.of('audit.entries_dropped')).toMatchObject([{ count: 2 }]);
  });
});
