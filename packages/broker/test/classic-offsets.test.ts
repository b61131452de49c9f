/**
 * Offsets of groups whose members assign, at the service: who may commit what, whichever door asks.
 */
import { describe, expect, it } from 'vitest';
import type { CommitClaim, Door, Services } from '../src/index.ts';
import { FakeCaller } from './fakes/fake-caller.ts';
import { commit } from './group-member.ts';
import { testBroker, testClient } from './harness.ts';

/** A door that nobody goes through: it only shows the services. */
function window(): { readonly door: Door; readonly services: () => Services } {
  let seen: Services | null = null;
  const door: Door = {
    name: 'window',
    port: 0,
    open: (services) => {
      seen = services;
      return () => {
        throw new Error('nobody comes in here');
      };
    },
  };
  return { door, services: () => seen! };
}

async function setUp() {
  const { door, services } = window();
  const broker = await testBroker({ doors: [door], limits: { groupInitialDelayMs: 0 } });
  const client = await testClient(broker);
  const { topicId } = await client.createTopic('orders', { partitions: 2 });
  const { groups } = services();
  const join = async (memberId: string): Promise<void> => {
    const times = { sessionTimeoutMs: 10_000, rebalanceTimeoutMs: 10_000 };
    const protocols = [{ name: 'range', metadata: Buffer.from('what I want') }];
    const options = { protocolType: 'consumer', protocols, needsId: false, knowsSkipping: false };
    const who = { groupId: 'g', memberId: '', instanceId: memberId };
    const joined = await groups.classic.join({ ...who, ...times, ...options }, new FakeCaller());
    if (joined.kind !== 'joined') throw new Error(`refused: ${joined.fault}`);
    claim = { memberId: joined.memberId, instanceId: null, generation: joined.generation };
    const assignments = [{ memberId: joined.memberId, assignment: Buffer.from('what I get') }];
    await groups.classic.sync(
      { groupId: 'g', ...claim, protocolType: null, protocolName: null, assignments },
      new FakeCaller(),
    );
  };
  let claim: CommitClaim = { memberId: '', instanceId: null, generation: -1 };
  const commitAs = async (changes: Partial<CommitClaim>, offset = 0, metadata: string | null = null) => {
    const partitions = [{ partition: 0, offset, leaderEpoch: -1, metadata }];
    const request = { groupId: 'g', claim: { ...claim, ...changes }, topics: [{ topicId, partitions }] };
    const taken = await groups.offsets.commitClassic(request, new FakeCaller());
    return typeof taken === 'string' ? taken : (taken[0]!.partitions[0]!.error?.code ?? 'taken');
  };
  return { client, topicId, groups, join, commitAs };
}

describe('offsets of a group whose members assign', () => {
  it('B1 are taken from a member in its generation, also beyond the end of the log', async () => {
    const { join, commitAs } = await setUp();
    await join('a');
    expect(await commitAs({}, 1000)).toBe('taken');
    expect(await commitAs({}, -3)).toBe('OFFSET_OUT_OF_RANGE');
    expect(await commitAs({}, 0, 'x'.repeat(4097))).toBe('INVALID_REQUEST');
    expect(await commitAs({ generation: 7 })).toBe('ILLEGAL_GENERATION');
    expect(await commitAs({ memberId: 'other' })).toBe('UNKNOWN_MEMBER_ID');
  });

  it('B1 are refused from a native client while it has members', async () => {
    const { client, topicId, join } = await setUp();
    const committing = () => commit(client, { groupId: 'g', topicId, offsets: { 0: 0 } });
    await committing();
    await join('a');
    await expect(committing()).rejects.toMatchObject({ code: 'GROUP_NOT_EMPTY' });
  });

  it('B1 are not deleted while nobody understands what its members consume', async () => {
    const { topicId, groups, join, commitAs } = await setUp();
    const forget = async () =>
      (
        await groups.changes.deleteOffsets({ groupId: 'g', topics: [{ topicId, partitions: null }] }, new FakeCaller())
      )[0]!;
    await join('a');
    await commitAs({});
    expect(await forget()).toMatchObject({ error: { code: 'GROUP_NOT_EMPTY' }, offsets: 0 });
    groups.languages.learn('consumer', { wantedTopics: () => ['other'], assignedPartitions: () => null });
    expect(await forget()).toMatchObject({ error: null, offsets: 1 });
  });

  it('B1 are refused for a generation of a group that is not there, and no group is made', async () => {
    const { commitAs, groups } = await setUp();
    await expect(commitAs({ generation: 3, memberId: 'a' })).rejects.toMatchObject({ code: 'UNKNOWN_GROUP' });
    expect(groups.list('', new FakeCaller())).toEqual([]);
  });
});
