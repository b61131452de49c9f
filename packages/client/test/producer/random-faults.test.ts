import type { ErrorName } from '@q/protocol';
import { seededRandom } from '@q/testkit';
import type { SeededRandom } from '@q/testkit';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import type { SendResult } from '../../src/producer/delivery.ts';
import { FakeBroker } from '../fake/fake-broker.ts';
import { fakeAddress, FakeScene } from '../fake/fake-scene.ts';

const partitionErrors: readonly ErrorName[] = [
  'BROKER_BUSY',
  'REQUEST_TIMED_OUT',
  'STORAGE_FULL',
  'STALE_LEADER_EPOCH',
  'SHUTTING_DOWN',
];

interface Sent {
  readonly partition: number;
  readonly value: string;
  outcome: SendResult | { readonly code: string; readonly details: Readonly<Record<string, unknown>> } | null;
}

interface Run {
  readonly sent: readonly Sent[];
  readonly scene: FakeScene;
}

/** Connections break, answers get lost, partitions refuse: at random, while records are sent at random times. */
function misbehave(scene: FakeScene, random: SeededRandom, rate: number): void {
  scene.broker.faults = ({ api, point }) => {
    if (api === 'HELLO' || !random.chance(rate)) return 'none';
    if (point === 'before') return random.pick(['cut', 'cut', 'BROKER_BUSY', 'silence'] as const);
    return random.pick(['cut', 'silence'] as const);
  };
  scene.broker.produceFaults = ({ point }) => {
    if (!random.chance(rate)) return 'none';
    return point === 'before' ? random.pick(partitionErrors) : 'REQUEST_TIMED_OUT';
  };
}

/** Leaders move between two brokers that share their logs, as after a failover without loss. */
function moveLeaders(scene: FakeScene, random: SeededRandom): void {
  const other = new FakeBroker({ clock: scene.clock, brokerId: 2 });
  const address = { host: 'other', port: 9 };
  scene.network.listen(address, other.accept);
  scene.broker.peers.set(2, address);
  other.peers.set(1, fakeAddress);
  for (const [name, topic] of scene.broker.topics) other.topics.set(name, topic);
  for (let move = 0; move < 30; move += 1) {
    scene.clock.schedule(random.below(20_000), () => {
      for (const { leaders } of scene.broker.topics.values()) {
        const partition = random.below(leaders.length);
        leaders[partition] = {
          leaderId: random.between(1, 2),
          leaderEpoch: (leaders[partition]?.leaderEpoch ?? 0) + 1,
        };
      }
    });
  }
}

async function run(seed: number, o: { deliveryTimeoutMs: number; invalid: boolean; moves?: boolean }): Promise<Run> {
  const random = seededRandom(seed);
  const scene = new FakeScene({ seed, chunks: true });
  const partitions = random.between(1, 3);
  scene.broker.topic('t', { partitions });
  scene.broker.answerDelayMs = random.between(0, 20);
  const q = await scene.connect({ requestTimeoutMs: 2_000 });
  const producer = q.producer({
    batchBytesMax: random.pick([512, 700, 4_096]),
    lingerMs: random.pick([0, 0, 5]),
    maxInFlight: random.between(1, 5),
    deliveryTimeoutMs: o.deliveryTimeoutMs,
    compression: random.pick(['none', 'none', 'gzip']),
  });
  misbehave(scene, random.fork(), random.pick([0.02, 0.1, 0.25]));
  if (o.moves === true) moveLeaders(scene, random.fork());
  if (o.invalid) {
    const usual = scene.broker.produceFaults;
    const chance = random.fork();
    scene.broker.produceFaults = (fault) =>
      fault.point === 'before' && chance.chance(0.05) ? 'INVALID_RECORD' : usual(fault);
  }
  const sent: Sent[] = [];
  const outcomes: Promise<unknown>[] = [];
  for (let index = 0; index < 120; index += 1) {
    const record: Sent = { partition: random.below(partitions), value: `${index}`, outcome: null };
    sent.push(record);
    const padding = 'p'.repeat(random.below(200));
    const sending = producer.send('t', { partition: record.partition, value: record.value, key: padding });
    outcomes.push(
      sending.then(
        (result) => (record.outcome = result),
        (error: unknown) => (record.outcome = error as NonNullable<Sent['outcome']>),
      ),
    );
    if (random.chance(0.1)) await scene.clock.advance(random.below(100));
    if (random.chance(0.02)) await scene.settle(Promise.all(outcomes));
  }
  await scene.settle(Promise.all(outcomes));
  scene.broker.faults = () => 'none';
  scene.broker.produceFaults = () => 'none';
  await scene.settle(q.close());
  return { sent, scene };
}

/** What holds whatever happened. */
function check({ sent, scene }: Run): { failed: number } {
  const logs = scene.broker.topics.get('t')?.logs ?? [];
  let failed = 0;
  for (const [partition, log] of logs.entries()) {
    const stored = log.values().map(Number);
    expect(new Set(stored).size, 'a record was stored twice').toBe(stored.length);
    expect(stored, 'records were reordered').toEqual([...stored].sort((a, b) => a - b));
    for (const { value, outcome, ...rest } of sent.filter((record) => record.partition === partition)) {
      const offset = stored.indexOf(Number(value));
      if (outcome !== null && 'offset' in outcome)
        expect([value, offset], 'an acknowledged record is not where it was said to be').toEqual([
          value,
          outcome.offset,
        ]);
      else {
        failed += 1;
        if (outcome?.details['outcome'] === 'not-stored')
          expect([value, offset, rest], 'a record that was said not to be stored is').toEqual([value, -1, rest]);
      }
    }
  }
  return { failed };
}

describe('a producer under random faults', () => {
  it('P4 W3 with time enough loses nothing, stores nothing twice, and reorders nothing', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer(), async (seed) => {
        const { failed } = check(await run(seed, { deliveryTimeoutMs: 3_600_000, invalid: false }));
        expect(failed, 'records failed').toBe(0);
      }),
      { numRuns: 100 },
    );
  }, 60_000);

  it('P4 H2 keeps all of that while leaders move between brokers', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer(), async (seed) => {
        const { failed } = check(await run(seed, { deliveryTimeoutMs: 3_600_000, invalid: false, moves: true }));
        expect(failed, 'records failed').toBe(0);
      }),
      { numRuns: 60 },
    );
  }, 60_000);

  it('P4 Q2 with little time, and records that are refused, never says what is not true', async () => {
    let failures = 0;
    await fc.assert(
      fc.asyncProperty(fc.integer(), async (seed) => {
        failures += check(await run(seed, { deliveryTimeoutMs: 3_000, invalid: true })).failed;
      }),
      { numRuns: 100 },
    );
    expect(failures).toBeGreaterThan(0);
  }, 60_000);

  it('gives the same run for the same seed', async () => {
    const trace = async (): Promise<unknown> => {
      const { scene, sent } = await run(42, { deliveryTimeoutMs: 3_000, invalid: true });
      return [scene.clock.monotonic(), sent, scene.broker.requests.map(({ api }) => api), scene.network.attempts];
    };
    expect(await trace()).toEqual(await trace());
  });
});
