import type { Position, Violation } from './violation.ts';

/*
 * Who owned which partition of a group, as its members themselves saw it, written down as it happens.
 *
 * A member owns a partition from the moment at which it is told so until the moment at which it is told otherwise
 * (`revoked`, `lost`), has left, or is dead. No two may own one partition at once, but for two cases in which a member
 * cannot know better yet:
 *
 * - The group has put it out, for it did not give up in time what it was told to. It may believe that it owns until its
 *   session, as it counts it itself, has run out: see `excuse`. Who is put out for its silence needs no excuse: it has
 *   to count its session from before the broker does, and is the first to know.
 * - Its process stands still. It may believe so until it runs again, and at that very moment.
 *
 * Invariants
 * - A meeting of two owners is judged when it ends, by the first of them that lets go: how long it lasted is known only
 *   then.
 * - A member that ends by itself may have let go long before anybody hears of it. It counts as an owner up to the last
 *   record that it was handed.
 */

interface Meeting {
  readonly log: string;
  readonly members: readonly [before: string, after: string];
  /** A meeting that ends by then is excused; negative: nothing excuses it. */
  readonly excusedUntilMs: number;
  /** Members that were handed a record of the partition when nothing excused that any more. */
  readonly acted: Set<string>;
}

export class Ownerships {
  /** Of each log, its owners, in the order in which they became that. */
  readonly #owners = new Map<string, Set<string>>();
  readonly #excused = new Map<string, number>();
  #meetings: Meeting[] = [];
  readonly #found: Violation[] = [];

  /** The member is told that it owns the partition. */
  assigned(member: string, log: string, nowMs: number): void {
    const owners = this.#owners.get(log) ?? new Set<string>();
    this.#owners.set(log, owners);
    for (const other of owners) {
      if (other === member) continue;
      const untilMs = Math.max(this.#excused.get(member) ?? -1, this.#excused.get(other) ?? -1);
      this.#meetings.push({
        log,
        members: [other, member],
        excusedUntilMs: untilMs >= nowMs ? untilMs : -1,
        acted: new Set(),
      });
    }
    owners.add(member);
  }

  /** It is told that it does not any more. */
  letGo(member: string, log: string, nowMs: number): void {
    if (this.#owners.get(log)?.delete(member) === true) this.#endMeetings(member, { log, nowMs, isCertain: true });
  }

  /**
   * It has left, and is handed nothing any more. From `isCertain` on: it owned up to now, and did not end by itself
   * before.
   */
  left(member: string, nowMs: number, o: { isCertain: boolean }): void {
    for (const [log, owners] of this.#owners) {
      if (owners.delete(member)) this.#endMeetings(member, { log, nowMs, ...o });
    }
  }

  /** Until then the member may believe that it owns what it does not. */
  excuse(member: string, untilMs: number): void {
    this.#excused.set(member, Math.max(untilMs, this.#excused.get(member) ?? 0));
  }

  /** A record of the partition is handed to the member, which must own it. */
  handed(member: string, { log, offset }: Position, nowMs: number): void {
    if (this.#owners.get(log)?.has(member) !== true)
      this.#found.push({ kind: 'handed without owning', member, handed: { log, offset } });
    for (const meeting of this.#meetings) {
      if (meeting.log === log && meeting.members.includes(member) && nowMs > meeting.excusedUntilMs)
        meeting.acted.add(member);
    }
  }

  /** Whoever owns something now. */
  owners(): Set<string> {
    return new Set([...this.#owners.values()].flatMap((owners) => [...owners]));
  }

  /** What is wrong so far. A meeting that goes on counts where nothing can excuse it. */
  violations(): Violation[] {
    const certain = this.#meetings.filter(({ excusedUntilMs }) => excusedUntilMs < 0);
    return [...this.#found, ...certain.map(toViolation)];
  }

  #endMeetings(member: string, o: { log: string; nowMs: number; isCertain: boolean }): void {
    const isOver = ({ log, members }: Meeting): boolean => log === o.log && members.includes(member);
    for (const meeting of this.#meetings.filter(isOver)) {
      const isReal = o.isCertain || meeting.acted.has(member);
      if (isReal && o.nowMs > meeting.excusedUntilMs) this.#found.push(toViolation(meeting));
    }
    this.#meetings = this.#meetings.filter((meeting) => !isOver(meeting));
  }
}

function toViolation({ log, members }: Meeting): Violation {
  return { kind: 'two owners', log, members };
}
