import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { SimulatedClient } from './simulated-client.ts';
import { namesOf } from './simulated-client.ts';
import { SimulatedGroup } from './simulated-group.ts';

const topicNames = ['a', 'b', 'c'];

const someTopics = fc.subarray(topicNames, { minLength: 1 });
const pick = fc.nat({ max: 7 });

const event = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('join' as const),
      isStatic: fc.boolean(),
      topics: someTopics,
      isRange: fc.boolean(),
    }),
  },
  { weight: 12, arbitrary: fc.record({ kind: fc.constant('send' as const), pick, isAnswerLost: fc.boolean() }) },
  { weight: 12, arbitrary: fc.record({ kind: fc.constant('look' as const), pick, isAnswerLost: fc.boolean() }) },
  {
    weight: 6,
    arbitrary: fc.record({ kind: fc.constant('let-go' as const), pick, most: fc.integer({ min: 1, max: 4 }) }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('slow' as const), pick, isSlow: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('pause' as const), pick, isPaused: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('leave' as const), pick }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('away' as const), pick }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('crash' as const), pick }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('forget' as const), pick }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('want' as const), pick, topics: someTopics }) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('topic' as const),
      name: fc.constantFrom(...topicNames),
      partitions: fc.nat({ max: 8 }),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({ kind: fc.constant('advance' as const), ms: fc.integer({ min: 1, max: 6_000 }) }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('restart' as const) }) },
);
type Event = typeof event extends fc.Arbitrary<infer T> ? T : never;

const events = fc.array(event, { minLength: 1, maxLength: 120, size: 'max' });

/** Plays the noise. */
function play(world: SimulatedGroup, script: readonly Event[], { areTraitsEqual = false } = {}): void {
  let born = 0;
  for (const step of script) {
    const client = 'pick' in step ? world.clients[step.pick % Math.max(1, world.clients.length)] : undefined;
    if ('pick' in step && client === undefined) continue;
    switch (step.kind) {
      case 'join': {
        if (world.clients.length >= 8) break;
        born += 1;
        const instanceId = step.isStatic ? `static-${born % 3}` : null;
        const assignor = step.isRange && !areTraitsEqual ? 'range' : 'uniform';
        world.send(
          world.add({ memberId: `member-${born}`, instanceId, assignor }, areTraitsEqual ? topicNames : step.topics),
        );
        break;
      }
      case 'topic':
        changeTopic(world, step.name, step.partitions);
        break;
      case 'advance':
        world.advance(step.ms);
        break;
      case 'restart':
        world.restart();
        break;
      default:
        act(world, client!, areTraitsEqual && step.kind === 'want' ? { ...step, topics: topicNames } : step);
    }
  }
}

function act(world: SimulatedGroup, client: SimulatedClient, step: Event): void {
  switch (step.kind) {
    case 'send':
      if (!client.isPaused) world.send(client, step);
      break;
    case 'look':
      if (!client.isPaused) world.look(client, step);
      break;
    case 'let-go':
      client.letGo(step.most);
      break;
    case 'slow':
      client.isSlow = step.isSlow;
      break;
    case 'pause':
      client.isPaused = step.isPaused;
      break;
    case 'leave':
      world.step(client.goodbye(-1));
      world.crash(client);
      break;
    case 'away':
      world.step(client.goodbye(client.traits.instanceId === null ? -1 : -2));
      break;
    case 'crash':
      world.crash(client);
      break;
    case 'forget':
      client.forget();
      break;
    case 'want':
      client.want(step.topics);
      break;
    default:
      throw new Error(`${step.kind} is not done by a client`);
  }
  world.check();
}

function changeTopic(world: SimulatedGroup, name: string, partitions: number): void {
  const known = world.topics.byName(name);
  if (partitions === 0) world.topics.delete(name);
  else world.topics.set(name, Math.max(partitions, known?.partitions ?? 0));
  world.step({ kind: 'topics-changed' });
  world.check();
}

/** The noise stops: everybody lives, lets go and is heard. Returns how many rounds it took. */
function settle(world: SimulatedGroup): number {
  for (const client of world.clients) {
    client.isPaused = false;
    client.isSlow = false;
    client.letGo();
  }
  // Of those with one static name only the first can be in the group.
  const names = new Set<string>();
  for (const client of world.clients.slice()) {
    const { instanceId } = client.traits;
    if (instanceId !== null && names.has(instanceId)) world.crash(client);
    else if (instanceId !== null) names.add(instanceId);
  }
  // Whoever is gone is put out.
  for (let round = 0; round < 4; round += 1) {
    world.advance(4_000);
    for (const client of world.clients) world.send(client);
  }
  for (let round = 1; ; round += 1) {
    for (const client of world.clients) world.send(client);
    if (world.isSettled) return round;
    if (round > 8) return round;
  }
}

describe('a group under noise', () => {
  it('G1 G2 never has two owners of a partition, and settles when the noise stops', { timeout: 120_000 }, () => {
    fc.assert(
      fc.property(events, (script) => {
        const world = new SimulatedGroup();
        for (const name of ['a', 'b']) world.topics.set(name, 5);
        play(world, script);
        expect(settle(world)).toBeLessThanOrEqual(3);
        expectAllOwned(world);
        world.restart();
      }),
      { numRuns: 400 },
    );
  });

  it('G2 is balanced within one partition once it has settled', { timeout: 60_000 }, () => {
    fc.assert(
      fc.property(events, (script) => {
        const world = new SimulatedGroup();
        for (const name of topicNames) world.topics.set(name, 4);
        play(world, script, { areTraitsEqual: true });
        settle(world);
        const loads = world.clients.map(({ believed }) => believed.size);
        if (loads.length > 0) expect(Math.max(...loads) - Math.min(...loads)).toBeLessThanOrEqual(1);
      }),
      { numRuns: 100 },
    );
  });
});

function expectAllOwned(world: SimulatedGroup): void {
  const wanted = new Set(world.clients.flatMap(({ topics }) => topics));
  const all: string[] = [];
  for (const name of wanted) {
    const topic = world.topics.byName(name);
    if (topic !== null) all.push(...namesOf(new Map([[topic.topicId, [...Array(topic.partitions).keys()]]])));
  }
  expect(world.clients.flatMap(({ believed }) => [...believed]).toSorted()).toEqual(all.toSorted());
}
