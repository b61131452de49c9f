import { memberEpochCode } from '@q/protocol';
import { partitionsByTopic } from '../../src/index.ts';
import type { GroupStep, HeartbeatCommand, PartitionsByTopic } from '../../src/index.ts';

export interface ClientTraits {
  readonly memberId: string;
  readonly instanceId: string | null;
  readonly assignor: 'uniform' | 'range';
}

/**
 * A client as it should be: owns what it was told, gives up when it is told to, at once or only when it gets round to
 * it, reports what it gave up, and says everything when an answer is missing.
 *
 * Invariant: `believed` is what its application works on at this moment.
 */
export class SimulatedClient {
  readonly traits: ClientTraits;
  topics: readonly string[];
  /** Lets go only when `letGo` is called. */
  isSlow = false;
  /** Sends nothing, but goes on believing. */
  isPaused = false;
  /** 0 = it has to join. */
  epoch = 0;
  believed: Set<string> = new Set();
  #mayOwn = new Set<string>();
  #mustSayAll = false;
  #hasMissed = false;
  #newTopics: readonly string[] | null = null;

  constructor(traits: ClientTraits, topics: readonly string[]) {
    this.traits = traits;
    this.topics = topics;
  }

  want(topics: readonly string[]): void {
    this.topics = topics;
    this.#newTopics = topics;
  }

  /** Whether the broker may hold a heartbeat of it: after an answer that did not come there is none. */
  get isHeld(): boolean {
    return this.epoch > 0 && !this.#hasMissed;
  }

  heartbeat(): HeartbeatCommand {
    const isJoining = this.epoch === 0;
    if (isJoining) this.#dropAll();
    return {
      ...this.#message(isJoining ? memberEpochCode.join : this.epoch),
      topics: isJoining ? this.topics : this.#newTopics,
      owned: isJoining || this.#mustSayAll ? setOf(this.believed) : null,
    };
  }

  goodbye(epoch: -1 | -2): HeartbeatCommand {
    this.epoch = 0;
    this.#dropAll();
    return this.#message(epoch);
  }

  /** Takes the answer to a heartbeat. */
  hear(step: GroupStep): void {
    this.#hasMissed = false;
    this.#mustSayAll = false;
    this.#newTopics = null;
    this.hearHeld(step);
  }

  /** Takes the answer that a held heartbeat gets after all. What it had to say meanwhile it still has to. */
  hearHeld({ result }: GroupStep): void {
    if (result.kind === 'none') return;
    if (result.kind === 'refused') {
      this.forget();
      return;
    }
    this.epoch = result.memberEpoch;
    if (result.assignment !== null) {
      this.#mayOwn = new Set(namesOf(result.assignment));
      for (const name of this.#mayOwn) this.believed.add(name);
    }
    if (!this.isSlow) this.letGo();
  }

  /** The answer was lost: it knows only that it may have missed something. */
  miss(): void {
    this.#hasMissed = true;
    this.#mustSayAll = true;
  }

  /** Starts anew under its old id. */
  forget(): void {
    this.epoch = 0;
    this.#dropAll();
  }

  /** Gives up what it may not own any more, or so many partitions of it. */
  letGo(most: number = Infinity): void {
    for (const name of [...this.believed].filter((believed) => !this.#mayOwn.has(believed)).slice(0, most)) {
      this.believed.delete(name);
      this.#mustSayAll = true;
    }
  }

  #dropAll(): void {
    this.believed = new Set();
    this.#mayOwn = new Set();
    this.#mustSayAll = false;
    this.#hasMissed = false;
  }

  #message(memberEpoch: number): HeartbeatCommand {
    return {
      kind: 'heartbeat',
      ...this.traits,
      memberEpoch,
      clientId: 'simulated',
      host: 'nowhere',
      sessionTimeoutMs: 10_000,
      rebalanceTimeoutMs: 5_000,
      topics: null,
      owned: null,
      stalledMs: 0,
    };
  }
}

export function namesOf(set: PartitionsByTopic): string[] {
  return [...set].flatMap(([topicId, list]) => list.map((partition) => `${topicId}/${partition}`));
}

function setOf(names: ReadonlySet<string>): PartitionsByTopic {
  return partitionsByTopic(
    [...names].map((name) => {
      const [topicId, partition] = name.split('/') as [string, string];
      return { topicId, partitions: [Number(partition)] };
    }),
  );
}
