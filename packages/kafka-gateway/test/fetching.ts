/** What the tests of Fetch do again and again, over a real socket. */
import type { Broker, BrokerOptions } from '@q/broker';
import type { Q } from '@q/client';
import { iterateBatches, iterateRecords } from '@q/protocol';
import { ManualClock } from '@q/testkit';
import { fetch } from '../src/messages/fetch.ts';
import type { AnswerOf, RequestOf } from '../src/messages/api.ts';
import { noUuid } from '../src/wire/scalars.ts';
import { kafkaBroker, RawClient } from './harness.ts';
import { nativeClient } from './native.ts';

export type FetchAnswer = Awaited<ReturnType<typeof fetchFrom>>;
type FetchRequest = RequestOf<typeof fetch>;
type WantedPartition = FetchRequest['topics'][number]['partitions'][number];

/** A topic to fetch from, and what of it differs from partition 0 at offset 0. */
export interface Wish extends Partial<WantedPartition> {
  readonly topic?: string;
  readonly topicId?: string;
}

export interface Stage {
  readonly broker: Broker;
  readonly kafkaPort: number;
  readonly q: Q;
  readonly client: RawClient;
  readonly topicId: string;
}

/** A broker with a topic `orders`, a native client, and a raw one. */
export async function stage({
  partitions = 1,
  config = {},
  ...options
}: BrokerOptions & { partitions?: number; config?: Record<string, string> } = {}): Promise<Stage> {
  const { broker, kafkaPort } = await kafkaBroker(options);
  const q = await nativeClient(broker);
  const { topicId } = await q.admin.createTopic('orders', { partitions, config });
  return { broker, kafkaPort, q, client: await RawClient.connect(kafkaPort), topicId };
}

/** Stores values one by one, each in a batch of its own. */
export async function put(q: Q, values: readonly string[], { topic = 'orders', partition = 0 } = {}): Promise<void> {
  await using producer = q.producer();
  for (const value of values) await producer.send(topic, { value, partition });
}

/** One request of Fetch that is sent and answered. */
export async function fetchFrom(
  client: RawClient,
  wishes: readonly Wish[],
  { version = 18, ...request }: Partial<FetchRequest> & { version?: number } = {},
) {
  return await client.ask(fetch, version, fetchRequest(wishes, request));
}

export function fetchRequest(wishes: readonly Wish[], request: Partial<FetchRequest> = {}): FetchRequest {
  return {
    replicaId: -1,
    maxWaitMs: 0,
    minBytes: 1,
    maxBytes: 1 << 20,
    isolationLevel: 0,
    sessionId: 0,
    sessionEpoch: -1,
    topics: wishes.map(({ topic = 'orders', topicId = noUuid, ...partition }) => ({
      topic,
      topicId,
      partitions: [{ ...atStart, ...partition }],
    })),
    forgottenTopicsData: [],
    rackId: '',
    clusterId: null,
    replicaState: { replicaId: -1, replicaEpoch: -1 },
    ...request,
  };
}

const atStart: WantedPartition = {
  partition: 0,
  currentLeaderEpoch: -1,
  fetchOffset: 0,
  lastFetchedEpoch: -1,
  logStartOffset: -1,
  partitionMaxBytes: 1 << 20,
  replicaDirectoryId: noUuid,
  highWatermark: Number.MAX_SAFE_INTEGER,
};

export function partitionsOf({ responses }: FetchAnswer): AnswerOf<typeof fetch>['responses'][number]['partitions'] {
  return responses.flatMap(({ partitions }) => partitions);
}

/** The values in an answer. */
export function valuesOf(answer: FetchAnswer): string[] {
  return partitionsOf(answer).flatMap(({ records }) =>
    [...iterateBatches(Buffer.concat(records ?? []))].flatMap((batch) =>
      [...iterateRecords(batch)].map(({ value }) => String(value)),
    ),
  );
}

/** A clock that the test moves, and that knows which waits are under way. */
export class WaitClock extends ManualClock {
  /** How long each wait was to last, in ms. */
  readonly waits = new Map<object, number>();

  constructor() {
    super({ startMs: Date.now() });
  }

  override schedule(delayMs: number, run: () => void): { cancel(): void } {
    const timer = super.schedule(delayMs, () => {
      this.waits.delete(timer);
      run();
    });
    this.waits.set(timer, delayMs);
    return {
      cancel: () => {
        this.waits.delete(timer);
        timer.cancel();
      },
    };
  }

  /** Until a wait of so many milliseconds is under way, or none is any more. */
  async until(waitMs: number, isUnderWay: boolean): Promise<void> {
    while ([...this.waits.values()].includes(waitMs) !== isUnderWay) {
      await new Promise((resolve) => void setImmediate(resolve));
    }
  }
}
