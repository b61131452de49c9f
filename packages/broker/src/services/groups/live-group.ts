/**
 * A group while the broker serves it: its newest state and its offsets, in force at once and taken back when they could
 * not be stored (`LoggedState`). A change that is not stored (a session, a stall) needs no write.
 */
import type { CommittedOffset, CommittedOffsets, Group, GroupRecord, OffsetCommit } from '@q/coordinator';
import { LoggedState } from '../../state-log/logged-state.ts';
import type { StateLog } from '../../state-log/state-log.ts';

/** Where an offset belongs. */
export interface OffsetPlace {
  readonly topicId: string;
  readonly partition: number;
}

export interface LiveGroupOptions {
  readonly groupId: string;
  /** Null for a group that nobody has joined: it has offsets only. */
  readonly group: Group | null;
  readonly offsets: CommittedOffsets;
  readonly log: Pick<StateLog<GroupRecord>, 'write'>;
  /** Called after each write, when the group is durable as it is or has gone back. */
  readonly written: (live: LiveGroup, outcome: 'durable' | 'failed') => void;
}

export class LiveGroup {
  readonly groupId: string;
  readonly offsets: CommittedOffsets;
  readonly #state: LoggedState<Group | null, GroupRecord>;

  constructor({ groupId, group, offsets, log, written }: LiveGroupOptions) {
    this.groupId = groupId;
    this.offsets = offsets;
    this.#state = new LoggedState({ id: groupId, stored: group, log, written: (outcome) => written(this, outcome) });
  }

  get group(): Group | null {
    return this.#state.newest;
  }

  /** Nothing is left of it, and nothing of it is on its way to the disk. */
  get isGone(): boolean {
    return !this.exists && this.#state.isSettled;
  }

  /** Somebody joined, or an offset was committed, and it was not deleted since. */
  get exists(): boolean {
    return this.group !== null || this.offsets.size > 0;
  }

  /** Resolves when all that was changed up to now is durable; rejects with the storage error when it was taken back. */
  settled(): Promise<void> {
    return this.#state.settled();
  }

  /** Takes the group as a step made it, and stores the records. */
  advance(group: Group | null, records: readonly GroupRecord[]): void {
    this.#state.replace(group, records);
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
