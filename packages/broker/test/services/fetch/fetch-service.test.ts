import type { FetchResponse, FetchResponsePartition } from '@q/protocol';
import { ManualClock } from '@q/testkit';
import { expect, describe, it } from 'vitest';
import { FetchService } from '../../../src/services/fetch/fetch-service.ts';
import { everybodyMay } from '../../../src/services/access/access.ts';
import { FetchWaiters } from '../../../src/services/fetch/fetch-waiters.ts';
import { fetchHandler } from '../../../src/session/native/apis/fetch.ts';
import { defaultLimits } from '../../../src/limits.ts';
import { silentLogger } from '../../../src/logger.ts';
import { BrokerCounters } from '../../../src/metrics/counters.ts';
import { FakeLog } from '../../fakes/fake-log.ts';
import { FakeCaller } from '../../fakes/fake-caller.ts';
import { throttleOf } from '../../fakes/fake-throttle.ts';
import { emptyRegistry, partitionWith, topicOf } from '../../fakes/topics.ts';
import { batchOf } from '../../harness.ts';

function setUp() {
  const clock = new ManualClock();
  const topic = topicOf();
  const log = new FakeLog();
  partitionWith(log, topic);
  log.append(batchOf('x'), { leaderEpoch: 0 });
  const registry = emptyRegistry();
  registry.addInternal(topic);
  const waiters = new FetchWaiters({ clock, wakesPerTurnMax: 100 });
  const options = {
    access: everybodyMay,
    registry,
    waiters,
    clock,
    limits: defaultLimits,
    counters: new BrokerCounters(clock),
    logger: silentLogger,
    throttle: throttleOf().throttle,
  };
  const handler = fetchHandler(new FetchService(options));
  const caller = new FakeCaller();
  const { budget, signal } = caller;
  const fetch = async (o: { minBytes: number; maxWaitMs: number }): Promise<FetchResponsePartition> => {
    const partitions = [{ partition: 0, leaderEpoch: -1, fetchOffset: 0, maxBytes: 1 << 20 }];
    const request = {
      ...o,
      maxBytes: 1 << 20,
      isolation: 0,
      throttleWaitMs: -1,
      topics: [{ topicId: topic.id, partitions }],
    };
    const response = (await handler.handle(request, caller)) as FetchResponse;
    return response.topics[0]!.partitions[0]!;
  };
  return { clock, log, waiters, budget, signal, fetch };
}

describe('FETCH', () => {
  it('Z1 gives the memory of stored records back when the answer was taken', async () => {
    const { log, budget, fetch } = setUp();
    log.readsLate = true;
    const { records } = await fetch({ minBytes: 1, maxWaitMs: 0 });
    expect([records.length, log.released, budget.releases.length]).toEqual([batchOf('x').length, 0, 1]);
    budget.releases[0]!();
    expect(log.released).toBe(1);
  });

  it('Z1 has nothing to give back of what readers share', async () => {
    const { budget, fetch } = setUp();
    await fetch({ minBytes: 1, maxWaitMs: 0 });
    expect(budget.releases).toEqual([]);
  });

  it('C2 gives back what was too little, before it waits for more', async () => {
    const { clock, log, waiters, budget, fetch } = setUp();
    log.readsLate = true;
    const answer = fetch({ minBytes: 1 << 10, maxWaitMs: 500 });
    await clock.runDeferred();
    expect([waiters.count, log.released, budget.releases.length]).toEqual([1, 1, 0]);
    await clock.advance(500);
    expect((await answer).records).toHaveLength(batchOf('x').length);
    budget.releases[0]!();
    expect(log.released).toBe(2);
  });

  it('B4 reads nothing for those who waited for room when their connection ended', async () => {
    const { log, budget, signal, fetch } = setUp();
    const room = Promise.withResolvers<number>();
    budget.room = room.promise;
    const answer = fetch({ minBytes: 1, maxWaitMs: 0 }).catch((error: unknown) => error);
    signal.abort();
    room.resolve(1 << 20);
    expect(await answer).toMatchObject({ code: 'REQUEST_TIMED_OUT' });
    expect(log.reads).toBe(0);
  });

  it('Z1 gives back what was read for a connection that ended meanwhile', async () => {
    const { log, budget, signal, fetch } = setUp();
    log.readsLate = true;
    const answer = fetch({ minBytes: 1, maxWaitMs: 0 }).catch((error: unknown) => error);
    signal.abort();
    expect(await answer).toMatchObject({ code: 'REQUEST_TIMED_OUT' });
    expect([log.reads, log.released, budget.releases.length]).toEqual([1, 1, 0]);
  });
});
