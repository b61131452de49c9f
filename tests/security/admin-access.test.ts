/**
 * Every row of what the admin door needs, executed over real sockets (rows A3; SEC-7, SEC-11, SEC-12): with exactly
 * the rights of the row, without each of them, with a rule that denies, and with every way in which a rule may name a
 * thing.
 */
import { adminExtension } from '@q/admin';
import { startBroker } from '@q/broker';
import type { Broker } from '@q/broker';
import {
  Authenticate,
  CommitOffset,
  encodeBatch,
  formatBearer,
  InitProducer,
  Produce,
  StageOffsets,
} from '@q/protocol';
import { adminNeeds, cluster } from '@q/security';
import type { AclRule, Need } from '@q/security';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WireConnection } from '../wire-connection.ts';
import { adminProbes } from './admin-probes.ts';
import type { AdminOutcome, AdminProbe, AdminScene } from './admin-probes.ts';

let broker: Broker;
let root: WireConnection;
let scenes = 0;
const quiet = { last: () => [], follow: () => () => undefined };
const levels = {
  level: 'info',
  subsystems: new Map(),
  setLevel: () => undefined,
  setSubsystem: () => undefined,
} as const;

beforeAll(async () => {
  broker = await startBroker({
    storage: 'memory',
    port: 0,
    admin: { port: 0, extension: adminExtension({ log: { tail: quiet, levels } }) },
    audit: { to: 'topic', logins: false },
    // A token is the name of its user: everybody is let in at once.
    security: {
      mechanisms: ['OAUTHBEARER'],
      tokens: { verify: (user) => Promise.resolve({ user, expiresAtMs: Date.now() + 3_600_000, reason: null }) },
      superUsers: ['User:root'],
    },
  });
  await broker.users!.setPassword('known', 'pw');
  root = await WireConnection.open(broker.url);
  await root.call(Authenticate, { mechanism: 'OAUTHBEARER', message: formatBearer('root') });
});

afterAll(async () => {
  await root[Symbol.asyncDispose]();
  await broker.close({ timeoutMs: 100 });
});

type Grant = Pick<AclRule, 'operation' | 'resourceType' | 'patternType' | 'resourceName'>
  & Partial<Pick<AclRule, 'permission' | 'principal' | 'host'>>;

/** With a record of a producer, and an offset of the group. */
async function makeTopic(topic: string, groupId: string): Promise<string> {
  const { topicId } = await root.createTopic(topic);
  const { producerId } = await root.call(InitProducer, {
    producerId: -1,
    producerEpoch: -1,
    transactionalId: null,
    transactionTimeoutMs: -1,
  });
  const producer = { producerId, producerEpoch: 0, baseSequence: 0 };
  const records = encodeBatch([{ key: null, value: Buffer.from('x'), timestampMs: 1 }], producer);
  const partitions = [{ partition: 0, leaderEpoch: -1, records }];
  await root.call(Produce, { timeoutMs: 5_000, topics: [{ topicId, partitions }], traceContexts: [] });
  const offsets = [{ partition: 0, offset: 0, leaderEpoch: -1, metadata: null }];
  await root.call(CommitOffset, { groupId, memberId: '', memberEpoch: -1, topics: [{ topicId, partitions: offsets }] });
  return topicId;
}

async function openTransaction({
  transactionalId,
  topicId,
  groupId,
}: {
  readonly transactionalId: string;
  readonly topicId: string;
  readonly groupId: string;
}): Promise<void> {
  const begun = { producerId: -1, producerEpoch: -1, transactionalId, transactionTimeoutMs: 600_000 };
  const producer = await root.call(InitProducer, begun, 1);
  const records = encodeBatch([{ value: 'x' }], { ...producer, baseSequence: 0, isTransactional: true });
  const written = [{ partition: 0, leaderEpoch: -1, records }];
  await root.call(Produce, { timeoutMs: 5_000, topics: [{ topicId, partitions: written }], traceContexts: [] });
  const partitions = [{ partition: 0, offset: 1, leaderEpoch: -1, metadata: null }];
  const claim = { ...producer, transactionalId, groupId, memberId: '', memberEpoch: -1 };
  await root.call(StageOffsets, { ...claim, topics: [{ topicId, partitions }] });
}

async function outcomeOf(
  probe: AdminProbe,
  grants: (scene: AdminScene) => readonly Grant[],
  given?: string,
): Promise<AdminOutcome> {
  scenes += 1;
  const user = given ?? `u${scenes}`;
  const group = `g${scenes}`;
  const topic = probe.topic ?? `t${scenes}`;
  const isThere = probe.topic === undefined && probe.isNew !== 'topic';
  const transactionalId = `x${scenes}`;
  const topicId = isThere ? await makeTopic(topic, group) : '';
  if (probe.hasTransaction === true) await openTransaction({ transactionalId, topicId, groupId: group });
  const scene = { user, topic, topicId, group, transactionalId };
  const rules = grants(scene).map((one): AclRule => ({
    principal: `User:${user}`,
    host: '*',
    permission: 'allow',
    ...one,
  }));
  for (const rule of rules) await broker.rules!.add(rule);
  try {
    return await ask(probe, scene);
  } finally {
    for (const rule of rules) await broker.rules!.remove(rule);
  }
}

async function ask(probe: AdminProbe, scene: AdminScene): Promise<AdminOutcome> {
  const { method = 'GET', path, accept, body, judge = () => 'done', status } = probe;
  const stop = new AbortController();
  const response = await fetch(`${broker.adminUrl}${path(scene)}`, {
    method,
    signal: stop.signal,
    headers: {
      authorization: `Bearer ${scene.user}`,
      ...(accept !== undefined && { accept }),
      ...(body !== undefined && { 'content-type': 'application/json' }),
    },
    ...(body !== undefined && { body: JSON.stringify(body(scene)) }),
  });
  if (accept === 'text/event-stream' && response.ok) return await judgeEvents(response, stop, { probe, scene });
  const text = await response.text();
  if (response.status === 403 && text.includes('NOT_AUTHORIZED')) return 'refused';
  if (response.status !== status && !response.ok) throw new Error(`${path(scene)}: ${response.status} ${text}`);
  const isJson = (response.headers.get('content-type') ?? '').includes('json');
  return judge((isJson ? JSON.parse(text) : text) as never, scene);
}

/** By what comes first: a stream goes on. */
async function judgeEvents(
  response: Response,
  stop: AbortController,
  { probe: { judge }, scene }: { readonly probe: AdminProbe; readonly scene: AdminScene },
): Promise<AdminOutcome> {
  let text = '';
  if (judge !== undefined) {
    for await (const chunk of response.body!) {
      text += Buffer.from(chunk as Uint8Array).toString();
      if (text.includes('data: ')) break;
    }
  }
  stop.abort();
  return judge === undefined ? 'done' : judge(text as never, scene);
}

type Right = Pick<Need, 'resource' | 'operation'>;

function grant({ resource, operation }: Right, { topic, group, transactionalId }: AdminScene): Grant {
  const names = { cluster: cluster.name, group, topic, transactionalId };
  return { resourceType: resource, operation, patternType: 'literal', resourceName: names[resource] };
}

type Change = (given: Grant) => Grant;

const ways: Readonly<Record<string, Change>> = {
  'a beginning of the name': (given) =>
    given.resourceType === 'cluster'
      ? given
      : { ...given, patternType: 'prefixed', resourceName: given.resourceName[0]! },
  'every name': (given) => (given.resourceType === 'cluster' ? given : { ...given, resourceName: '*' }),
  everybody: (given) => ({ ...given, principal: 'User:*' }),
  'every operation': (given) => ({ ...given, operation: 'all' }),
  'its address': (given) => ({ ...given, host: '127.0.0.1' }),
};

const misses: Readonly<Record<string, Change>> = {
  'another name': (given) =>
    given.resourceType === 'cluster'
      ? { ...given, principal: 'User:somebody' }
      : { ...given, resourceName: `${given.resourceName}x` },
  'somebody else': (given) => ({ ...given, principal: 'User:somebody-else' }),
  'another address': (given) => ({ ...given, host: '10.0.0.7' }),
};

describe('A3 what the admin door needs', () => {
  it('A3, SEC-11: each need of each operation is tried', () => {
    expect(Object.keys(adminProbes).toSorted()).toEqual(Object.keys(adminNeeds).toSorted());
    for (const [name, needs] of Object.entries(adminNeeds)) {
      // The same look as `describeGroup`, and here are no members whose topics could be left out.
      if (name === 'listMembers') continue;
      const tried = new Set(adminProbes[name]!.flatMap((probe) => probe.needs));
      expect([name, [...tried].toSorted((left, right) => left - right)]).toEqual([name, [...needs.keys()]]);
    }
  });

  for (const [name, needs] of Object.entries(adminNeeds)) {
    for (const probe of adminProbes[name]!) {
      const wanted = probe.needs.map((index) => needs[index]!);
      const all = (scene: AdminScene): Grant[] => wanted.map((need) => grant(need, scene));
      const title = `${name}${probe.title === undefined ? '' : ` ${probe.title}`}`;

      it(`A3, SEC-7: ${title} is for super users, and for whoever has exactly what it needs`, async () => {
        expect(await outcomeOf(probe, () => [], 'root')).toBe('done');
        expect(await outcomeOf(probe, all)).toBe('done');
        if (wanted.length > 0) expect(await outcomeOf(probe, () => [])).not.toBe('done');
      });

      for (const [at, need] of wanted.entries()) {
        if (probe.implied?.includes(probe.needs[at]!) === true) continue;
        const others = (scene: AdminScene): Grant[] =>
          wanted.filter((_, index) => index !== at).map((each) => grant(each, scene));
        const by = `${need.operation} of ${need.resource}`;

        it(`A3, SEC-11, SEC-12: ${title} without ${by} is ${need.lack}, and so it is denied; said in each way`, async () => {
          expect(await outcomeOf(probe, others)).toBe(need.lack);
          const denied = (scene: AdminScene): Grant => ({ ...grant(need, scene), permission: 'deny' });
          expect(await outcomeOf(probe, (scene) => [...all(scene), denied(scene)])).toBe(need.lack);
          const given = (change: Change): Promise<AdminOutcome> =>
            outcomeOf(probe, (scene) => [...others(scene), change(grant(need, scene))]);
          for (const [way, change] of Object.entries(ways)) expect([way, await given(change)]).toEqual([way, 'done']);
          for (const [miss, change] of Object.entries(misses))
            expect([miss, await given(change)]).toEqual([miss, need.lack]);
          for (const other of need.or ?? [])
            expect(await outcomeOf(probe, (scene) => [...others(scene), grant(other, scene)])).toBe('done');
        });
      }
    }
  }
});
