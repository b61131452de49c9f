/**
 * Consumer groups, for those who may (row A3, SEC-12). What a member does needs `read` of its group; a commit needs
 * `read` of the topic, too. Whoever may `describe` the cluster sees the list of all groups.
 */
import type { ClassicClaim, ClassicMemberName } from '@q/coordinator';
import { cluster } from '@q/security';
import type { Operation } from '@q/security';
import type { QError } from '@q/protocol';
import type { Asking, Caller } from '../../caller.ts';
import type {
  ClassicDescription,
  ClassicGroups,
  ClassicJoin,
  ClassicListing,
  ClassicSync,
} from '../groups/classic-groups.ts';
import type { ClassicFault } from '../groups/waiting-members.ts';
import type { GroupDescription } from '../groups/group-description.ts';
import type {
  ClassicCommits,
  CommittedTopic,
  FoundGroupOffsets,
  GroupOffsets,
  OffsetCommits,
  OffsetsSought,
  StagedCommits,
  TopicOffsets,
} from '../groups/group-offsets.ts';
import type { ListedGroup, Groups } from '../groups/groups.ts';
import type { HeartbeatAnswer, MemberHeartbeat, MemberHeartbeats } from '../groups/member-heartbeats.ts';
import type {
  OffsetChanges,
  OffsetDeletion,
  OffsetReset,
  TopicForgotten,
  TopicReset,
} from '../groups/offset-changes.ts';
import { demand, groupNamed, topicNamed } from './access.ts';
import type { Access } from './access.ts';

/** The name of the topic that has this id; undefined: there is none. */
type NameOf = (topicId: string) => string | undefined;

interface Guard {
  readonly access: Access;
  readonly nameOf: NameOf;
}

/** The groups of a broker. */
export class GuardedGroups {
  readonly heartbeats: GuardedHeartbeats;
  readonly offsets: GuardedOffsets;
  readonly changes: GuardedOffsetChanges;
  readonly classic: GuardedClassicGroups;
  readonly languages: Groups['languages'];
  readonly #groups: Groups;
  readonly #access: Access;

  constructor(groups: Groups, guard: Guard) {
    this.#groups = groups;
    this.#access = guard.access;
    this.heartbeats = new GuardedHeartbeats(groups, guard);
    this.offsets = new GuardedOffsets(groups.offsets, guard);
    this.changes = new GuardedOffsetChanges(groups.changes, guard);
    this.classic = new GuardedClassicGroups(groups.classic, guard);
    this.languages = groups.languages;
  }

  /** As `Groups.list`, without those that the caller may not see. */
  list(prefix: string, caller: Asking): ListedGroup[] {
    return visible(this.#groups.list(prefix), this.#access, caller);
  }

  /** As `Groups.describe`, without topics that the caller may not see. @throws QError NOT_AUTHORIZED, too */
  async describe(groupId: string, caller: Asking): Promise<GroupDescription> {
    demand(this.#access, caller, { operation: 'describe', resource: groupNamed(groupId) });
    const group = await this.#groups.describe(groupId);
    // Of one that is gone nobody knows the name.
    const seen = (topic: string): boolean => topic === '' || this.#access.sees(caller, 'describe', topicNamed(topic));
    return withoutTopics(group, seen);
  }

  // For metrics: whoever serves them asks once for all of them.

  /** As `Groups.rebalances`. */
  get rebalances(): number {
    return this.#groups.rebalances;
  }

  /** As `Groups.lags`. */
  lags(): ReturnType<Groups['lags']> {
    return this.#groups.lags();
  }

  /** As `Groups.numbers`. */
  numbers(): ReturnType<Groups['numbers']> {
    return this.#groups.numbers();
  }
}

/** What members of groups whose partitions the broker assigns say. */
export class GuardedHeartbeats {
  readonly #heartbeats: MemberHeartbeats;
  readonly #held: Groups['held'];
  readonly #access: Access;

  constructor({ heartbeats, held }: Groups, { access }: Guard) {
    this.#heartbeats = heartbeats;
    this.#held = held;
    this.#access = access;
  }

  /**
   * As `MemberHeartbeats.beat`; one that is held is answered when the right to it is taken.
   * @throws QError NOT_AUTHORIZED, too: of the group, or of a topic that it wants
   */
  async beat(
    request: MemberHeartbeat,
    caller: Pick<Caller, 'address' | 'clientId' | 'signal' | 'budget' | 'principal'>,
  ): Promise<HeartbeatAnswer> {
    const access = this.#access;
    const wish = { operation: 'read', resource: groupNamed(request.groupId) } as const;
    demand(access, caller, wish);
    for (const topic of request.topics ?? [])
      demand(access, caller, { operation: 'describe', resource: topicNamed(topic) });
    const { revision } = access;
    const stop = access.onChange(() => {
      if (!access.sees(caller, wish.operation, wish.resource)) this.#held.end(request, 'time');
    });
    try {
      const answer = await this.#heartbeats.beat(request, caller);
      if (access.revision !== revision) demand(access, caller, wish);
      return answer;
    } finally {
      stop();
    }
  }
}

/** Commits, and what was committed. */
export class GuardedOffsets {
  readonly #offsets: GroupOffsets;
  readonly #access: Access;
  readonly #nameOf: NameOf;

  constructor(offsets: GroupOffsets, { access, nameOf }: Guard) {
    this.#offsets = offsets;
    this.#access = access;
    this.#nameOf = nameOf;
  }

  /** As `GroupOffsets.commit`; topics that the caller may not read have NOT_AUTHORIZED. @throws it, of the group */
  async commit(request: OffsetCommits, caller: Asking): Promise<CommittedTopic[]> {
    demand(this.#access, caller, { operation: 'read', resource: groupNamed(request.groupId) });
    const { allowed, refused } = this.#sort(request.topics, 'read', caller);
    const answer = await this.#offsets.commit(refused === null ? request : { ...request, topics: allowed });
    return refused === null ? answer : merged(request.topics, refused, answer);
  }

  /** As `GroupOffsets.commitClassic`, and as `commit`. */
  async commitClassic(request: ClassicCommits, caller: Asking): Promise<CommittedTopic[] | ClassicFault> {
    demand(this.#access, caller, { operation: 'read', resource: groupNamed(request.groupId) });
    const { allowed, refused } = this.#sort(request.topics, 'read', caller);
    const answer = await this.#offsets.commitClassic(refused === null ? request : { ...request, topics: allowed });
    return refused === null || typeof answer === 'string' ? answer : merged(request.topics, refused, answer);
  }

  /** As `GroupOffsets.stage`, and as `commit`. */
  async stage(request: OffsetCommits, caller: Asking): Promise<StagedCommits> {
    demand(this.#access, caller, { operation: 'read', resource: groupNamed(request.groupId) });
    const { allowed, refused } = this.#sort(request.topics, 'read', caller);
    const { outcome, offsets } = await this.#offsets.stage({ ...request, topics: allowed });
    return { offsets, outcome: refused === null ? outcome : merged(request.topics, refused, outcome) };
  }

  /** As `GroupOffsets.stageClassic`, and as `commit`. */
  async stageClassic(request: ClassicCommits, caller: Asking): Promise<StagedCommits | ClassicFault> {
    demand(this.#access, caller, { operation: 'read', resource: groupNamed(request.groupId) });
    const { allowed, refused } = this.#sort(request.topics, 'read', caller);
    const staged = await this.#offsets.stageClassic({ ...request, topics: allowed });
    if (typeof staged === 'string' || refused === null) return staged;
    return { offsets: staged.offsets, outcome: merged(request.topics, refused, staged.outcome) };
  }

  /**
   * As `GroupOffsets.fetch`. Topics that the caller may not see have NOT_AUTHORIZED where they are named, and are left
   * out where not. @throws QError NOT_AUTHORIZED, of the group
   */
  async fetch(request: OffsetsSought, caller: Asking): Promise<readonly TopicOffsets[]> {
    demand(this.#access, caller, { operation: 'describe', resource: groupNamed(request.groupId) });
    const { wanted, refused } = this.#sought(request, caller);
    return this.#told(request, await this.#offsets.fetch(wanted), { refused, caller });
  }

  /** As `GroupOffsets.fetchClassic`, and as `fetch` for each of them: a group may have NOT_AUTHORIZED. */
  async fetchClassic(requests: readonly OffsetsSought[], caller: Asking): Promise<FoundGroupOffsets[]> {
    const errors = requests.map(({ groupId }) => this.#access.refusal(caller, 'describe', groupNamed(groupId)));
    const sought = requests.map((request, index) => (errors[index] === null ? this.#sought(request, caller) : null));
    const found = await this.#offsets.fetchClassic(sought.flatMap((one) => one?.wanted ?? []));
    const answers = found.values();
    return requests.map((request, index) => {
      const error = errors[index] ?? null;
      if (error !== null) return { error, topics: null };
      const answer = answers.next().value!;
      if (answer.topics === null) return answer;
      const { refused } = sought[index]!;
      return { error: null, topics: this.#told(request, answer.topics, { refused, caller }) };
    });
  }

  #sought(
    request: OffsetsSought,
    caller: Asking,
  ): { readonly wanted: OffsetsSought; readonly refused: readonly (QError | null)[] | null } {
    if (request.topics === null) return { wanted: request, refused: null };
    const { allowed, refused } = this.#sort(request.topics, 'describe', caller);
    return { wanted: refused === null ? request : { ...request, topics: allowed }, refused };
  }

  #told(
    { topics }: OffsetsSought,
    answer: readonly TopicOffsets[],
    { refused, caller }: { readonly refused: readonly (QError | null)[] | null; readonly caller: Asking },
  ): readonly TopicOffsets[] {
    if (topics === null)
      return answer.filter(({ name }) => name === '' || this.#access.sees(caller, 'describe', topicNamed(name)));
    if (refused === null) return answer;
    const allowed = answer.values();
    return topics.map(({ topicId, partitions }, index) => {
      const error = refused[index] ?? null;
      if (error === null) return allowed.next().value!;
      const nothing = { error, offset: -1, leaderEpoch: -1, metadata: null, committedAtMs: -1 };
      return { topicId, name: '', partitions: partitions.map((partition) => ({ partition, ...nothing })) };
    });
  }

  /** `refused` is null where none is. What is not there is left to whoever looks for it. */
  #sort<T extends { readonly topicId: string }>(
    topics: readonly T[],
    operation: Operation,
    caller: Asking,
  ): { readonly allowed: readonly T[]; readonly refused: readonly (QError | null)[] | null } {
    const refused = topics.map(({ topicId }) => refusalById(topicId, operation, caller, this.#access, this.#nameOf));
    if (refused.every((refusal) => refusal === null)) return { allowed: topics, refused: null };
    return { allowed: topics.filter((_, index) => refused[index] === null), refused };
  }
}

/** What operators do to groups. */
export class GuardedOffsetChanges {
  readonly #changes: OffsetChanges;
  readonly #access: Access;
  readonly #nameOf: NameOf;

  constructor(changes: OffsetChanges, { access, nameOf }: Guard) {
    this.#changes = changes;
    this.#access = access;
    this.#nameOf = nameOf;
  }

  /** As `OffsetChanges.reset`. @throws QError NOT_AUTHORIZED, too: of the group, or of one of the topics */
  async reset(request: OffsetReset, caller: Asking): Promise<TopicReset[]> {
    demand(this.#access, caller, { operation: 'read', resource: groupNamed(request.groupId) });
    for (const { topicId } of request.topics) {
      const refusal = refusalById(topicId, 'read', caller, this.#access, this.#nameOf);
      if (refusal !== null) throw refusal;
    }
    return this.#changes.reset(request, caller);
  }

  /**
   * As `OffsetChanges.deleteOffsets`; topics that the caller may not read have NOT_AUTHORIZED.
   * @throws QError NOT_AUTHORIZED, of the group
   */
  async deleteOffsets(request: OffsetDeletion, caller: Asking): Promise<TopicForgotten[]> {
    demand(this.#access, caller, { operation: 'delete', resource: groupNamed(request.groupId) });
    const { topics } = request;
    const refused = topics.map(({ topicId }) => refusalById(topicId, 'read', caller, this.#access, this.#nameOf));
    if (refused.every((refusal) => refusal === null)) return this.#changes.deleteOffsets(request, caller);
    const allowed = topics.filter((_, index) => refused[index] === null);
    const answers = (await this.#changes.deleteOffsets({ ...request, topics: allowed }, caller)).values();
    return topics.map(({ topicId }, index) => {
      const error = refused[index] ?? null;
      return error === null ? answers.next().value! : { topicId, error, offsets: 0 };
    });
  }

  /** As `OffsetChanges.deleteGroup`. @throws QError NOT_AUTHORIZED, too */
  async deleteGroup(groupId: string, caller: Asking): Promise<number> {
    demand(this.#access, caller, { operation: 'delete', resource: groupNamed(groupId) });
    return this.#changes.deleteGroup(groupId, caller);
  }
}

/** Groups whose members divide the partitions themselves. */
export class GuardedClassicGroups {
  readonly #classic: ClassicGroups;
  readonly #access: Access;

  constructor(classic: ClassicGroups, { access }: Guard) {
    this.#classic = classic;
    this.#access = access;
  }

  /** As `ClassicGroups.join`. @throws QError NOT_AUTHORIZED, too */
  async join(request: ClassicJoin, caller: Caller): ReturnType<ClassicGroups['join']> {
    demand(this.#access, caller, { operation: 'read', resource: groupNamed(request.groupId) });
    return this.#classic.join(request, caller);
  }

  /** As `ClassicGroups.sync`. @throws QError NOT_AUTHORIZED */
  async sync(request: ClassicSync, caller: Caller): ReturnType<ClassicGroups['sync']> {
    demand(this.#access, caller, { operation: 'read', resource: groupNamed(request.groupId) });
    return this.#classic.sync(request, caller);
  }

  /** As `ClassicGroups.heartbeat`. @throws QError NOT_AUTHORIZED */
  async heartbeat(groupId: string, claim: ClassicClaim, caller: Asking): Promise<ClassicFault | null> {
    demand(this.#access, caller, { operation: 'read', resource: groupNamed(groupId) });
    return this.#classic.heartbeat(groupId, claim);
  }

  /** As `ClassicGroups.leave`. @throws QError NOT_AUTHORIZED, too */
  async leave(
    groupId: string,
    members: readonly ClassicMemberName[],
    caller: Asking,
  ): Promise<readonly (ClassicFault | null)[]> {
    demand(this.#access, caller, { operation: 'read', resource: groupNamed(groupId) });
    return this.#classic.leave(groupId, members);
  }

  /** As `ClassicGroups.describe`. @throws QError NOT_AUTHORIZED */
  async describe(groupId: string, caller: Asking): Promise<ClassicDescription | null> {
    demand(this.#access, caller, { operation: 'describe', resource: groupNamed(groupId) });
    return this.#classic.describe(groupId);
  }

  /** As `ClassicGroups.list`, without those that the caller may not see. */
  list(caller: Asking): ClassicListing[] {
    return visible(this.#classic.list(), this.#access, caller);
  }
}

function withoutTopics(group: GroupDescription, isSeen: (topic: string) => boolean): GroupDescription {
  const seen = <T extends { readonly name: string }>(topics: readonly T[]): T[] =>
    topics.filter(({ name }) => isSeen(name));
  return {
    ...group,
    partitions: seen(group.partitions),
    members: group.members.map(({ topics, assigned, target, ...member }) => ({
      ...member,
      topics: topics.filter(isSeen),
      assigned: seen(assigned),
      target: seen(target),
    })),
  };
}

function visible<T extends { readonly groupId: string }>(groups: T[], access: Access, caller: Asking): T[] {
  if (access.sees(caller, 'describe', cluster)) return groups;
  return groups.filter(({ groupId }) => access.sees(caller, 'describe', groupNamed(groupId)));
}

/** Null for what is not there: nobody learns anything from its id. */
function refusalById(
  topicId: string,
  operation: Operation,
  caller: Asking,
  access: Access,
  nameOf: NameOf,
): QError | null {
  const name = nameOf(topicId);
  return name === undefined ? null : access.refusal(caller, operation, topicNamed(name));
}

/** The answer in the order of the request, with those that were refused in their places. */
function merged(
  topics: readonly { readonly topicId: string; readonly partitions: readonly { readonly partition: number }[] }[],
  refused: readonly (QError | null)[],
  answer: readonly CommittedTopic[],
): CommittedTopic[] {
  const allowed = answer.values();
  return topics.map(({ topicId, partitions }, index) => {
    const error = refused[index] ?? null;
    if (error === null) return allowed.next().value!;
    return { topicId, partitions: partitions.map(({ partition }) => ({ partition, error })) };
  });
}
