import { ManualClock } from '@q/testkit';
import { describe, expect, it } from 'vitest';
import { statisticsLimits } from '../../../src/limits.ts';
import { ThrottledUsers } from '../../../src/services/quotas/throttled-users.ts';
import { FakeCaller } from '../../fakes/fake-caller.ts';
import { SaidLines } from '../../fakes/said-lines.ts';

function setUp() {
  const clock = new ManualClock();
  const said = new SaidLines();
  const users = new ThrottledUsers({ clock, logger: said.logger });
  const { signal } = new FakeCaller();
  const note = (name: string, ms: number, clientId = 'app'): void =>
    users.note({ principal: { name }, address: '10.0.0.1', clientId, signal }, 'producerByteRate', ms);
  return { clock, said, users, note };
}

describe('users that are slowed down', () => {
  it('A3 are told with how often, how long and since when', async () => {
    const { clock, users, note } = setUp();
    note('User:alice', 500);
    await clock.advance(2_000);
    note('User:alice', 1_000, 'other');
    note('User:bob', 100);
    expect(users.list()).toMatchObject([
      { user: 'alice', clientId: 'other', kind: 'producerByteRate', times: 2, throttledMs: 1_500, forMs: 2_000 },
      { user: 'bob', times: 1, throttledMs: 100, forMs: 0 },
    ]);
    expect(users.totals.producerByteRate).toEqual({ times: 3, throttledMs: 1_600 });
  });

  it('A3 are not any more, ten seconds after the last wait', async () => {
    const { clock, users, note } = setUp();
    note('User:alice', 1_000);
    await clock.advance(10_900);
    expect(users.list()[0]!.forMs).toBe(10_900);
    await clock.advance(200);
    expect(users.list()[0]!.forMs).toBe(0);
    note('User:alice', 1_000);
    await clock.advance(500);
    expect(users.list()[0]!.forMs).toBe(500);
  });

  it('A3 stand in the log at once, and then once a minute', async () => {
    const { clock, said, note } = setUp();
    for (let seconds = 0; seconds < 130; seconds += 1) {
      note('User:alice', 100);
      await clock.advance(1_000);
    }
    note('anonymous', 50);
    const lines = said.lines.filter(({ event }) => event === 'client.throttled');
    expect(lines.map(({ user, times }) => [user, times])).toEqual([
      ['alice', 1],
      ['alice', 61],
      ['alice', 121],
      ['ANONYMOUS', 1],
    ]);
  });

  it('A3 are so many and no more, and those that wait longest are surely there', () => {
    const { users, note } = setUp();
    note('User:slow', 1_000_000);
    for (let user = 0; user < 1_000; user += 1) note(`User:${user}`, 1);
    expect(users.list()).toHaveLength(statisticsLimits.throttledUsersMax);
    expect(users.list()[0]!.user).toBe('slow');
  });
});
