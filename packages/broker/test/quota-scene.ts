import { everyOther } from '@q/security';
import type { QuotaEntity, QuotaKind } from '@q/security';
import { ManualClock } from '@q/testkit';
import { Produce } from '@q/protocol';
import type { ProduceResponse } from '@q/protocol';
import type { Broker, BrokerOptions, Services } from '../src/index.ts';
import { testBroker, testClient } from './harness.ts';
import type { RawClient } from './raw-client.ts';

export { everyOther };

/** Whoever administers. */
export const owner = { principal: { name: 'User:owner' }, clientId: 'test', address: '127.0.0.1' };

export interface QuotaScene {
  readonly broker: Broker;
  readonly services: Services;
  readonly clock: ManualClock;
  readonly client: RawClient;
  readonly topicId: string;
  /** Null takes it away. */
  readonly setQuota: (entity: QuotaEntity, kind: QuotaKind, perSecond: number | null) => Promise<void>;
  /** Runs time until the promise settles, and gives what it resolves with and how much time it took. */
  readonly during: <T>(promise: Promise<T>) => Promise<{ value: T; ms: number }>;
}

/** A broker whose time is driven, over real sockets. */
export async function quotaScene(
  options: BrokerOptions = {},
  {
    clock = new ManualClock({ startMs: Date.now() }),
    topic = 't',
  }: { readonly clock?: ManualClock; readonly topic?: string } = {},
): Promise<QuotaScene> {
  let services: Services | null = null;
  const spy = {
    name: 'spy',
    port: 0,
    open: (opened: Services) => {
      services = opened;
      return neverSession;
    },
  };
  const broker = await testBroker({ clock, ...options, doors: [spy] });
  const client = await during(clock, testClient(broker));
  const { topicId } = (await during(clock, client.value.createTopic(topic, { partitions: 2 }))).value;
  const found = services as unknown as Services;
  return {
    broker,
    services: found,
    clock,
    client: client.value,
    topicId,
    setQuota: async (entity, kind, perSecond) => {
      await during(clock, found.quotas.set(entity, { changes: new Map([[kind, perSecond]]) }, owner));
    },
    during: (promise) => during(clock, promise),
  };
}

function neverSession(): never {
  throw new Error('nobody comes here');
}

const stepMs = 5;
/** What is on its way over a socket arrives within so many turns of the event loop, as a rule. */
const turnsAStep = 8;

async function during<T>(clock: ManualClock, promise: Promise<T>): Promise<{ value: T; ms: number }> {
  const begunAt = clock.monotonic();
  let isOver = false;
  const over = promise.finally(() => (isOver = true));
  over.catch(() => undefined);
  // Not a step of time before everything that needs none has happened.
  for (let turns = 0; turns < 40 && !isOver; turns += 1) await turn();
  while (!isOver) {
    await clock.advance(stepMs);
    for (let turns = 0; turns < turnsAStep && !isOver; turns += 1) await turn();
  }
  return { value: await over, ms: clock.monotonic() - begunAt };
}

function turn(): Promise<void> {
  return new Promise((resolve) => void setImmediate(resolve));
}

/** One PRODUCE with the whole answer. */
export function produceOf(
  { client, topicId }: Pick<QuotaScene, 'client' | 'topicId'>,
  records: Buffer,
  o: { readonly version?: number; readonly timeoutMs?: number } = {},
): Promise<ProduceResponse> {
  const { version = Produce.versions.max, timeoutMs = 30_000 } = o;
  const topics = [{ topicId, partitions: [{ partition: 0, leaderEpoch: -1, records }] }];
  return client.request(Produce, { timeoutMs, traceContexts: [], topics }, version);
}
