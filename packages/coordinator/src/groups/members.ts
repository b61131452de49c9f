/**
 * The members of a group in the order of joining, as a persistent map: every change makes a new one that shares what it
 * can.
 *
 * A heartbeat changes one member (its `lastHeartbeatMs`), and a broker gets thousands of them in a second. Copying a
 * `Map` of a thousand members for each costs more than all the rest of the step, so members lie in chunks: replacing
 * one copies its chunk and the list of chunks. A chunk knows the earliest deadline in it, so that finding the next one
 * of a group does not look at every member. Joining and leaving copy everything: they are rare, and make a new target
 * anyway.
 *
 * Invariants:
 *  1. `#slots` maps each member id to its index over all chunks; it is the same object in all versions between which
 *     nobody came, went or was replaced.
 *  2. All chunks but the last hold `chunkSize` members; `place` rises from slot to slot.
 */
import { strict as assert } from 'node:assert';
import { memberDeadlineMs } from './member.ts';
import type { Member } from './member.ts';

const chunkSize = 32;

interface Chunk {
  readonly members: readonly Member[];
  readonly deadlineMs: number;
}

/** The members of a group by id. Never changed: a step makes a new one, which shares what is the same. */
export class Members implements ReadonlyMap<string, Member> {
  static readonly none: Members = new Members(new Map(), []);

  readonly #slots: ReadonlyMap<string, number>;
  readonly #chunks: readonly Chunk[];

  private constructor(slots: ReadonlyMap<string, number>, chunks: readonly Chunk[]) {
    this.#slots = slots;
    this.#chunks = chunks;
  }

  /** Of distinct members, in any order. */
  static of(members: Iterable<Member>): Members {
    const ordered = [...members].sort((left, right) => left.place - right.place);
    const slots = new Map(ordered.map(({ memberId }, slot) => [memberId, slot]));
    assert(slots.size === ordered.length, 'two members have one id');
    const chunks: Chunk[] = [];
    for (let start = 0; start < ordered.length; start += chunkSize)
      chunks.push(chunkOf(ordered.slice(start, start + chunkSize)));
    return new Members(slots, chunks);
  }

  get size(): number {
    return this.#slots.size;
  }

  /** As of a `Map`. */
  has(memberId: string): boolean {
    return this.#slots.has(memberId);
  }

  /** As of a `Map`. */
  get(memberId: string): Member | undefined {
    const slot = this.#slots.get(memberId);
    return slot === undefined ? undefined : this.#chunks[Math.floor(slot / chunkSize)]!.members[slot % chunkSize];
  }

  /** The place of whoever joins next. */
  get nextPlace(): number {
    return (this.#chunks.at(-1)?.members.at(-1)?.place ?? -1) + 1;
  }

  /** The earliest deadline of any member; Infinity without members. */
  get deadlineMs(): number {
    return this.#chunks.reduce((earliest, chunk) => Math.min(earliest, chunk.deadlineMs), Infinity);
  }

  /** Those whose deadline has come. */
  overdue(nowMs: number): Member[] {
    return this.#chunks
      .filter((chunk) => chunk.deadlineMs <= nowMs)
      .flatMap((chunk) => chunk.members.filter((member) => memberDeadlineMs(member) <= nowMs));
  }

  /** With the member as it is now, or with one more. */
  with(member: Member): Members {
    const slot = this.#slots.get(member.memberId);
    if (slot === undefined) return Members.of([...this.values(), member]);
    const index = Math.floor(slot / chunkSize);
    const members = this.#chunks[index]!.members.with(slot % chunkSize, member);
    return new Members(this.#slots, this.#chunks.with(index, chunkOf(members)));
  }

  /** A copy that lacks these members. */
  without(memberIds: ReadonlySet<string>): Members {
    return Members.of([...this.values()].filter(({ memberId }) => !memberIds.has(memberId)));
  }

  /** The members that are not the very same objects in `before`, in order: new ones and changed ones. */
  *changedSince(before: Members): Generator<Member> {
    const isAligned = this.#slots === before.#slots;
    for (const [index, chunk] of this.#chunks.entries()) {
      if (isAligned && chunk === before.#chunks[index]) continue;
      for (const member of chunk.members) if (before.get(member.memberId) !== member) yield member;
    }
  }

  /** The ids that `before` has and this has not. */
  goneSince(before: Members): string[] {
    if (this.#slots === before.#slots) return [];
    return [...before.keys()].filter((memberId) => !this.has(memberId));
  }

  keys(): MapIterator<string> {
    return this.#slots.keys();
  }

  *values(): Generator<Member, undefined> {
    for (const chunk of this.#chunks) for (const member of chunk.members) yield member;
  }

  *entries(): Generator<[string, Member], undefined> {
    for (const member of this.values()) yield [member.memberId, member];
  }

  /** As of a `Map`. */
  [Symbol.iterator](): Generator<[string, Member], undefined> {
    return this.entries();
  }

  /** As of a `Map`. */
  forEach(visit: (member: Member, memberId: string, members: Members) => void): void {
    for (const member of this.values()) visit(member, member.memberId, this);
  }
}

function chunkOf(members: readonly Member[]): Chunk {
  return {
    members,
    deadlineMs: members.reduce((earliest, member) => Math.min(earliest, memberDeadlineMs(member)), Infinity),
  };
}
