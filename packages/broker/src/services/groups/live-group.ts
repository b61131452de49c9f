/**
 * A group while the broker serves it: its newest state and its offsets, in force at once and taken back when they could
 * not be stored (`LoggedState`). A change that is not stored (a session, a stall) needs no write.
 */
import { classicMembersGone } from '@q/coordinator';
import type {
  ClassicGroup,
  CommittedOffset,
  CommittedOffsets,
  Group,
  GroupRecord,
  OffsetCommit,
  ProducerIdentity,
  StagedOffset,
} from '@q/coordinator';
import { LoggedState } from '../../state-log/logged-state.ts';
import type { StateLog } from '../../state-log/state-log.ts';

/** Where an offset belongs. */
export interface OffsetPlace {
  readonly topicId: string;
  readonly partition: number;
}

/** Who is in a group, and who assigns there: at most one of the two is there. */
interface Membership {
  readonly group: Group | null;
  readonly classic: ClassicGroup | null;
}

export interface LiveGroupOptions extends Membership {
  readonly groupId: string;
  readonly offsets: CommittedOffsets;
  readonly applied: Map<string, ProducerIdentity>;
  readonly log: Pick<StateLog<GroupRecord>, 'write'>;
  /** Called after each write, when the group is durable as it is or has gone back. */
  readonly written: (live: LiveGroup, outcome: 'durable' | 'failed') => void;
}

export class LiveGroup {
  readonly groupId: string;
  readonly offsets: CommittedOffsets;
  /** The last transaction of each transactional id that has committed offsets here. */
  readonly applied: Map<string, ProducerIdentity>;
  readonly #state: LoggedState<Membership, GroupRecord>;

  constructor({ groupId, group, classic, offsets, applied, log, written }: LiveGroupOptions) {
    this.groupId = groupId;
    this.offsets = offsets;
    this.applied = applied;
    const stored = { group, classic };
    this.#state = new LoggedState({ id: groupId, stored, log, written: (outcome) => written(this, outcome) });
  }

  /** Null where the broker does not assign, and where nobody has joined: then it has offsets only. */
  get group(): Group | null {
    return this.#state.newest.group;
  }

  /** Null where no member assigns. */
  get classic(): ClassicGroup | null {
    return this.#state.newest.classic;
  }

  /** Of either kind. */
  get memberCount(): number {
    const { group, classic } = this.#state.newest;
    return group?.members.size ?? classic?.members.size ?? 0;
  }

  /** Nothing is left of it, what it has noted of transactions included, and nothing of it is on its way to the disk. */
  get isGone(): boolean {
    return !this.exists && this.applied.size === 0 && this.#state.isSettled;
  }

  /** Somebody joined, or an offset was committed, and it was not deleted since. */
  get exists(): boolean {
    return this.group !== null || this.classic !== null || this.offsets.size > 0;
  }

  /** Resolves when all that was changed up to now is durable; rejects with the storage error when it was taken back. */
  settled(): Promise<void> {
    return this.#state.settled();
  }

  /**
   * Takes the group as a step made it, and stores the records. Members of a classic group that was here before may be
   * in the log although they have left, as nothing is stored while others gather: nobody must find them there again.
   */
  advance(group: Group | null, records: readonly GroupRecord[]): void {
    const gone = this.classic === null ? [] : classicMembersGone(this.classic);
    this.#state.replace({ group, classic: null }, gone.length === 0 ? records : [...gone, ...records]);
  }

  /** The same for a classic group. */
  advanceClassic(classic: ClassicGroup | null, records: readonly GroupRecord[]): void {
    this.#state.replace({ group: null, classic }, records);
  }

  /** `nowMs` is on the clock that never goes back. */
  putOffset(place: OffsetPlace, commit: OffsetCommit, nowMs: number): void {
    const { groupId } = this;
    const { topicId, partition } = place;
    const before = this.offsets.get(topicId, partition);
    const committed = this.offsets.next(topicId, partition, commit);
    this.offsets.put(topicId, partition, committed, nowMs);
    const record: GroupRecord = { kind: 'offset', groupId, topicId, partition, committed };
    this.#state.changed(record, () => this.#restore(place, before, nowMs));
  }

  /**
   * Commits what a transaction has staged, once: a transaction that did so before changes nothing. `nowMs` is on the
   * clock that never goes back.
   */
  applyTransaction(
    { transactionalId, producer }: { readonly transactionalId: string; readonly producer: ProducerIdentity },
    offsets: Iterable<StagedOffset>,
    nowMs: number,
  ): void {
    const before = this.applied.get(transactionalId);
    if (before?.producerId === producer.producerId && before.producerEpoch === producer.producerEpoch) return;
    for (const { topicId, partition, commit } of offsets) this.putOffset({ topicId, partition }, commit, nowMs);
    const { groupId } = this;
    // An object of its own: a note is told by it from an earlier one of a producer that keeps its epoch.
    this.applied.set(transactionalId, { ...producer });
    this.#state.changed({ kind: 'applied', groupId, transactionalId, producer }, () =>
      this.#restoreApplied(transactionalId, before),
    );
  }

  /** The transactional id is forgotten, or the group is: nothing may be told of it again (`TransactionNotes`). */
  forgetTransactions(transactionalId: string): void {
    const before = this.applied.get(transactionalId);
    if (before === undefined) return;
    const { groupId } = this;
    this.applied.delete(transactionalId);
    this.#state.changed({ kind: 'applied-gone', groupId, transactionalId }, () =>
      this.#restoreApplied(transactionalId, before),
    );
  }

  #restoreApplied(transactionalId: string, before: ProducerIdentity | undefined): void {
    if (before === undefined) this.applied.delete(transactionalId);
    else this.applied.set(transactionalId, before);
  }

  /** False when there was none. */
  deleteOffset(place: OffsetPlace): boolean {
    const { groupId } = this;
    const { topicId, partition } = place;
    const before = this.offsets.get(topicId, partition);
    if (before === null) return false;
    this.offsets.delete(topicId, partition);
    // The moment counts for the expiry of the group only, and there the latest one does: 0 changes nothing.
    this.#state.changed({ kind: 'offset-gone', groupId, topicId, partition }, () => this.#restore(place, before, 0));
    return true;
  }

  #restore({ topicId, partition }: OffsetPlace, before: CommittedOffset | null, nowMs: number): void {
    if (before === null) this.offsets.delete(topicId, partition);
    else this.offsets.put(topicId, partition, before, nowMs);
  }
}

/** Names of the topics that its members want. */
export function wantedTopics({ group }: LiveGroup): Set<string> {
  const names = new Set<string>();
  for (const { topics } of group?.members.values() ?? []) for (const name of topics) names.add(name);
  return names;
}
