/**
 * Every row of what the Kafka door needs, executed over real sockets (rows A3; SEC-7, SEC-11, SEC-12): with exactly the
 * rights of the row, without each of them, and with a rule that denies each.
 */
import { startBroker } from '@q/broker';
import type { Broker } from '@q/broker';
import { cluster, kafkaNeeds } from '@q/security';
import type { AclRule, Need } from '@q/security';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { kafkaDoor } from '../../src/index.ts';
import { addPartitionsToTxn } from '../../src/messages/add-partitions-to-txn.ts';
import { createTopics } from '../../src/messages/create-topics.ts';
import { initProducerId } from '../../src/messages/init-producer-id.ts';
import { offsetCommit } from '../../src/messages/offset-commit.ts';
import { openAs, tokensAreNames } from '../logging-in.ts';
import { probes } from './probes.ts';
import type { Probe, ProbeScene, Told } from './probes.ts';

let broker: Broker;
let scenes = 0;

beforeAll(async () => {
  broker = await startBroker({
    storage: 'memory',
    port: 0,
    admin: false,
    autoCreateTopics: true,
    audit: { to: 'off' },
    security: tokensAreNames,
    doors: [kafkaDoor({ port: 0 })],
  });
});

afterAll(() => broker.close());

type Grant = Pick<AclRule, 'operation' | 'resourceType' | 'resourceName'> & Partial<Pick<AclRule, 'permission'>>;

/** The probe by a user who has exactly these rights. */
async function told(
  { isNew, ask }: Probe,
  grants: (scene: ProbeScene) => readonly Grant[],
  user?: string,
): Promise<Told> {
  scenes += 1;
  const [name, topic, group] = [user ?? `u${scenes}`, `t${scenes}`, `g${scenes}`];
  const producer = await prepare(topic, group, { isTopicNew: isNew === 'topic' });
  const client = await openAs(name, broker.doors[0]!.port);
  const scene = { client, topic, group, producer };
  const rules = grants(scene).map((given): AclRule => ({
    principal: `User:${name}`,
    host: '*',
    permission: 'allow',
    patternType: 'literal',
    ...given,
  }));
  for (const rule of rules) await broker.rules!.add(rule);
  try {
    return await ask(scene);
  } finally {
    client.socket.destroy();
    for (const rule of rules) await broker.rules!.remove(rule);
  }
}

/** A topic, a group, and a transactional id that is called as the group, whose transaction has the topic. */
async function prepare(
  name: string,
  groupId: string,
  { isTopicNew }: { readonly isTopicNew: boolean },
): Promise<ProbeScene['producer']> {
  const root = await openAs('root', broker.doors[0]!.port);
  const begin = { transactionalId: groupId, transactionTimeoutMs: 60_000 };
  const { producerId, producerEpoch } = await root.ask(initProducerId, 4, begin);
  if (!isTopicNew) {
    await root.ask(createTopics, 5, { topics: [{ name, numPartitions: 1, replicationFactor: 1 }], timeoutMs: 5_000 });
    const partitions = [{ partitionIndex: 0, committedOffset: 0, committedMetadata: null }];
    const commit = { groupId, generationIdOrMemberEpoch: -1, memberId: '', topics: [{ name, partitions }] };
    await root.ask(offsetCommit, 8, commit);
    const topics = [{ name, partitions: [0] }];
    await root.ask(addPartitionsToTxn, 3, { transactionalId: groupId, producerId, producerEpoch, topics });
  }
  root.socket.destroy();
  return { producerId, producerEpoch };
}

function grant({ resource, operation }: Pick<Need, 'resource' | 'operation'>, { topic, group }: ProbeScene): Grant {
  const names = { topic, group, cluster: cluster.name, transactionalId: group };
  return { resourceType: resource, operation, resourceName: names[resource] };
}

const refusals = { topic: 29, group: 30, cluster: 31, transactionalId: 53 } as const;

function without({ lack, resource, ofAny }: Need): Told {
  if (lack === 'hidden') return 'hidden';
  return ofAny === true ? refusals.cluster : refusals[resource];
}

describe('A3 what the Kafka door needs', () => {
  it('A3, SEC-11: each need of each row is tried', () => {
    for (const [name, needs] of Object.entries(kafkaNeeds)) {
      const tried = new Set((probes[name] ?? []).flatMap((probe) => probe.needs));
      expect([name, [...tried].toSorted((left, right) => left - right)]).toEqual([name, [...needs.keys()]]);
    }
  });

  for (const [name, rowProbes] of Object.entries(probes)) {
    for (const probe of rowProbes) {
      const wanted = probe.needs.map((index) => kafkaNeeds[name]![index]!);
      const also = (probe.also ?? []).map((index) => kafkaNeeds[name]![index]!);
      const all = (scene: ProbeScene): Grant[] => [...wanted, ...also].map((need) => grant(need, scene));
      const title = `${name}${probe.title === undefined ? '' : ` ${probe.title}`}`;
      const fine: readonly Told[] = [0, ...(probe.fine ?? [])];

      it(`A3, SEC-7: ${title} is for super users, and for whoever has exactly what it needs`, async () => {
        expect(fine).toContain(await told(probe, () => [], 'root'));
        expect(fine).toContain(await told(probe, all));
        expect(fine).not.toContain(await told(probe, () => []));
      });

      for (const [at, need] of wanted.entries()) {
        const others = (scene: ProbeScene): Grant[] =>
          [...wanted.filter((_, index) => index !== at), ...also].map((each) => grant(each, scene));
        it(`A3, SEC-11, SEC-12: ${title} needs ${need.operation} of ${need.resource}`, async () => {
          const lacking = without(need);
          expect(await told(probe, others)).toBe(lacking);
          const denied = (scene: ProbeScene): Grant => ({ ...grant(need, scene), permission: 'deny' });
          expect(await told(probe, (scene) => [...all(scene), denied(scene)])).toBe(lacking);
          const elsewhere = (scene: ProbeScene): Grant[] => [
            ...others(scene),
            grant(need, { ...scene, topic: 'another', group: 'another' }),
          ];
          if (need.resource !== 'cluster' && need.ofAny !== true) expect(await told(probe, elsewhere)).toBe(lacking);
          for (const other of need.or ?? [])
            expect(fine).toContain(await told(probe, (scene) => [...others(scene), grant(other, scene)]));
        });
      }
    }
  }
});
