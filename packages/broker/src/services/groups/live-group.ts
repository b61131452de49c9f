/**
 * A group while the broker serves it: its newest state, its offsets, and the way back from both.
 *
 * Invariants:
 *  1. `group` and `offsets` are the newest state, durable or not, so that requests take effect in the order of their arrival
 *     and none waits for the disk before it is looked at. Whatever is told of it waits for `settled()`.
 *  2. `#writes` are what is not durable yet, in the order of handing over. When one of them fails, all of them do (the log
 *     says so), and group and offsets go back to what they were when everything was durable. The log says it in the turn in
 *     which it fails them: a change that comes a moment later is not among them.
 *  3. A change that is not stored (a session, a stall) needs no write and survives none that fails.
 */
import type { CommittedOffset, CommittedOffsets, Group, GroupRecord, OffsetCommit } from '@q/coordinator';
import type { GroupsLog, WriteEnded } from './groups-log.ts';

/** Changes that become durable together. */
interface Write {
  readonly durable: Promise<void>;
  /** The group as it is once this write is durable. */
  group: Group | null;
  readonly undo: (() => void)[];
}

/** Where an offset belongs. */
export interface OffsetPlace {
  readonly topicId: string;
  readonly partition: number;
}

const nothingToWaitFor = Promise.resolve();

export interface LiveGroupOptions {
  readonly groupId: string;
  /** Null for a group that nobody has joined: it has offsets only. */
  readonly group: Group | null;
  readonly offsets: CommittedOffsets;
  readonly log: Pick<GroupsLog, 'write'>;
  /** Called after each write, when the group is durable as it is or has gone back. */
  readonly written: (live: LiveGroup, outcome: 'durable' | 'failed') => void;
}

export class LiveGroup {
  readonly groupId: string;
  readonly offsets: CommittedOffsets;
  readonly #log: Pick<GroupsLog, 'write'>;
  readonly #written: LiveGroupOptions['written'];
  #group: Group | null;
  #durable: Group | null;
  #writes: Write[] = [];

  constructor(options: LiveGroupOptions) {
    this.groupId = options.groupId;
    this.offsets = options.offsets;
    this.#log = options.log;
    this.#written = options.written;
    this.#group = options.group;
    this.#durable = options.group;
  }

  get group(): Group | null {
    return this.#group;
  }

  /** Nothing is left of it, and nothing of it is on its way to the disk. */
  get isGone(): boolean {
    return !this.exists && this.#writes.length === 0;
  }

  /** Somebody joined, or an offset was committed, and it was not deleted since. */
  get exists(): boolean {
    return this.#group !== null || this.offsets.size > 0;
  }

  /** Resolves when all that was changed up to now is durable; rejects with the storage error when it was taken back. */
  settled(): Promise<void> {
    return this.#writes.at(-1)?.durable ?? nothingToWaitFor;
  }

  /** Takes the group as a step made it, and stores the records. */
  advance(group: Group | null, records: readonly GroupRecord[]): void {
    this.#group = group;
    if (records.length > 0) this.#write(records);
    const last = this.#writes.at(-1);
    if (last === undefined) this.#durable = group;
    else last.group = group;
  }

  /** `nowMs` is on the clock that never goes back. */
  putOffset(place: OffsetPlace, commit: OffsetCommit, nowMs: number): void {
    const { topicId, partition } = place;
    const before = this.offsets.get(topicId, partition);
    const committed = this.offsets.next(topicId, partition, commit);
    this.offsets.put(topicId, partition, committed, nowMs);
    const write = this.#write([{ kind: 'offset', groupId: this.groupId, topicId, partition, committed }]);
    write.undo.push(() => this.#restore(place, before, nowMs));
  }

  /** False when there was none. */
  deleteOffset(place: OffsetPlace): boolean {
    const { topicId, partition } = place;
    const before = this.offsets.get(topicId, partition);
    if (before === null) return false;
    this.offsets.delete(topicId, partition);
    const write = this.#write([{ kind: 'offset-gone', groupId: this.groupId, topicId, partition }]);
    // The moment counts for the expiry of the group only, and there the latest one does: 0 changes nothing.
    write.undo.push(() => this.#restore(place, before, 0));
    return true;
  }

  #restore({ topicId, partition }: OffsetPlace, before: CommittedOffset | null, nowMs: number): void {
    if (before === null) this.offsets.delete(topicId, partition);
    else this.offsets.put(topicId, partition, before, nowMs);
  }

  #write(records: readonly GroupRecord[]): Write {
    const durable = this.#log.write(this.groupId, records, this.#ended);
    const last = this.#writes.at(-1);
    if (last?.durable === durable) return last;
    const write: Write = { durable, group: this.#group, undo: [] };
    this.#writes.push(write);
    return write;
  }

  readonly #ended: WriteEnded = (durable, outcome) => {
    const at = this.#writes.findIndex((write) => write.durable === durable);
    // The write before it has failed too, and has taken this one back.
    if (at === -1) return;
    if (outcome === 'durable') this.#keep(at);
    else this.#goBack();
    this.#written(this, outcome);
  };

  #keep(at: number): void {
    this.#durable = this.#writes[at]!.group;
    this.#writes = this.#writes.slice(at + 1);
  }

  #goBack(): void {
    for (const { undo } of this.#writes.toReversed()) for (const step of undo.toReversed()) step();
    this.#writes = [];
    this.#group = this.#durable;
  }
}

/** Names of the topics that its members want. */
export function wantedTopics({ group }: LiveGroup): Set<string> {
  const names = new Set<string>();
  for (const { topics } of group?.members.values() ?? []) for (const name of topics) names.add(name);
  return names;
}
