/**
 * Every row of what the native door needs, executed over real sockets (rows A3; SEC-7, SEC-11, SEC-12): with exactly
 * the rights of the row, without each of them, with a rule that denies, and with every way in which a rule may name a
 * thing.
 */
import { startBroker } from '@q/broker';
import type { Broker } from '@q/broker';
import { apiByKey, Authenticate, CommitOffset, formatBearer, Hello, helloMagic, QError } from '@q/protocol';
import { cluster, nativeNeeds } from '@q/security';
import type { AclRule, Need } from '@q/security';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WireConnection } from '../wire-connection.ts';
import { nativeProbes } from './native-probes.ts';
import type { Outcome, Probe, ProbeScene } from './native-probes.ts';

let broker: Broker;
let root: WireConnection;
let scenes = 0;

beforeAll(async () => {
  broker = await startBroker({
    storage: 'memory',
    listeners: [
      { name: 'asks', protocol: 'native', port: 0 },
      { name: 'asks-nobody', protocol: 'native', port: 0, authentication: 'none' },
    ],
    admin: false,
    autoCreateTopics: true,
    audit: { to: 'off' },
    // A token is the name of its user: everybody is let in at once.
    security: {
      mechanisms: ['OAUTHBEARER'],
      tokens: { verify: (user) => Promise.resolve({ user, expiresAtMs: Date.now() + 3_600_000, reason: null }) },
      superUsers: ['User:root'],
    },
  });
  root = await openAs('root');
});

afterAll(async () => {
  await root[Symbol.asyncDispose]();
  await broker.close();
});

/** Whoever says nothing at the listener that asks nobody. */
const anonymous = 'ANONYMOUS';

async function openAs(user: string): Promise<WireConnection> {
  const wanted = user === anonymous ? 'asks-nobody' : 'asks';
  const { host, port } = broker.listeners.find(({ name }) => name === wanted)!;
  const wire = await WireConnection.open(`q://${host}:${port}`);
  if (user !== anonymous) await wire.call(Authenticate, { mechanism: 'OAUTHBEARER', message: formatBearer(user) });
  return wire;
}

/** Rights of one user. */
type Grant = Pick<AclRule, 'operation' | 'resourceType' | 'patternType' | 'resourceName'>
  & Partial<Pick<AclRule, 'permission' | 'principal' | 'host'>>;

/** The probe by a user who has exactly these rights. */
async function outcomeOf(
  probe: Probe,
  grants: (scene: ProbeScene) => readonly Grant[],
  { user }: { readonly user?: string } = {},
): Promise<Outcome> {
  scenes += 1;
  const name = user ?? `u${scenes}`;
  const group = `g${scenes}`;
  const topic = probe.topic ?? `t${scenes}`;
  const isThere = probe.topic === undefined && probe.isNew !== 'topic';
  const topicId = isThere ? (await root.createTopic(topic)).topicId : '';
  if (isThere && probe.isNew !== 'group') await commit(group, topicId);
  await using wire = await openAs(name);
  const scene = { wire, root, user: name, topic, topicId, group };
  const rules = grants(scene).map((given): AclRule => ({
    principal: `User:${name}`,
    host: '*',
    permission: 'allow',
    ...given,
  }));
  for (const rule of rules) await broker.rules!.add(rule);
  try {
    return await probe.ask(scene);
  } catch (error) {
    if (QError.is(error) && error.code === 'NOT_AUTHORIZED') return 'refused';
    throw error;
  } finally {
    for (const rule of rules) await broker.rules!.remove(rule);
  }
}

async function commit(groupId: string, topicId: string): Promise<void> {
  const partitions = [{ partition: 0, offset: 0, leaderEpoch: -1, metadata: null }];
  await root.call(CommitOffset, { groupId, memberId: '', memberEpoch: -1, topics: [{ topicId, partitions }] });
}

type Right = Pick<Need, 'resource' | 'operation'>;

function thing({ resource }: Right, { topic, group }: ProbeScene): Grant['resourceName'] {
  if (resource === 'cluster') return cluster.name;
  return resource === 'group' ? group : topic;
}

function grant(right: Right, scene: ProbeScene): Grant {
  const { resource: resourceType, operation } = right;
  return { resourceType, operation, patternType: 'literal', resourceName: thing(right, scene) };
}

/** Null where there is no such rule. */
type Change = (given: Grant) => Grant | null;
const plain: Change = (given) => given;

function example(right: Right): Grant {
  return grant(right, { topic: 't', group: 'g' } as ProbeScene);
}

/** Each way to say the same right, but for the plain one. */
const ways: Readonly<Record<string, Change>> = {
  'a beginning of the name': (given) =>
    given.resourceType === 'cluster'
      ? null
      : { ...given, patternType: 'prefixed', resourceName: given.resourceName[0]! },
  'every name': (given) => (given.resourceType === 'cluster' ? null : { ...given, resourceName: '*' }),
  everybody: (given) => ({ ...given, principal: 'User:*' }),
  'every operation': (given) => ({ ...given, operation: 'all' }),
  'its address': (given) => ({ ...given, host: '127.0.0.1' }),
};

/** Each way to say something else. */
const misses: Readonly<Record<string, Change>> = {
  'another name': (given) =>
    given.resourceType === 'cluster' ? null : { ...given, resourceName: `${given.resourceName}x` },
  'another beginning': (given) =>
    given.resourceType === 'cluster'
      ? null
      : { ...given, patternType: 'prefixed', resourceName: `${given.resourceName}x` },
  'somebody else': (given) => ({ ...given, principal: 'User:somebody-else' }),
  'another address': (given) => ({ ...given, host: '10.0.0.7' }),
};

describe('A3 what the native door needs', () => {
  it('A3, SEC-11: every API that is served has a row, no row is of another, and each need of each is tried', async () => {
    const { apis } = await root.call(Hello, {
      magic: helloMagic,
      clientId: 'looks',
      software: 'q-tests',
      softwareVersion: '0',
    });
    const served = apis.map(({ key }) => apiByKey(key)!.name);
    expect(served.toSorted()).toEqual(Object.keys(nativeNeeds).toSorted());
    for (const [name, needs] of Object.entries(nativeNeeds)) {
      const tried = new Set(nativeProbes[name]!.flatMap((probe) => probe.needs));
      expect([name, [...tried].toSorted((left, right) => left - right)]).toEqual([name, [...needs.keys()]]);
    }
  });

  for (const [name, needs] of Object.entries(nativeNeeds)) {
    for (const probe of nativeProbes[name]!) {
      const wanted = probe.needs.map((index) => needs[index]!);
      const all = (scene: ProbeScene): Grant[] => wanted.map((need) => grant(need, scene));
      const title = `${name}${probe.title === undefined ? '' : ` ${probe.title}`}`;

      it(`A3, SEC-7: ${title} is for super users, and for whoever has exactly what it needs`, async () => {
        expect(await outcomeOf(probe, () => [], { user: 'root' })).toBe('done');
        expect(await outcomeOf(probe, all)).toBe('done');
        if (wanted.length > 0) expect(await outcomeOf(probe, () => [])).not.toBe('done');
      });

      it(`A3, SEC-7: ${title} is for whoever has no name, by rules like anybody's`, async () => {
        // Nobody asks them who they are, so they have nothing to say.
        if (name === 'AUTHENTICATE') return expect(wanted).toEqual([]);
        const nobody = { user: anonymous };
        const everybody = (scene: ProbeScene): Grant[] =>
          all(scene).map((given) => ({ ...given, principal: 'User:*' }));
        expect(await outcomeOf(probe, all, nobody)).toBe('done');
        expect(await outcomeOf(probe, everybody, nobody)).toBe('done');
        if (wanted.length > 0) expect(await outcomeOf(probe, () => [], nobody)).not.toBe('done');
      });

      for (const [at, need] of wanted.entries()) {
        const others = (scene: ProbeScene): Grant[] =>
          wanted.filter((_, index) => index !== at).map((each) => grant(each, scene));
        const by = `${need.operation} of ${need.resource}`;

        it(`A3, SEC-11: ${title} without ${by} is ${need.lack}, and so it is where a rule denies it`, async () => {
          expect(await outcomeOf(probe, others)).toBe(need.lack);
          for (const [way, change] of Object.entries({ plain, ...ways })) {
            // A refusal of every operation would refuse the others, too; rules about addresses and names say enough.
            if (way === 'every operation' || change(example(need)) === null) continue;
            const denied = (scene: ProbeScene): Grant => ({ ...change(grant(need, scene))!, permission: 'deny' });
            const outcome = await outcomeOf(probe, (scene) => [...all(scene), denied(scene)]);
            expect([way, outcome]).toEqual([way, need.lack]);
          }
        });

        it(`A3, SEC-12: ${title} by each way to say ${by}, and by no other`, async () => {
          const given = (change: Change): Promise<Outcome> =>
            outcomeOf(probe, (scene) => [...others(scene), change(grant(need, scene))!]);
          for (const [way, change] of Object.entries(ways))
            if (change(example(need)) !== null) expect([way, await given(change)]).toEqual([way, 'done']);
          for (const [miss, change] of Object.entries(misses)) {
            // Any of the kind does where one is enough.
            const isHit = need.ofAny === true && /name|beginning/.test(miss);
            if (change(example(need)) !== null)
              expect([miss, await given(change)]).toEqual([miss, isHit ? 'done' : need.lack]);
          }
          for (const other of need.or ?? [])
            expect(await outcomeOf(probe, (scene) => [...others(scene), grant(other, scene)])).toBe('done');
        });
      }
    }
  }
});
