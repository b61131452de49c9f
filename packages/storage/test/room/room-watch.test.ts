import { ManualClock } from '@q/testkit';
import { describe, expect, it } from 'vitest';
import { RoomWatch } from '../../src/room/room-watch.ts';
import { NotedLog } from '../fixtures.ts';

function setUp() {
  const clock = new ManualClock();
  const log = new NotedLog();
  const facts = { freeBytes: Infinity, usedBytes: 70 };
  const watch = new RoomWatch({ clock, log, quietMs: 5_000, facts: () => facts });
  const refuse = (): void => watch.refused({ limit: 'diskReserveBytes', reason: 'little is free' });
  const said = (): object[] => log.notes.map(({ level, fields }) => ({ level, ...fields }));
  return { clock, watch, facts, refuse, said };
}

describe('RoomWatch', () => {
  it('O5 says once that the disk is full, and once that it has room again', async () => {
    const { clock, watch, facts, refuse, said } = setUp();
    watch.foundRoom();
    refuse();
    facts.freeBytes = 10;
    for (let second = 0; second < 30; second += 1) {
      await clock.advance(1_000);
      refuse();
    }
    expect(said()).toEqual([
      {
        level: 'warn',
        event: 'disk.full',
        limit: 'diskReserveBytes',
        reason: 'little is free',
        freeBytes: null,
        usedBytes: 70,
      },
    ]);
    facts.freeBytes = 1_000;
    await clock.advance(6_000);
    watch.foundRoom();
    watch.foundRoom();
    expect(said()[1]).toEqual({
      level: 'info',
      event: 'disk.room_again',
      refused: 31,
      forMs: 36_000,
      freeBytes: 1_000,
      usedBytes: 70,
    });
    expect(said()).toHaveLength(2);
  });

  it('O5 does not say so again and again while small batches fit and large ones do not', async () => {
    const { clock, watch, refuse, said } = setUp();
    for (let round = 0; round < 100; round += 1) {
      refuse();
      watch.foundRoom();
      await clock.advance(1_000);
    }
    expect(said()).toHaveLength(1);
    expect(watch.isFull).toBe(true);
  });
});
