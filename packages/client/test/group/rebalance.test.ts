import type { GroupHeartbeatRequest } from '@q/protocol';
import { describe, expect, it } from 'vitest';

import type { GroupEvents } from '../../src/group/group-events.ts';
import type { GroupConsumer } from '../../src/group/group-consumer.ts';
import { GroupScene } from '../fake/group-scene.ts';

/** What the consumer says happened to its partitions, in order. */
function recordEvents(consumer: GroupConsumer): string[] {
  const seen: string[] = [];
  for (const name of ['assigned', 'revoked', 'lost'] as const satisfies (keyof GroupEvents)[]) {
    consumer.on(name, ({ partitions }) => seen.push(`${name} ${partitions.join(' ')}`));
  }
  return seen;
}

function ownedOf({ owned }: GroupHeartbeatRequest): readonly number[] | null {
  return owned === null ? null : owned.flatMap(({ partitions }) => partitions);
}

describe('a heartbeat', () => {
  it('G1 is held by the broker, and the next is sent at once', async () => {
    const scene = await GroupScene.start();
    const consumer = scene.consumer({ stallTimeoutMs: 600_000 });
    await scene.settle(consumer.ready());
    await scene.clock.advance(100);
    const before = scene.broker.requestsOf('GROUP_HEARTBEAT').length;
    await scene.clock.advance(30_000);
    const beats = scene.broker.requestsOf<GroupHeartbeatRequest>('GROUP_HEARTBEAT').slice(before);
    expect(beats).toHaveLength(10);
    expect(
      beats.every(
        ({ maxWaitMs, owned, topics, stalledMs }) =>
          maxWaitMs === 3_000 && owned === null && topics === null && stalledMs === 0,
      ),
    ).toBe(true);
    await scene.settle(scene.q.close());
  });

  it('G1 joins with everything that the group has to know', async () => {
    const scene = await GroupScene.start();
    const consumer = scene.consumer({
      instanceId: 'one',
      sessionTimeoutMs: 10_000,
      rebalanceTimeoutMs: 20_000,
      assignor: 'range',
    });
    await scene.settle(consumer.ready());
    const [join] = scene.broker.requestsOf<GroupHeartbeatRequest>('GROUP_HEARTBEAT');
    expect(join).toEqual({
      groupId: 'g',
      memberId: consumer.memberId,
      memberEpoch: 0,
      instanceId: 'one',
      sessionTimeoutMs: 10_000,
      rebalanceTimeoutMs: 20_000,
      assignor: 'range',
      topics: ['t'],
      owned: [],
      stalledMs: 0,
      maxWaitMs: 0,
    });
    expect(consumer.memberId).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    await scene.settle(scene.q.close());
    expect(scene.group.left).toEqual([{ id: consumer.memberId, epoch: -2 }]);
  });

  it('W3 says everything that is owned after a connection fault, and moves nothing', async () => {
    const scene = await GroupScene.start({ partitions: 2 });
    const consumer = scene.consumer();
    const events = recordEvents(consumer);
    await scene.settle(consumer.ready());
    await scene.clock.advance(10_000);
    const before = scene.broker.requestsOf('GROUP_HEARTBEAT').length;
    scene.broker.cutAll();
    await scene.clock.advance(3_000);
    const [first] = scene.broker.requestsOf<GroupHeartbeatRequest>('GROUP_HEARTBEAT').slice(before);
    expect(first === undefined ? null : ownedOf(first)).toEqual([0, 1]);
    expect(events).toEqual(['assigned 0 1']);
    await scene.settle(scene.q.close());
  });

  it('W3 does not hammer a broker that answers without holding', async () => {
    const scene = await GroupScene.start();
    const consumer = scene.consumer();
    await scene.settle(consumer.ready());
    scene.broker.handlers.set('GROUP_HEARTBEAT', ({ memberEpoch }: GroupHeartbeatRequest) => ({
      memberEpoch,
      heartbeatIntervalMs: 3_000,
      sessionTimeoutMs: 45_000,
      assignment: null,
    }));
    const before = scene.broker.requestsOf('GROUP_HEARTBEAT').length;
    await scene.clock.advance(60_000);
    expect(scene.broker.requestsOf('GROUP_HEARTBEAT').length - before).toBeLessThan(120);
    await scene.settle(scene.q.close());
  });

  it('G1 counts the session from the newest that was confirmed, whenever older ones are answered', async () => {
    const scene = await GroupScene.start();
    scene.group.sessionMs = 20_000;
    const consumer = scene.consumer({ sessionTimeoutMs: 20_000 });
    const events = recordEvents(consumer);
    await scene.settle(consumer.ready());
    const beat = scene.broker.handlers.get('GROUP_HEARTBEAT') as (request: GroupHeartbeatRequest) => Promise<unknown>;
    // One heartbeat is answered four seconds late, the one that is sent beside it at once. After that nothing more is
    // confirmed.
    let beats = 0;
    let confirmedAtMs = 0;
    scene.broker.handlers.set('GROUP_HEARTBEAT', async (request: GroupHeartbeatRequest) => {
      beats += 1;
      const beatNumber = beats;
      if (beatNumber > 2) return new Promise(() => {});
      if (beatNumber === 2) confirmedAtMs = scene.clock.monotonic();
      const answer = await beat(request);
      if (beatNumber === 1) await new Promise<void>((resolve) => void scene.clock.schedule(4_000, resolve));
      return answer;
    });
    await scene.until(() => beats === 1);
    await scene.clock.advance(2_900);
    scene.group.commitFault = () => 'PARTITION_NOT_OWNED';
    void consumer.commit([{ partition: 0, offset: 1 }]).catch(() => null);
    await scene.until(() => beats === 2);
    await scene.until(() => events.includes('lost 0'));
    expect(scene.clock.monotonic() - confirmedAtMs).toBeGreaterThanOrEqual(19_900);
    await scene.settle(scene.q.close({ timeoutMs: 0 }));
  });

  it.each(['UNRELEASED_INSTANCE', 'UNSUPPORTED_ASSIGNOR', 'GROUP_LIMIT', 'INVALID_GROUP_ID'] as const)(
    'G1 that is refused with %s ends the loop',
    async (code) => {
      const scene = await GroupScene.start();
      scene.broker.faults = ({ api, point }) => (api === 'GROUP_HEARTBEAT' && point === 'before' ? code : 'none');
      const consumer = scene.consumer({ instanceId: 'one' });
      await expect(scene.settle(consumer[Symbol.asyncIterator]().next())).rejects.toMatchObject({ code });
      await expect(consumer.ready()).rejects.toMatchObject({ code: 'CLOSED' });
      await scene.settle(scene.q.close());
    },
  );
});

describe('a partition that is taken away', () => {
  it('G2 is given up when what was handed out of it is done, and committed first', async () => {
    const scene = await GroupScene.start({ partitions: 2 });
    const consumer = scene.consumer();
    const events = recordEvents(consumer);
    const messages = consumer[Symbol.asyncIterator]();
    const taken = await scene.take(messages, 24);
    scene.group.assign(consumer.memberId, [1]);
    await scene.clock.advance(1_000);
    // Not before its messages are acknowledged.
    expect([...(scene.group.members.get(consumer.memberId)?.owned ?? [])]).toEqual([0, 1]);
    expect(consumer.partitions).toEqual([1]);
    for (const message of taken.filter(({ partition }) => partition === 0)) {
      expect(message.signal.aborted).toBe(false);
      message.ack();
    }
    await scene.clock.advance(20);
    expect(scene.group.committedOffset(0)).toBe(12);
    expect([...(scene.group.members.get(consumer.memberId)?.owned ?? [])]).toEqual([1]);
    expect(events).toEqual(['assigned 0 1', 'revoked 0']);
    await scene.settle(scene.q.close());
  });

  it('G2 does not disturb the others, and is reported beside the heartbeat that is held', async () => {
    const scene = await GroupScene.start({ partitions: 3, records: 3 });
    const consumer = scene.consumer();
    const messages = consumer[Symbol.asyncIterator]();
    for (const message of await scene.take(messages, 9)) if (message.partition !== 0) message.ack();
    await scene.clock.advance(100);
    scene.group.assign(consumer.memberId, [1, 2]);
    // The drain of partition 0 takes its time; the others flow on.
    for (let round = 0; round < 3; round += 1) {
      scene.fill(1, 3);
      const startMs = scene.clock.monotonic();
      const taken = await scene.take(messages, 3);
      expect(taken.map(({ partition }) => partition)).toEqual([1, 1, 1]);
      expect(scene.clock.monotonic() - startMs).toBeLessThan(100);
      for (const message of taken) message.ack();
    }
    await scene.clock.advance(5_000);
    expect([...(scene.group.members.get(consumer.memberId)?.owned ?? [])]).toEqual([1, 2]);
    await scene.settle(scene.q.close());
  });

  it('G2 is given up after the grace also if nothing is acknowledged; what comes later is refused', async () => {
    const scene = await GroupScene.start();
    const consumer = scene.consumer({ drainTimeoutMs: 2_000 });
    const events = recordEvents(consumer);
    const messages = consumer[Symbol.asyncIterator]();
    const taken = await scene.take(messages, 4);
    taken[0]?.ack();
    taken[2]?.ack();
    const { signal } = taken[1] ?? { signal: AbortSignal.abort() };
    scene.group.assign(consumer.memberId, []);
    await scene.clock.advance(1_900);
    expect([signal.aborted, events]).toEqual([false, ['assigned 0']]);
    await scene.clock.advance(200);
    expect([signal.aborted, events]).toEqual([true, ['assigned 0', 'revoked 0']]);
    expect(signal.reason).toMatchObject({ code: 'PARTITION_NOT_OWNED' });
    expect(scene.group.committedOffset(0)).toBe(1);
    expect(() => taken[1]?.ack()).toThrow(
      expect.objectContaining({ code: 'PARTITION_NOT_OWNED', details: { topic: 't', partition: 0 } }),
    );
    expect(() => consumer.position(0)).toThrow(expect.objectContaining({ code: 'PARTITION_NOT_OWNED' }));
    await scene.settle(scene.q.close());
  });

  it('G2 is read anew from what was committed when it comes back', async () => {
    const scene = await GroupScene.start();
    const consumer = scene.consumer({ drainTimeoutMs: 500 });
    const events = recordEvents(consumer);
    const messages = consumer[Symbol.asyncIterator]();
    const taken = await scene.take(messages, 5);
    taken[0]?.ack();
    scene.group.assign(consumer.memberId, []);
    await scene.clock.advance(100);
    // Back before it was let go.
    scene.group.assign(consumer.memberId, [0]);
    await scene.clock.advance(1_000);
    expect(events).toEqual(['assigned 0', 'revoked 0', 'assigned 0']);
    const [again] = await scene.take(messages, 1);
    expect(again?.offset).toBe(1);
    again?.ack();
    expect(() => taken[1]?.ack()).toThrow(expect.objectContaining({ code: 'PARTITION_NOT_OWNED' }));
    await scene.settle(scene.q.close());
    expect(scene.group.committedOffset(0)).toBe(2);
  });

  it('G2 waits for its owner: a newcomer gets it only after it was let go', async () => {
    const scene = await GroupScene.start({ partitions: 2 });
    const [first, second] = [scene.consumer(), scene.consumer()];
    await scene.settle(first.ready());
    await scene.settle(second.ready());
    expect(second.partitions).toEqual([]);
    const taken = await scene.take(first[Symbol.asyncIterator](), 24);
    scene.group.assign(second.memberId, [1]);
    scene.group.assign(first.memberId, [0]);
    await scene.clock.advance(1_000);
    expect([first.partitions, second.partitions]).toEqual([[0], []]);
    for (const message of taken) if (message.offset < 7) message.ack();
    await scene.clock.advance(6_000);
    expect([first.partitions, second.partitions]).toEqual([[0], [1]]);
    expect(second.position(1)).toBe(7);
    await scene.settle(scene.q.close());
  });
});

describe('a member that the group has forgotten', () => {
  it('G1 joins again at once, whatever heartbeats of its last life are still under way', async () => {
    const scene = await GroupScene.start();
    scene.group.sessionMs = 20_000;
    const consumer = scene.consumer({ sessionTimeoutMs: 20_000 });
    await scene.settle(consumer.ready());
    let lostAtMs = 0;
    const joinedAtMs: number[] = [];
    consumer.on('lost', () => (lostAtMs = scene.clock.monotonic()));
    scene.broker.faults = ({ api, point }) => {
      if (api !== 'GROUP_HEARTBEAT' || point !== 'before') return 'none';
      const [last] = scene.broker.requestsOf<GroupHeartbeatRequest>('GROUP_HEARTBEAT').slice(-1);
      if (last?.memberEpoch !== 0) return 'silence';
      joinedAtMs.push(scene.clock.monotonic());
      return 'none';
    };
    await scene.until(() => joinedAtMs.length > 0);
    expect((joinedAtMs[0] ?? 0) - lostAtMs).toBeLessThan(100);
    await scene.settle(scene.q.close({ timeoutMs: 0 }));
  });

  it.each(['UNKNOWN_MEMBER', 'FENCED_MEMBER_EPOCH'] as const)(
    'G1 loses its partitions with %s, and joins again',
    async (code) => {
      const scene = await GroupScene.start();
      const consumer = scene.consumer();
      const events = recordEvents(consumer);
      const messages = consumer[Symbol.asyncIterator]();
      const taken = await scene.take(messages, 6);
      for (const message of taken.slice(0, 3)) message.ack();
      await scene.clock.advance(1_100);
      let told = false;
      scene.broker.faults = ({ api, point }) => {
        if (api !== 'GROUP_HEARTBEAT' || point !== 'before' || told) return 'none';
        told = true;
        scene.group.expel(consumer.memberId);
        return code;
      };
      await scene.clock.advance(5_000);
      expect(events).toEqual(['assigned 0', 'lost 0', 'assigned 0']);
      expect(taken[3]?.signal.aborted).toBe(true);
      expect(() => taken[3]?.ack()).toThrow(expect.objectContaining({ code: 'PARTITION_NOT_OWNED' }));
      const [again] = await scene.take(messages, 1);
      expect(again?.offset).toBe(3);
      await scene.settle(scene.q.close());
    },
  );

  it('G1 W3 takes itself for dead when no heartbeat was confirmed for the session timeout', async () => {
    const scene = await GroupScene.start();
    scene.group.sessionMs = 20_000;
    const consumer = scene.consumer({ sessionTimeoutMs: 20_000 });
    const events = recordEvents(consumer);
    await scene.settle(consumer.ready());
    await scene.clock.advance(10_000);
    scene.network.isRefusing = true;
    scene.broker.cutAll();
    await scene.clock.advance(16_000);
    expect(events).toEqual(['assigned 0']);
    await scene.clock.advance(5_000);
    expect(events).toEqual(['assigned 0', 'lost 0']);
    expect(consumer.partitions).toEqual([]);
    scene.network.isRefusing = false;
    await scene.clock.advance(5_000);
    expect(events).toEqual(['assigned 0', 'lost 0', 'assigned 0']);
    await scene.settle(scene.q.close());
  });
});
