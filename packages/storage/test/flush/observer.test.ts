import { describe, expect, it } from 'vitest';
import type { RoundSize } from '../../src/index.ts';
import { append } from '../conformance/harness.ts';
import { DiskUnderTest, tinyJournal } from '../fixtures.ts';

/** What the observer hears of one append. */
async function heardOfOne(
  limits: object,
): Promise<{ rounds: number; records: number; hasSynced: boolean; isJournaled: boolean; isSane: boolean }> {
  const heard: { rounds: number[]; sizes: RoundSize[]; syncs: number[] } = { rounds: [], sizes: [], syncs: [] };
  const observer = {
    roundEnded: (ms: number, size: RoundSize) => {
      heard.rounds.push(ms);
      heard.sizes.push(size);
    },
    synced: (ms: number) => void heard.syncs.push(ms),
  };
  const under = await DiskUnderTest.start({ observer, limits });
  const log = await under.open();
  // The journal is made beside the first rounds.
  for (const text of ['a', 'b', 'c', 'd']) await append(log, [text]);
  await under.store.maintain();
  heard.rounds.length = heard.sizes.length = heard.syncs.length = 0;
  const { journalWrites, syncs, rounds } = under.store.stats;
  await append(log, ['e', 'f', 'g']);
  const done = under.store.stats;
  expect(heard.rounds).toHaveLength(done.rounds - rounds);
  expect(heard.syncs).toHaveLength(done.journalWrites - journalWrites + done.syncs - syncs);
  const isJournaled = done.journalWrites > journalWrites;
  await under.store.close();
  return {
    rounds: heard.rounds.length,
    records: heard.sizes.reduce((sum, { records }) => sum + records, 0),
    hasSynced: heard.syncs.length > 0,
    isJournaled,
    isSane: [...heard.rounds, ...heard.syncs].every((ms) => ms >= 0) && heard.sizes.every(({ bytes }) => bytes > 61),
  };
}

describe('the observer of a store', () => {
  it('M1 hears of each round, and of the sync of its segment', async () => {
    expect(await heardOfOne({ journalFiles: 0 })).toEqual({
      rounds: 1,
      records: 3,
      hasSynced: true,
      isJournaled: false,
      isSane: true,
    });
  });

  it('M1 hears of each write to the journal', async () => {
    expect(await heardOfOne(tinyJournal)).toEqual({
      rounds: 1,
      records: 3,
      hasSynced: true,
      isJournaled: true,
      isSane: true,
    });
  });
});
