import { everyOther } from '@q/security';
import type { QuotaEntity, QuotaKind } from '@q/security';
import { ManualClock, timeOverSockets } from '@q/testkit';
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
  const client = await timeOverSockets(clock, testClient(broker));
  const { topicId } = (await timeOverSockets(clock, client.value.createTopic(topic, { partitions: 2 }))).value;
  const found = services as unknown as Services;
  return {
    broker,
    services: found,
    clock,
    client: client.value,
    topicId,
    setQuota: async (entity, kind, perSecond) => {
      await timeOverSockets(clock, found.quotas.set(entity, { changes: new Map([[kind, perSecond]]) }, owner));
    },
    during: (promise) => timeOverSockets(clock, promise),
  };
}

function neverSession(): never {
  throw new Error('nobody comes here');
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
