import { errorCode } from '@q/protocol';
import type {
  DeleteOffsetsRequest,
  DescribeGroupResponse,
  ErrorName,
  FetchOffsetResponse,
  ResetOffsetsRequest,
  ResetOffsetsResponse,
} from '@q/protocol';
import { describe, expect, it } from 'vitest';

import { FakeScene } from '../fake/fake-scene.ts';

const unknown = {
  leaderEpoch: -1,
  metadata: null,
  logStartOffset: -1,
  highWatermark: -1,
  lag: -1,
  lagExact: false,
  sinceProgressMs: -1,
};

/**
 * Answers RESET_OFFSETS as if 7 was committed in partition 0 and nothing elsewhere; refuses one partition, and so all,
 * if told to.
 */
function resets(
  refused: { partition: number; error: ErrorName; message: string | null } | null = null,
): (body: ResetOffsetsRequest) => ResetOffsetsResponse {
  return ({ topics }) => ({
    topics: topics.map(({ topicId, partitions }) => ({
      topicId,
      partitions: partitions.map(({ partition, offset }) => {
        const answer = {
          partition,
          errorCode: 0,
          errorMessage: null,
          previousOffset: partition === 0 ? 7 : -1,
          offset,
        };
        if (refused === null) return answer;
        if (refused.partition === partition)
          return { ...answer, errorCode: errorCode(refused.error), errorMessage: refused.message };
        return { ...answer, errorCode: errorCode('INVALID_REQUEST'), errorMessage: 'another partition was refused' };
      }),
    })),
  });
}

describe('groups', () => {
  it('G3 are listed, all or by the beginning of their id', async () => {
    const scene = new FakeScene();
    const q = await scene.connect();
    const groups = [{ groupId: 'billing', state: 'stable', members: 2, offsets: 8 }];
    scene.broker.handlers.set('LIST_GROUPS', () => ({ groups }));
    expect(await scene.settle(q.admin.listGroups())).toEqual(groups);
    await scene.settle(q.admin.listGroups({ prefix: 'bill' }));
    expect(scene.broker.requestsOf('LIST_GROUPS')).toEqual([{ prefix: '' }, { prefix: 'bill' }]);
    await scene.settle(q.close());
  });

  it('G3 are described with null for what is not known, and the lag that is known in total', async () => {
    const scene = new FakeScene();
    const q = await scene.connect();
    const topicId = '00000000-0000-4000-8000-000000000001';
    const members = [
      {
        memberId: 'm-1',
        instanceId: null,
        clientId: 'app',
        host: '10.0.0.1',
        memberEpoch: 3,
        state: 'stable',
        topics: ['orders'],
        assigned: [{ topicId, name: 'orders', partitions: [0] }],
        target: [{ topicId, name: 'orders', partitions: [0] }],
        sinceHeartbeatMs: 120,
        sessionTimeoutMs: 45_000,
        stalledMs: 9_000,
        stalled: true,
      },
    ];
    const answer: DescribeGroupResponse = {
      groupId: 'billing',
      state: 'stable',
      assignor: 'uniform',
      groupEpoch: 3,
      targetEpoch: 3,
      members,
      partitions: [
        {
          topicId,
          name: 'orders',
          partition: 0,
          memberId: 'm-1',
          committedOffset: 5,
          leaderEpoch: 1,
          metadata: 'x',
          logStartOffset: 0,
          highWatermark: 12,
          lag: 7,
          lagExact: true,
          sinceProgressMs: 0,
        },
        { topicId, name: 'orders', partition: 1, memberId: null, ...unknown, committedOffset: -1 },
      ],
    };
    scene.broker.handlers.set('DESCRIBE_GROUP', () => answer);
    expect(await scene.settle(q.admin.describeGroup('billing'))).toEqual({
      groupId: 'billing',
      state: 'stable',
      assignor: 'uniform',
      groupEpoch: 3,
      targetEpoch: 3,
      members,
      lag: 7,
      lagExact: true,
      partitions: [
        {
          topic: 'orders',
          topicId,
          partition: 0,
          memberId: 'm-1',
          committedOffset: 5,
          metadata: 'x',
          logStartOffset: 0,
          highWatermark: 12,
          lag: 7,
          lagExact: true,
          sinceProgressMs: 0,
        },
        {
          topic: 'orders',
          topicId,
          partition: 1,
          memberId: null,
          committedOffset: null,
          metadata: null,
          logStartOffset: null,
          highWatermark: null,
          lag: null,
          lagExact: false,
          sinceProgressMs: null,
        },
      ],
    });
    // Nothing is known to lag is not the same as nothing lags.
    scene.broker.handlers.set('DESCRIBE_GROUP', () => ({ ...answer, members: [], partitions: [] }));
    expect(await scene.settle(q.admin.describeGroup('billing'))).toMatchObject({
      lag: null,
      lagExact: false,
      partitions: [],
    });
    scene.broker.handlers.set('DESCRIBE_GROUP', () => ({ ...answer, partitions: answer.partitions.slice(1) }));
    expect(await scene.settle(q.admin.describeGroup('billing'))).toMatchObject({ lag: null, lagExact: false });
    scene.broker.faults = ({ api }) => (api === 'DESCRIBE_GROUP' ? 'UNKNOWN_GROUP' : 'none');
    await expect(scene.settle(q.admin.describeGroup('nobody'))).rejects.toMatchObject({ code: 'UNKNOWN_GROUP' });
    await scene.settle(q.close());
  });

  it('G3 tell what they have committed, and nothing where nothing was', async () => {
    const scene = new FakeScene();
    const q = await scene.connect();
    const topicId = '00000000-0000-4000-8000-000000000001';
    const committed = {
      partition: 3,
      errorCode: 0,
      offset: 0,
      leaderEpoch: -1,
      metadata: 'note',
      committedAtMs: 1_700_000_000_000,
    };
    const none = { partition: 4, errorCode: 0, offset: -1, leaderEpoch: -1, metadata: null, committedAtMs: -1 };
    let answer: FetchOffsetResponse = { topics: [{ topicId, name: 'orders', partitions: [committed, none] }] };
    scene.broker.handlers.set('FETCH_OFFSET', () => answer);
    expect(await scene.settle(q.admin.groupOffsets('billing'))).toEqual([
      {
        topic: 'orders',
        topicId,
        partition: 3,
        offset: 0,
        leaderEpoch: null,
        metadata: 'note',
        committedAtMs: 1_700_000_000_000,
      },
    ]);
    expect(scene.broker.requestsOf('FETCH_OFFSET')).toEqual([
      { groupId: 'billing', memberId: '', memberEpoch: -1, topics: null, requireStable: false },
    ]);
    answer = {
      topics: [{ topicId, name: 'orders', partitions: [{ ...none, errorCode: errorCode('UNKNOWN_PARTITION') }] }],
    };
    await expect(scene.settle(q.admin.groupOffsets('billing'))).rejects.toMatchObject({
      code: 'UNKNOWN_PARTITION',
      details: { group: 'billing', topic: 'orders', partition: 4 },
      message: expect.stringContaining('Group "billing", topic "orders", partition 4') as string,
    });
    await scene.settle(q.close());
  });

  it('G3 get other offsets, in several topics with one request, or only hear what would change', async () => {
    const scene = new FakeScene();
    const [orders, payments] = [scene.broker.topic('orders', { partitions: 2 }), scene.broker.topic('payments')];
    const q = await scene.connect();
    scene.broker.handlers.set('RESET_OFFSETS', resets());
    const offsets = { orders: { 0: 5, 1: 9 }, payments: { 0: 0 } };
    const changed = [
      { topic: 'orders', partition: 0, previousOffset: 7, offset: 5 },
      { topic: 'orders', partition: 1, previousOffset: null, offset: 9 },
      { topic: 'payments', partition: 0, previousOffset: 7, offset: 0 },
    ];
    expect(await scene.settle(q.admin.resetGroupOffsets('billing', offsets, { validateOnly: true }))).toEqual(changed);
    expect(await scene.settle(q.admin.resetGroupOffsets('billing', offsets))).toEqual(changed);
    const topics = [
      {
        topicId: orders.topicId,
        partitions: [
          { partition: 0, offset: 5 },
          { partition: 1, offset: 9 },
        ],
      },
      { topicId: payments.topicId, partitions: [{ partition: 0, offset: 0 }] },
    ];
    expect(scene.broker.requestsOf<ResetOffsetsRequest>('RESET_OFFSETS')).toEqual([
      { groupId: 'billing', validateOnly: true, topics },
      { groupId: 'billing', validateOnly: false, topics },
    ]);
    await scene.settle(q.close());
  });

  it('G3 W2 hear which partition cannot have its offset', async () => {
    const scene = new FakeScene();
    scene.broker.topic('orders', { partitions: 2 });
    const q = await scene.connect();
    scene.broker.handlers.set(
      'RESET_OFFSETS',
      resets({ partition: 1, error: 'OFFSET_OUT_OF_RANGE', message: 'it has 0 to 12' }),
    );
    await expect(scene.settle(q.admin.resetGroupOffsets('billing', { orders: { 0: 5, 1: 99 } }))).rejects.toMatchObject(
      {
        code: 'OFFSET_OUT_OF_RANGE',
        message: 'Group "billing", topic "orders", partition 1: it has 0 to 12; no offset was changed',
        details: { group: 'billing', topic: 'orders', partition: 1, offset: 99 },
      },
    );
    scene.broker.handlers.set('RESET_OFFSETS', resets({ partition: 0, error: 'INVALID_REQUEST', message: null }));
    await expect(scene.settle(q.admin.resetGroupOffsets('billing', { orders: { 0: 5, 1: 9 } }))).rejects.toMatchObject({
      code: 'INVALID_REQUEST',
      details: { partition: 0 },
    });
    await expect(scene.settle(q.admin.resetGroupOffsets('billing', { missing: { 0: 0 } }))).rejects.toMatchObject({
      code: 'UNKNOWN_TOPIC',
    });
    scene.broker.handlers.set('RESET_OFFSETS', () => ({ topics: [] }));
    await expect(scene.settle(q.admin.resetGroupOffsets('billing', { orders: { 0: 5 } }))).rejects.toMatchObject({
      code: 'MALFORMED_FRAME',
    });
    await scene.settle(q.close());
  });

  it('G3 W3 are not changed twice when an answer is lost, but asked again', async () => {
    const scene = new FakeScene();
    scene.broker.topic('orders');
    const q = await scene.connect();
    scene.broker.handlers.set('RESET_OFFSETS', resets());
    scene.broker.handlers.set('DELETE_GROUP', () => ({ offsets: 3 }));
    scene.broker.handlers.set('LIST_GROUPS', () => ({ groups: [] }));
    scene.broker.faults = ({ point, request, api }) =>
      point === 'after' && request === 0 && api !== 'METADATA' ? 'cut' : 'none';
    const lost = (what: string): object => ({
      code: 'CONNECTION_LOST',
      details: { outcome: 'unknown' },
      message: expect.stringContaining(what) as string,
    });
    await expect(scene.settle(q.admin.resetGroupOffsets('billing', { orders: { 0: 5 } }))).rejects.toMatchObject(
      lost('setting offsets of group "billing"'),
    );
    await expect(scene.settle(q.admin.deleteGroup('billing'))).rejects.toMatchObject(lost('deleting group "billing"'));
    expect(scene.broker.requestsOf('RESET_OFFSETS')).toHaveLength(1);
    expect(await scene.settle(q.admin.deleteGroup('billing'))).toEqual({ offsets: 3 });
    expect(await scene.settle(q.admin.listGroups())).toEqual([]);
    expect(scene.broker.requestsOf('LIST_GROUPS')).toHaveLength(2);
    await scene.settle(q.close());
  });

  it('G3 forget the offsets of a topic, unless a member wants it', async () => {
    const scene = new FakeScene();
    const { topicId } = scene.broker.topic('orders', { partitions: 4 });
    const q = await scene.connect();
    scene.broker.handlers.set('DELETE_OFFSETS', ({ topics }: DeleteOffsetsRequest) => ({
      topics: topics.map(({ partitions }) => ({
        topicId,
        errorCode: partitions === null ? errorCode('GROUP_NOT_EMPTY') : 0,
        errorMessage: null,
        offsets: partitions?.length ?? 0,
      })),
    }));
    expect(await scene.settle(q.admin.deleteGroupOffsets('billing', 'orders', { partitions: [0, 2] }))).toEqual({
      offsets: 2,
    });
    await expect(scene.settle(q.admin.deleteGroupOffsets('billing', 'orders'))).rejects.toMatchObject({
      code: 'GROUP_NOT_EMPTY',
      details: { group: 'billing', topic: 'orders' },
    });
    expect(scene.broker.requestsOf<DeleteOffsetsRequest>('DELETE_OFFSETS')).toEqual([
      { groupId: 'billing', topics: [{ topicId, partitions: [0, 2] }] },
      { groupId: 'billing', topics: [{ topicId, partitions: null }] },
    ]);
    await expect(scene.settle(q.admin.deleteGroupOffsets('billing', 'missing'))).rejects.toMatchObject({
      code: 'UNKNOWN_TOPIC',
    });
    await scene.settle(q.close());
  });
});
