import {
  batchBaseOffset,
  batchIsControl,
  batchIsTransactional,
  batchLastOffset,
  batchProducerId,
  encodeBatch,
  iterateBatches,
  iterateRecords,
} from '@q/protocol';
import type { ProducerIdentity } from '@q/coordinator';
import { startBroker } from '../../../src/index.ts';
import type { Broker, BrokerOptions } from '../../../src/index.ts';
import type { Services } from '../../../src/services/services.ts';
import { FakeCaller } from '../../fakes/fake-caller.ts';

/** A broker on which a test works through its services, as a door does. */
export class TransactionScene implements AsyncDisposable {
  caller: FakeCaller = new FakeCaller();
  readonly #options: BrokerOptions;
  broker: Broker;
  services: Services;

  private constructor(options: BrokerOptions, broker: Broker, services: Services) {
    this.#options = options;
    this.broker = broker;
    this.services = services;
  }

  static async start(options: BrokerOptions = {}): Promise<TransactionScene> {
    const { broker, services } = await open(options);
    return new TransactionScene(options, broker, services);
  }

  /** A clean shutdown, and a new start on the same data. */
  async restart(): Promise<void> {
    await this.broker.close();
    ({ broker: this.broker, services: this.services } = await open(this.#options));
  }

  async topic(name: string, partitions = 1, configs: { key: string; value: string }[] = []): Promise<string> {
    const { topicId } = await this.services.topicChanges.create(
      { name, partitions, replicas: 1, configs, validateOnly: false },
      this.caller,
    );
    return topicId;
  }

  begin(
    transactionalId: string,
    o: { timeoutMs?: number; expected?: ProducerIdentity } = {},
  ): Promise<ProducerIdentity> {
    const { timeoutMs = 60_000, expected = null } = o;
    return this.services.transactions.begin({ transactionalId, timeoutMs, expected }, this.caller);
  }

  end(transactionalId: string, producer: ProducerIdentity, outcome: 'commit' | 'abort'): Promise<ProducerIdentity> {
    return this.services.transactions.end({ transactionalId, producer, outcome, raises: true }, this.caller);
  }

  /** Writes one batch in a transaction, and waits for its acknowledgement. */
  async write(
    place: { readonly topicId: string; readonly partition?: number },
    o: { readonly producer: ProducerIdentity; readonly texts: readonly string[]; readonly baseSequence?: number },
  ): Promise<number> {
    const { producer, texts, baseSequence = 0 } = o;
    const records = encodeBatch(
      texts.map((value) => ({ value })),
      { ...producer, baseSequence, isTransactional: true, timestampMs: 1_700_000_000_000 },
    );
    return await this.append({ partition: 0, ...place }, records);
  }

  async append(place: { readonly topicId: string; readonly partition: number }, records: Buffer): Promise<number> {
    const { topicId, partition } = place;
    const topics = [{ topicId, partitions: [{ partition, leaderEpoch: -1, records }] }];
    const appending = await this.services.append.append({ timeoutMs: 10_000, topics }, this.caller);
    await new Promise<void>((resolve) => appending.whenSettled(() => resolve()));
    const [result] = appending.results;
    if (result!.error !== null) throw result!.error;
    return result!.baseOffset;
  }

  /** What a consumer that reads committed records is given. */
  async committed(topicId: string, partition = 0): Promise<string[]> {
    const seen: string[] = [];
    for (let fetchOffset = 0; ;) {
      const wanted = { partition, leaderEpoch: -1, fetchOffset, maxBytes: 1 << 20 };
      const query = { maxWaitMs: 0, minBytes: 1, maxBytes: 1 << 20, turn: 0, readsCommitted: true };
      const { reads } = await this.services.fetch.fetch(
        { ...query, topics: [{ topicId, partitions: [wanted] }] },
        this.caller,
      );
      const [read] = reads;
      if (read!.error !== null) throw read!.error;
      if (read!.bytes === 0) return seen;
      fetchOffset = collect(read!, seen);
    }
  }

  async committedOffset(groupId: string, topicId: string): Promise<number> {
    const sought = { groupId, memberId: '', memberEpoch: -1, topics: [{ topicId, partitions: [0] }] };
    const [topic] = await this.services.groups.offsets.fetch(sought, this.caller);
    return topic!.partitions[0]!.offset;
  }

  stage(
    claim: { readonly transactionalId: string; readonly producer: ProducerIdentity },
    o: { readonly groupId: string; readonly topicId: string; readonly offset: number },
  ): ReturnType<Services['transactions']['stage']> {
    const { groupId, topicId, offset } = o;
    const partitions = [{ partition: 0, offset, leaderEpoch: -1, metadata: null }];
    const commits = { groupId, memberId: '', memberEpoch: -1, topics: [{ topicId, partitions }] };
    return this.services.transactions.stage(claim, commits, this.caller);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.broker.close();
  }
}

async function open(options: BrokerOptions): Promise<{ broker: Broker; services: Services }> {
  let services: Services | null = null;
  const spy = {
    name: 'spy',
    port: 0,
    open: (given: Services) => {
      services = given;
      return () => {
        throw new Error('nobody calls here');
      };
    },
  };
  const broker = await startBroker({ port: 0, admin: false, storage: 'memory', ...options, doors: [spy] });
  return { broker, services: services! };
}

function collect(
  read: {
    readonly buffers: readonly Buffer[];
    readonly aborted?: readonly { producerId: number; firstOffset: number }[];
  },
  seen: string[],
): number {
  const waiting = (read.aborted ?? []).toSorted((a, b) => a.firstOffset - b.firstOffset);
  const leftOut = new Set<number>();
  let next = 0;
  for (const batch of read.buffers.flatMap((buffer) => [...iterateBatches(buffer)])) {
    next = batchLastOffset(batch) + 1;
    while (waiting.length > 0 && waiting[0]!.firstOffset <= batchBaseOffset(batch))
      leftOut.add(waiting.shift()!.producerId);
    const producerId = batchProducerId(batch);
    if (batchIsControl(batch)) leftOut.delete(producerId);
    else if (!batchIsTransactional(batch) || !leftOut.has(producerId))
      for (const record of iterateRecords(batch)) seen.push(record.valueText()!);
  }
  return next;
}
