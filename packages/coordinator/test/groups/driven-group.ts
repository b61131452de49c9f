import { createGroup, partitionsByTopic, stepGroup } from '../../src/index.ts';
import type {
  Group,
  GroupCommand,
  GroupRecord,
  GroupStep,
  HeartbeatCommand,
  HeartbeatReply,
  Member,
} from '../../src/index.ts';
import { TopicCatalogue } from './topic-catalogue.ts';

type Say = Partial<Omit<HeartbeatCommand, 'kind' | 'memberId' | 'owned'>> & {
  readonly owned?: Record<string, number[]> | null;
};

/** A group with its clock and topics, and short ways to say what a member says. */
export class DrivenGroup {
  readonly topics: TopicCatalogue = new TopicCatalogue();
  readonly records: GroupRecord[] = [];
  group: Group = createGroup('orders', { nowMs: 0 });
  nowMs = 0;

  constructor(topics: Readonly<Record<string, number>> = {}) {
    for (const [name, partitions] of Object.entries(topics)) this.topics.set(name, partitions);
  }

  get context(): { nowMs: number; wallMs: number; topics: TopicCatalogue } {
    return { nowMs: this.nowMs, wallMs: 1_700_000_000_000 + this.nowMs, topics: this.topics };
  }

  step(command: GroupCommand): GroupStep {
    const step = stepGroup(this.group, command, this.context);
    this.group = step.group;
    this.records.push(...step.records);
    return step;
  }

  /** A heartbeat. `owned` names topics, not ids. */
  say(memberId: string, say: Say = {}): GroupStep {
    const owned = say.owned === undefined || say.owned === null ? null : this.#byId(say.owned);
    return this.step({
      ...quiet,
      memberId,
      memberEpoch: this.member(memberId)?.memberEpoch ?? 0,
      ...say,
      kind: 'heartbeat',
      owned,
    });
  }

  join(memberId: string, topics: readonly string[], say: Say = {}): GroupStep {
    return this.say(memberId, { memberEpoch: 0, topics, owned: {}, ...say });
  }

  /** What the step told its member, by topic name. Throws what was refused. */
  told(step: GroupStep): Record<string, readonly number[]> | null {
    const { assignment } = replyOf(step);
    return assignment === null ? null : this.#byName(assignment);
  }

  look(memberId: string): Record<string, readonly number[]> | null {
    return this.told(this.step({ kind: 'look', memberId }));
  }

  member(memberId: string): Member | undefined {
    return this.group.members.get(memberId);
  }

  held(memberId: string, what: 'assigned' | 'revoking' | 'target' = 'assigned'): Record<string, readonly number[]> {
    return this.#byName(this.member(memberId)![what]);
  }

  #byId(owned: Record<string, number[]>): ReturnType<typeof partitionsByTopic> {
    return partitionsByTopic(
      Object.entries(owned).map(([name, partitions]) => ({ topicId: this.topics.byName(name)!.topicId, partitions })),
    );
  }

  #byName(set: ReadonlyMap<string, readonly number[]>): Record<string, readonly number[]> {
    const names = new Map(['a', 'b', 'c', 'd'].map((name) => [this.topics.byName(name)?.topicId, name]));
    return Object.fromEntries([...set].map(([topicId, list]) => [names.get(topicId) ?? topicId, list]));
  }
}

export function replyOf(step: GroupStep): HeartbeatReply {
  if (step.result.kind === 'reply') return step.result;
  throw new Error(step.result.kind === 'refused' ? `${step.result.code}: ${step.result.message}` : 'no reply');
}

const quiet = {
  instanceId: null,
  clientId: 'test',
  host: '127.0.0.1',
  sessionTimeoutMs: -1,
  rebalanceTimeoutMs: -1,
  assignor: null,
  topics: null,
  stalledMs: 0,
} as const;
