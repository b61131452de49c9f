import { errorCode, memberEpochCode, QError } from '@q/protocol';
import type {
  AssignedTopic,
  CommitOffsetRequest,
  CommitOffsetResponse,
  ErrorName,
  FetchOffsetRequest,
  FetchOffsetResponse,
  GroupHeartbeatRequest,
  GroupHeartbeatResponse,
} from '@q/protocol';

import type { Clock } from '../../src/clock.ts';
import type { FakeBroker, FakeTopic } from './fake-broker.ts';

interface FakeMember {
  readonly id: string;
  epoch: number;
  owned: Set<number>;
  target: Set<number>;
  /** What it may own, as it was told last. */
  told: string;
  answer: (() => void) | null;
}

export interface FakeCommit {
  readonly partition: number;
  readonly offset: number;
  readonly metadata: string | null;
}

/**
 * One group over one topic, with the rules of the real one as far as a member sees them: epochs, partitions that are
 * offered only when nobody else owns them, held heartbeats, fenced commits. The test says who is to have what; a lone
 * member gets all.
 */
export class FakeGroup {
  readonly #broker: FakeBroker;
  readonly #clock: Clock;
  readonly #topic: string;
  readonly members = new Map<string, FakeMember>();
  readonly offsets = new Map<number, FakeCommit>();
  /** Every commit that was accepted, in order. */
  readonly commits: FakeCommit[] = [];
  /** Ids of members that left, with the epoch they left with. */
  readonly left: { readonly id: string; readonly epoch: number }[] = [];
  epoch = 0;
  heartbeatMs = 3_000;
  sessionMs = 45_000;
  /** Assigns nothing by itself. */
  isManual = false;
  commitFault: (partition: number, offset: number) => ErrorName | 'none' = () => 'none';

  constructor(o: { broker: FakeBroker; clock: Clock; topic: string }) {
    this.#broker = o.broker;
    this.#clock = o.clock;
    this.#topic = o.topic;
    o.broker.handlers.set('GROUP_HEARTBEAT', (request: GroupHeartbeatRequest) => this.#heartbeat(request));
    o.broker.handlers.set('COMMIT_OFFSET', (request: CommitOffsetRequest) => this.#commit(request));
    o.broker.handlers.set('FETCH_OFFSET', (request: FetchOffsetRequest) => this.#fetchOffset(request));
  }

  get topic(): FakeTopic {
    return this.#broker.topics.get(this.#topic) as FakeTopic;
  }

  /** The id of the only member. */
  get only(): string {
    const [id] = [...this.members.keys()];
    if (id === undefined || this.members.size > 1) throw new Error(`the group has ${this.members.size} members`);
    return id;
  }

  assign(memberId: string, partitions: readonly number[]): void {
    const member = this.members.get(memberId);
    if (member === undefined) throw new Error(`no member ${memberId}`);
    member.target = new Set(partitions);
    this.epoch += 1;
    this.#tellAll();
  }

  /** As when its session expired. */
  expel(memberId: string): void {
    const member = this.members.get(memberId);
    this.members.delete(memberId);
    member?.answer?.();
  }

  committedOffset(partition: number): number {
    return this.offsets.get(partition)?.offset ?? -1;
  }

  async #heartbeat(request: GroupHeartbeatRequest): Promise<GroupHeartbeatResponse> {
    if (request.memberEpoch < 0) return this.#leave(request);
    const member = request.memberEpoch === memberEpochCode.join ? this.#join(request) : this.#known(request);
    if (request.owned !== null) {
      member.owned = new Set(
        request.owned.flatMap(({ topicId, partitions }) => (topicId === this.topic.topicId ? partitions : [])),
      );
      member.told = '';
    }
    this.#tellAll();
    member.answer?.();
    if (this.#mayOwn(member) === member.told) await this.#hold(member, request.maxWaitMs);
    if (!this.members.has(member.id)) throw new QError('UNKNOWN_MEMBER', 'there is no such member');
    return this.#answer(member);
  }

  #hold(member: FakeMember, maxWaitMs: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = this.#clock.schedule(maxWaitMs, () => finish());
      const finish = (): void => {
        timer.cancel();
        if (member.answer === finish) member.answer = null;
        resolve();
      };
      member.answer = finish;
    });
  }

  #answer(member: FakeMember): GroupHeartbeatResponse {
    const mayOwn = this.#mayOwn(member);
    const isNews = mayOwn !== member.told;
    member.told = mayOwn;
    if ([...member.owned].every((partition) => member.target.has(partition))) member.epoch = this.epoch;
    const assignment: AssignedTopic[] = [
      { topicId: this.topic.topicId, name: this.#topic, partitions: JSON.parse(mayOwn) as number[] },
    ];
    return {
      memberEpoch: member.epoch,
      heartbeatIntervalMs: this.heartbeatMs,
      sessionTimeoutMs: this.sessionMs,
      assignment: isNews ? assignment : null,
    };
  }

  /** Its target, without what others still own. */
  #mayOwn(member: FakeMember): string {
    const others = [...this.members.values()].filter((other) => other !== member);
    const free = [...member.target].filter(
      (partition) => member.owned.has(partition) || others.every(({ owned }) => !owned.has(partition)),
    );
    return JSON.stringify(free.sort((a, b) => a - b));
  }

  #tellAll(): void {
    for (const member of this.members.values()) if (this.#mayOwn(member) !== member.told) member.answer?.();
  }

  #join(request: GroupHeartbeatRequest): FakeMember {
    this.epoch += 1;
    const isAlone = this.members.size === 0 || (this.members.size === 1 && this.members.has(request.memberId));
    const target = new Set(isAlone && !this.isManual ? this.topic.logs.keys() : []);
    const member: FakeMember = {
      id: request.memberId,
      epoch: this.epoch,
      owned: new Set(),
      target,
      told: '',
      answer: null,
    };
    this.members.set(request.memberId, member);
    return member;
  }

  #known(request: GroupHeartbeatRequest): FakeMember {
    const member = this.members.get(request.memberId);
    if (member === undefined) throw new QError('UNKNOWN_MEMBER', 'there is no such member');
    if (request.memberEpoch > member.epoch)
      throw new QError('FENCED_MEMBER_EPOCH', `the member's epoch is ${member.epoch}`);
    return member;
  }

  #leave(request: GroupHeartbeatRequest): GroupHeartbeatResponse {
    if (!this.members.has(request.memberId)) throw new QError('UNKNOWN_MEMBER', 'there is no such member');
    this.left.push({ id: request.memberId, epoch: request.memberEpoch });
    this.expel(request.memberId);
    this.#tellAll();
    return {
      memberEpoch: request.memberEpoch,
      heartbeatIntervalMs: this.heartbeatMs,
      sessionTimeoutMs: this.sessionMs,
      assignment: null,
    };
  }

  #commit(request: CommitOffsetRequest): CommitOffsetResponse {
    const member = this.members.get(request.memberId);
    const answerOf = (topicId: string, partition: number, offset: number): ErrorName | 'none' => {
      const fault = this.commitFault(partition, offset);
      if (fault !== 'none') return fault;
      if (member === undefined) return 'UNKNOWN_MEMBER';
      if (topicId !== this.topic.topicId) return 'UNKNOWN_TOPIC_ID';
      if (request.memberEpoch !== member.epoch) return 'STALE_MEMBER_EPOCH';
      return member.owned.has(partition) ? 'none' : 'PARTITION_NOT_OWNED';
    };
    return {
      topics: request.topics.map(({ topicId, partitions }) => ({
        topicId,
        partitions: partitions.map(({ partition, offset, metadata }) => {
          const name = answerOf(topicId, partition, offset);
          if (name !== 'none') return { partition, errorCode: errorCode(name), errorMessage: `told to answer ${name}` };
          this.commits.push({ partition, offset, metadata });
          this.offsets.set(partition, { partition, offset, metadata });
          return { partition, errorCode: 0, errorMessage: null };
        }),
      })),
    };
  }

  #fetchOffset(request: FetchOffsetRequest): FetchOffsetResponse {
    const topics = request.topics ?? [{ topicId: this.topic.topicId, partitions: [...this.offsets.keys()] }];
    return {
      topics: topics.map(({ topicId, partitions }) => ({
        topicId,
        name: this.#topic,
        partitions: partitions.map((partition) => {
          const { offset = -1, metadata = null } = this.offsets.get(partition) ?? {};
          return {
            partition,
            errorCode: 0,
            offset,
            leaderEpoch: -1,
            metadata,
            committedAtMs: offset === -1 ? -1 : Math.floor(this.#clock.now()),
          };
        }),
      })),
    };
  }
}
