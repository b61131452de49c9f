import { FaultyFileSystem } from '@q/testkit';
import { describe, expect, it } from 'vitest';
import { describeConfigs } from '../../src/messages/describe-configs.ts';
import { describeGroups } from '../../src/messages/describe-groups.ts';
import { joinGroup } from '../../src/messages/join-group.ts';
import { leaveGroup } from '../../src/messages/leave-group.ts';
import { syncGroup } from '../../src/messages/sync-group.ts';
import { kafkaBroker } from '../harness.ts';
import { ClassicMember, newest, oldest, stableGroup } from '../classic-member.ts';
import type { MemberOptions } from '../classic-member.ts';

async function setUp(initialDelayMs = 0): Promise<(o?: Partial<MemberOptions>) => Promise<ClassicMember>> {
  const { kafkaPort: port } = await kafkaBroker({ limits: { groupInitialDelayMs: initialDelayMs } });
  return (o = {}) => ClassicMember.connect({ port, ...o });
}

describe('classic groups', () => {
  it.each([
    ['newest', newest],
    ['oldest', oldest],
  ])('B1 bring two members together, in the %s versions', async (_, versions) => {
    const member = await setUp(100);
    const [first, second] = [await member({ versions, metadata: 'A' }), await member({ versions, metadata: 'B' })];
    const [led, followed] = await Promise.all([first.join(), second.join()]);
    expect(led).toMatchObject({ errorCode: 0, generationId: 1, protocolName: 'range', leader: first.memberId });
    expect(led.members.map(({ metadata }) => metadata.toString())).toEqual(['A', 'B']);
    expect(followed).toMatchObject({ errorCode: 0, generationId: 1, leader: first.memberId, members: [] });
    const waits = second.sync();
    expect(await first.sync({ [first.memberId]: 'one' })).toBe('one');
    expect(await waits).toBe('');
    expect(await first.heartbeat()).toBe(0);
    expect(await second.leave()).toBe(0);
    expect(await first.heartbeat()).toBe(27);
    expect((await first.join()).generationId).toBe(2);
    expect(await first.sync({ [first.memberId]: 'all' })).toBe('all');
  });

  it('B1 give a member an id that begins as its client, before it may wait', async () => {
    const member = await setUp();
    const first = await member();
    const answer = await first.ask(joinGroup, 9, first.joinRequest());
    expect(answer).toMatchObject({ errorCode: 79, generationId: -1, protocolName: null, members: [] });
    expect(answer.memberId).toMatch(/^raw-[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    const old = await member({ groupId: 'old', versions: { ...oldest, join: 3 } });
    expect((await old.ask(joinGroup, 3, old.joinRequest())).errorCode).toBe(0);
  });

  it('B1 refuse what Kafka refuses, as it does', async () => {
    const member = await setUp();
    const [first, other] = [await member(), await member()];
    const join = async (changes: object): Promise<number> =>
      (await other.ask(joinGroup, 9, { ...other.joinRequest(), ...changes })).errorCode;
    await stableGroup([first]);
    expect(await join({ groupId: '' })).toBe(24);
    expect(await join({ sessionTimeoutMs: 10 })).toBe(26);
    expect(await join({ memberId: 'x' })).toBe(25);
    expect(await join({ groupId: 'nothing', memberId: 'x' })).toBe(25);
    expect(await join({ protocolType: 'connect' })).toBe(23);
    expect(await join({ protocols: [{ name: 'sticky', metadata: Buffer.alloc(0) }] })).toBe(23);
    expect(await join({ protocols: [] })).toBe(23);
    const sync = async (changes: object): Promise<number> => {
      const { memberId, generation: generationId } = first;
      const claim = { groupId: 'g', generationId, memberId, protocolType: 'consumer', protocolName: 'range' };
      const answer = await other.ask(syncGroup, 5, { ...claim, groupInstanceId: null, assignments: [], ...changes });
      return answer.errorCode;
    };
    expect(await sync({})).toBe(0);
    expect(await sync({ generationId: 7 })).toBe(22);
    expect(await sync({ memberId: 'x' })).toBe(25);
    expect(await sync({ groupId: 'nothing' })).toBe(25);
    expect(await sync({ protocolName: 'sticky' })).toBe(23);
    expect(await sync({ protocolType: null })).toBe(23);
    expect(await sync({ groupInstanceId: 'I' })).toBe(25);
    other.generation = 1;
    other.memberId = 'x';
    expect(await other.heartbeat()).toBe(25);
    expect(await other.leave()).toBe(25);
    first.generation = 7;
    expect(await first.heartbeat()).toBe(22);
  });

  it('B1 wait three seconds for their first members where nothing else is set, as Kafka 4.3.1 does', async () => {
    const { kafkaPort: port } = await kafkaBroker();
    const { client } = await ClassicMember.connect({ port });
    const { results } = await client.ask(describeConfigs, 4, {
      resources: [{ resourceType: 4, resourceName: '1', configurationKeys: ['group.initial.rebalance.delay.ms'] }],
    });
    expect(results[0]!.configs).toMatchObject([{ value: '3000' }]);
  });

  it('B1 echo protocol type and name from version 5 of SyncGroup on', async () => {
    const member = await setUp();
    const first = await member();
    await stableGroup([first]);
    for (const version of [4, 5]) {
      const answer = await first.ask(syncGroup, version, {
        groupId: 'g',
        generationId: first.generation,
        memberId: first.memberId,
        groupInstanceId: null,
        protocolType: 'consumer',
        protocolName: 'range',
        assignments: [],
      });
      expect(answer.assignment.toString()).toBe('part 0');
      const echoed = version < 5 ? null : { protocolType: 'consumer', protocolName: 'range' };
      expect(answer).toMatchObject(echoed ?? { protocolType: null, protocolName: null });
    }
  });

  it('B1 put several members out at once, with an error each', async () => {
    const member = await setUp(100);
    const [first, second] = [await member(), await member({ instanceId: 'I' })];
    await stableGroup([first, second]);
    const answer = await first.ask(leaveGroup, 5, {
      groupId: 'g',
      members: [
        { memberId: '', groupInstanceId: 'I', reason: 'an administrator' },
        { memberId: first.memberId, groupInstanceId: null },
        { memberId: 'x', groupInstanceId: null },
        { memberId: '', groupInstanceId: null },
      ],
    });
    expect(answer.errorCode).toBe(0);
    expect(answer.members.map(({ errorCode }) => errorCode)).toEqual([0, 0, 25, 25]);
    expect(answer.members[0]).toMatchObject({ memberId: '', groupInstanceId: 'I' });
  });

  it('B1 let a static member come back to its place, without a rebalance', async () => {
    const member = await setUp(100);
    const [first, second] = [await member(), await member({ instanceId: 'I' })];
    await stableGroup([first, second]);
    const again = await member({ instanceId: 'I' });
    expect(await again.join()).toMatchObject({ errorCode: 0, generationId: 1 });
    expect(again.memberId).not.toBe(second.memberId);
    expect(await again.sync()).toBe('part 1');
    expect(await first.heartbeat()).toBe(0);
    expect(await second.heartbeat()).toBe(82);
  });

  it('B1 go on without a newcomer that hangs up before it has heard its id', async () => {
    const member = await setUp(100);
    const [first, second, third] = [await member(), await member(), await member({ versions: oldest })];
    await stableGroup([first, second]);
    const given = third.join();
    while ((await first.heartbeat()) === 0);
    third.client.socket.destroy();
    await expect(given).rejects.toThrow('hung up');
    const count = async (): Promise<number> => {
      const { groups } = await first.ask(describeGroups, 5, { groups: ['g'] });
      return groups[0]!.members.length;
    };
    while ((await count()) === 3);
    const joined = await Promise.all([first.join(), second.join()]);
    expect(joined.map(({ errorCode, generationId }) => [errorCode, generationId])).toEqual([
      [0, 2],
      [0, 2],
    ]);
    expect(joined.flatMap(({ members }) => members)).toHaveLength(2);
  });

  it('B1 take members that say as much of themselves as a frame may hold', async () => {
    const member = await setUp();
    const first = await member({ metadata: 'm'.repeat(3 << 20) });
    const joined = await first.join();
    expect(joined.members[0]!.metadata.length).toBe(3 << 20);
    expect(await first.sync({ [first.memberId]: 'a'.repeat(4 << 20) })).toHaveLength(4 << 20);
  });

  it('B1 go on after a restart of the broker, in their generation and with what they were given', async () => {
    const options = { storage: 'file', dataDir: '/data', fileSystem: new FaultyFileSystem() } as const;
    const limits = { groupInitialDelayMs: 100 };
    const before = await kafkaBroker({ ...options, limits });
    const pair = [
      await ClassicMember.connect({ port: before.kafkaPort }),
      await ClassicMember.connect({ port: before.kafkaPort }),
    ];
    await stableGroup(pair);
    await before.broker.close();
    const { kafkaPort: port } = await kafkaBroker({ ...options, limits });
    for (const [index, { memberId, generation }] of pair.entries()) {
      const member = Object.assign(await ClassicMember.connect({ port }), { memberId, generation });
      expect(await member.heartbeat()).toBe(0);
      expect(await member.sync()).toBe(`part ${index}`);
    }
    const third = await ClassicMember.connect({ port });
    void third.join().catch(() => undefined);
    const first = Object.assign(await ClassicMember.connect({ port }), { memberId: pair[0]!.memberId, generation: 1 });
    while ((await first.heartbeat()) === 0);
    expect(await first.heartbeat()).toBe(27);
  });

  it('B1 tell no member that it is unknown while others come, leave and join again at once', async () => {
    const member = await setUp(50);
    const members = await Promise.all(Array.from({ length: 8 }, () => member()));
    const told = new Set<number>();
    let isOver = false;
    const live = async (each: ClassicMember): Promise<void> => {
      while (!isOver) {
        const joined = await each.join();
        told.add(joined.errorCode);
        const all = Object.fromEntries(joined.members.map(({ memberId }) => [memberId, 'part']));
        const synced = await each.sync(all);
        if (typeof synced === 'number') told.add(synced);
        if (synced === 27) continue;
        for (let code = 0; code === 0 && !isOver;) told.add((code = await each.heartbeat()));
      }
    };
    const lives = members.map(live);
    for (let round = 0; round < 12; round += 1) {
      const guest = await member();
      const joined = await guest.join();
      told.add(joined.errorCode);
      told.add(await guest.leave());
      guest.client.socket.destroy();
    }
    isOver = true;
    for (const each of members) each.client.socket.destroy();
    await Promise.allSettled(lives);
    expect([...told].toSorted((left, right) => left - right)).toEqual([0, 27]);
  });
});
