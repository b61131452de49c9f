/**
 * The members of a group in the order of joining, as a persistent map: every change makes a new one that shares what it
 * can. Of either kind of group.
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

const chunkSize = 32;

/** What a member needs to have a seat. */
export interface Seated {
  readonly memberId: string;
  /** Its place in the order of joining. */
  readonly place: number;
}

interface Chunk<M> {
  readonly members: readonly M[];
  readonly deadlineMs: number;
}

/** By when a member is put out of its group unless it does something; Infinity: nothing is expected of it. */
export type DeadlineOf<M> = (member: M) => number;

/** The members of a group by id. Never changed: a step makes a new one, which shares what is the same. */
export class Seats<M extends Seated> implements ReadonlyMap<string, M> {
  readonly #deadlineOf: DeadlineOf<M>;
  readonly #slots: ReadonlyMap<string, number>;
  readonly #chunks: readonly Chunk<M>[];

  private constructor(deadlineOf: DeadlineOf<M>, slots: ReadonlyMap<string, number>, chunks: readonly Chunk<M>[]) {
    this.#deadlineOf = deadlineOf;
    this.#slots = slots;
    this.#chunks = chunks;
  }

  /** Nobody. */
  static none<M extends Seated>(deadlineOf: DeadlineOf<M>): Seats<M> {
    return new Seats(deadlineOf, new Map(), []);
  }

  /** Distinct members, in any order, in place of these. */
  of(members: Iterable<M>): Seats<M> {
    const ordered = [...members].sort((left, right) => left.place - right.place);
    const slots = new Map(ordered.map(({ memberId }, slot) => [memberId, slot]));
    assert(slots.size === ordered.length, 'two members have one id');
    const chunks: Chunk<M>[] = [];
    for (let start = 0; start < ordered.length; start += chunkSize)
      chunks.push(this.#chunkOf(ordered.slice(start, start + chunkSize)));
    return new Seats(this.#deadlineOf, slots, chunks);
  }

  get size(): number {
    return this.#slots.size;
  }

  /** As of a `Map`. */
  has(memberId: string): boolean {
    return this.#slots.has(memberId);
  }

  /** As of a `Map`. */
  get(memberId: string): M | undefined {
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
  overdue(nowMs: number): M[] {
    return this.#chunks
      .filter((chunk) => chunk.deadlineMs <= nowMs)
      .flatMap((chunk) => chunk.members.filter((member) => this.#deadlineOf(member) <= nowMs));
  }

  /** With the member as it is now, or with one more. */
  with(member: M): Seats<M> {
    const slot = this.#slots.get(member.memberId);
    if (slot === undefined) return this.of([...this.values(), member]);
    const index = Math.floor(slot / chunkSize);
    const members = this.#chunks[index]!.members.with(slot % chunkSize, member);
    return new Seats(this.#deadlineOf, this.#slots, this.#chunks.with(index, this.#chunkOf(members)));
  }

  /** A copy that lacks these members. */
  without(memberIds: ReadonlySet<string>): Seats<M> {
    return this.of([...this.values()].filter(({ memberId }) => !memberIds.has(memberId)));
  }

  /** The members that are not the very same objects in `before`, in order: new ones and changed ones. */
  *changedSince(before: Seats<M>): Generator<M> {
    const isAligned = this.#slots === before.#slots;
    for (const [index, chunk] of this.#chunks.entries()) {
      if (isAligned && chunk === before.#chunks[index]) continue;
      for (const member of chunk.members) if (before.get(member.memberId) !== member) yield member;
    }
  }

  /** The ids that `before` has and this has not. */
  goneSince(before: Seats<M>): string[] {
    if (this.#slots === before.#slots) return [];
    return [...before.keys()].filter((memberId) => !this.has(memberId));
  }

  keys(): MapIterator<string> {
    return this.#slots.keys();
  }

  *values(): Generator<M, undefined> {
    for (const chunk of this.#chunks) for (const member of chunk.members) yield member;
  }

  *entries(): Generator<[string, M], undefined> {
    for (const member of this.values()) yield [member.memberId, member];
  }

  /** As of a `Map`. */
  [Symbol.iterator](): Generator<[string, M], undefined> {
    return this.entries();
  }

  /** As of a `Map`. */
  forEach(visit: (member: M, memberId: string, members: Seats<M>) => void): void {
    for (const member of this.values()) visit(member, member.memberId, this);
  }

  #chunkOf(members: readonly M[]): Chunk<M> {
    const deadlineMs = members.reduce((earliest, member) => Math.min(earliest, this.#deadlineOf(member)), Infinity);
    return { members, deadlineMs };
  }
}
