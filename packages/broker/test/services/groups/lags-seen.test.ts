import { CommittedOffsets } from '@q/coordinator';
import { describe, expect, it } from 'vitest';
import { lagsSeen } from '../../../src/services/groups/lags-seen.ts';
import type { LiveGroup } from '../../../src/services/groups/live-group.ts';
import type { Topic } from '../../../src/services/topics/topic.ts';

function group(groupId: string, offsets: readonly [topicId: string, partition: number, offset: number][]): LiveGroup {
  const committed = new CommittedOffsets();
  for (const [topicId, partition, offset] of offsets) {
    const commit = { offset, leaderEpoch: 0, metadata: null, committedAtMs: 100 + offset };
    committed.put(topicId, partition, committed.next(topicId, partition, commit), 1);
  }
  return { groupId, offsets: committed, exists: offsets.length > 0, memberCount: 2 } as unknown as LiveGroup;
}

function topic(name: string, logs: readonly ([start: number, end: number] | null)[]): Topic {
  const partitions = logs.map((log) => ({
    log: log === null ? null : { logStartOffset: log[0], highWatermark: log[1] },
  }));
  return { name, partitions } as unknown as Topic;
}

describe('lags of groups at a look', () => {
  it('O4 M1 adds up what each topic has above what is committed', () => {
    const topics = new Map([
      ['o', topic('orders', [[0, 10], [0, 20], [15, 18], null])],
      ['p', topic('pays', [[0, 3]])],
    ]);
    const registry = { byId: (id: string) => topics.get(id) };
    const groups = [
      group('billing', [
        ['o', 0, 4],
        ['o', 2, 2],
        ['o', 3, 1],
        ['p', 0, 5],
        ['gone', 0, 1],
      ]),
      group('nobody', []),
    ];
    // Nothing is committed in partition 1: the group may have begun at its end. Of partition 2 the start has moved on.
    expect([...lagsSeen(groups, registry)]).toEqual([
      {
        groupId: 'billing',
        topicId: 'o',
        topic: 'orders',
        members: 2,
        lag: 9,
        committed: 7,
        progressedMs: 104,
        partitions: 3,
      },
      {
        groupId: 'billing',
        topicId: 'p',
        topic: 'pays',
        members: 2,
        lag: 0,
        committed: 5,
        progressedMs: 105,
        partitions: 1,
      },
    ]);
  });
});
