import { startBroker } from '@q/broker';
import type { GroupLag, GroupNumbers, Services, TopicNumbers } from '@q/broker';
import { expect, it, onTestFinished } from 'vitest';
import type { AdminContext } from '../../src/admin-context.ts';
import { exposeBroker } from '../../src/metrics/broker-metrics.ts';
import { limits } from '../../src/limits.ts';

function* topicsOf(count: number, partitionCount: number): Generator<TopicNumbers> {
  const traffic = { recordsIn: 1, bytesIn: 100, recordsOut: 0, bytesOut: 0 };
  const rest = { isOnline: true, startOffset: 0, highWatermark: 1, records: 1, recordsExact: true };
  const numbers = Array.from({ length: partitionCount }, (_, partition) => ({
    partition,
    ...rest,
    bytes: 100,
    diskBytes: 100,
    segments: 1,
  }));
  for (let index = 0; index < count; index += 1)
    yield { topic: `topic-${index}`, traffic, partitionCount, partitions: numbers };
}

/** The services of a real broker, but with so much of everything. */
async function crowded(o: { topics: number; partitions: number; groups: number }) {
  const { promise: opened, resolve } = Promise.withResolvers<AdminContext>();
  const extension = {
    open: (services: Services, tools: AdminContext['tools']) => {
      resolve({ services, tools } as unknown as AdminContext);
      return Promise.resolve({ listener: () => undefined, close: () => Promise.resolve() });
    },
  };
  const broker = await startBroker({ storage: 'memory', port: 0, admin: { port: 0, extension } });
  onTestFinished(() => broker.close({ timeoutMs: 100 }));
  const context = await opened;
  const { services, tools } = context;
  const names = Array.from({ length: o.groups }, (_, index) => `group-${index}`);
  const numbers = names.map((groupId): GroupNumbers => ({ groupId, state: 'stable', members: 1, stalledMembers: 0 }));
  const lags = names.flatMap((groupId, index): GroupLag[] =>
    ['a', 'b', 'c'].map((topic) => ({ groupId, topic, lagRecords: index, lagExact: true, lagMs: index })),
  );
  // Each look at the clock is a millisecond later, so that turns end soon.
  let nowMs = 0;
  let turns = 0;
  const clock = {
    ...tools.clock,
    monotonic: () => (nowMs += 1),
    defer: (run: () => void) => {
      turns += 1;
      tools.clock.defer(run);
    },
  };
  const stats = {
    vitals: () => services.stats.vitals(),
    counters: services.stats.counters,
    throttled: services.stats.throttled,
    topics: () => topicsOf(o.topics, o.partitions),
  };
  const groups = { lags: () => Promise.resolve(lags), numbers: () => numbers.values(), rebalances: 0 };
  const crowd = { services: { ...services, stats, groups }, tools: { ...tools, clock } } as unknown as AdminContext;
  const page = (await exposeBroker(crowd, 'text')).toString();
  const linesOf = (name: string): number => page.split(`\n${name}{`).length - 1;
  return { page, linesOf, turns: () => turns };
}

it('M2 tells a bounded number one by one, counts all, and says how many are left out', async () => {
  const { page, linesOf } = await crowded({ topics: 2100, partitions: 5, groups: 1003 });
  expect(linesOf('q_topic_records')).toBe(limits.metricTopicsMax);
  expect(linesOf('q_partition_high_watermark')).toBe(limits.metricPartitionsMax);
  expect(linesOf('q_group_members')).toBe(limits.metricGroupsMax);
  expect(linesOf('q_group_lag_records')).toBe(limits.metricLagsMax);
  expect(page).toContain('\nq_topics 2100\n');
  expect(page).toContain('\nq_partitions 10500\n');
  expect(page).toContain('\nq_groups{state="stable"} 1003\n');
  expect(page).toContain('\nq_metrics_left_out{kind="topics"} 100\n');
  expect(page).toContain('\nq_metrics_left_out{kind="partitions"} 500\n');
  expect(page).toContain('\nq_metrics_left_out{kind="groups"} 3\n');
  expect(page).toContain('\nq_metrics_left_out{kind="lags"} 1009\n');
  // Of the lags the longest are told.
  expect(page).toContain('q_group_lag_records{group="group-1002",topic="a"} 1002');
  expect(page).not.toContain('q_group_lag_records{group="group-1",topic="a"}');
});

it('M2 gives others their turn of the event loop between partitions, however they are spread over topics', async () => {
  expect((await crowded({ topics: 1, partitions: 10_000, groups: 1 })).turns()).toBeGreaterThan(10);
  expect((await crowded({ topics: 1000, partitions: 10, groups: 1 })).turns()).toBeGreaterThan(10);
});
