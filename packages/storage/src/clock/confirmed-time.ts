import type { Clock } from '../ports/clock.ts';
import type { StorageLog } from '../ports/storage-log.ts';

/** What the next process is told of the clock. */
export interface SeenClock {
  /** What it showed last. */
  readonly wallMs: number;
  /** What was confirmed of that. */
  readonly confirmedMs: number;
  /** How long the course that it has now, and is not confirmed yet, was watched. */
  readonly heldMs: number;
}

export interface ConfirmedTimeLimits {
  /** A course of the wall clock is confirmed when it was held this long. */
  readonly clockConfirmMs: number;
  /** A change of course by more than this is a step, and said. */
  readonly clockStepMs: number;
  /**
   * How far the wall clock may be ahead, at a start, of what the process before it has confirmed, to be believed at
   * once.
   */
  readonly clockGapMsMax: number;
}

interface Seen {
  readonly course: number;
  /** When it was seen last, on the time that was watched. */
  readonly atMs: number;
}

/** Looks count for no more than this: a process that was stopped meanwhile has not watched. */
const lookGapMsMax = 10 * 60 * 1_000;
/** One look is kept for this long, unless the clock went back. */
const lookMs = 60 * 1_000;

/*
 * The time by which records may go. A wall clock that is a year ahead for a second must remove nothing.
 *
 * The course of the wall clock is what it shows less the monotonic time: it changes only when somebody corrects the
 * clock, or when the machine slept. Confirmed is the earliest course that was seen within the last hour. So a step
 * forward counts an hour after it was made, if it still holds then; a step back counts at once, as that removes
 * nothing. What goes by age comes an hour late at worst.
 *
 * Over a restart the monotonic time does not go on. Where the wall clock is ahead of what was confirmed by no more than
 * a day, the process was not running, and that is all. Beyond it nobody can tell a month in the cupboard from a clock
 * that is wrong: it has to hold for an hour like any other step. Where several runs see it hold, their times add up.
 *
 * Not for stamps: a record that is stamped too early would go too early.
 *
 * Invariants
 * - `#seen` ascends in `course` and in `atMs`: its first is the earliest of the last hour. At least one, and one a
 *   minute at most.
 * - `now()` never passes the wall clock as it was at the last look, by its course.
 */
export class ConfirmedTime {
  readonly #clock: Pick<Clock, 'now' | 'monotonic'>;
  readonly #log: StorageLog;
  readonly #limits: ConfirmedTimeLimits;
  #seen: Seen[];
  #latestCourse: number;
  #watchedMs = 0;
  #lookedAt: number;

  constructor(o: { clock: Pick<Clock, 'now' | 'monotonic'>; log: StorageLog; limits: ConfirmedTimeLimits }) {
    this.#clock = o.clock;
    this.#log = o.log;
    this.#limits = o.limits;
    this.#lookedAt = o.clock.monotonic();
    this.#latestCourse = o.clock.now() - this.#lookedAt;
    this.#seen = [{ course: this.#latestCourse, atMs: 0 }];
  }

  /** Whole milliseconds since the epoch, as a wall clock shows them. */
  now(): number {
    return this.at(this.#clock.monotonic());
  }

  /** What `now` says at that monotonic time, for who has looked at the clock already. */
  at(monotonicMs: number): number {
    return Math.floor(monotonicMs + (this.#seen[0] as Seen).course);
  }

  /** At the start: goes on from what an earlier process has seen. */
  goOnFrom(before: SeenClock): void {
    const { clockGapMsMax, clockStepMs } = this.#limits;
    const wallMs = this.#clock.now();
    const aheadMs = wallMs - before.confirmedMs;
    if (aheadMs <= clockGapMsMax) {
      if (aheadMs < -clockStepMs)
        this.#log.warn(
          { event: 'clock.behind', byMs: aheadMs },
          'the clock is behind what the last run has seen; what goes by age comes later',
        );
      return;
    }
    const wasAhead = before.wallMs - before.confirmedMs > clockStepMs;
    const sinceMs = wallMs - before.wallMs;
    const isSameCourse = wasAhead && sinceMs >= -clockStepMs && sinceMs <= clockGapMsMax;
    this.#watchedMs = isSameCourse ? before.heldMs : 0;
    const course = before.confirmedMs - this.#clock.monotonic();
    this.#seen = [
      { course, atMs: 0 },
      { course: this.#latestCourse, atMs: this.#watchedMs },
    ];
    this.#log.warn(
      { event: 'clock.far_ahead', aheadMs, waitsMs: Math.max(0, this.#limits.clockConfirmMs - this.#watchedMs) },
      'the clock is far ahead of what the last run has seen: nothing is removed by its age before it has held that',
    );
  }

  /** Looks at the wall clock. To be called now and then, once a minute or more often. */
  look(): void {
    const monotonicMs = this.#clock.monotonic();
    const course = this.#clock.now() - monotonicMs;
    this.#watchedMs += Math.min(monotonicMs - this.#lookedAt, lookGapMsMax);
    this.#lookedAt = monotonicMs;
    const byMs = course - this.#latestCourse;
    this.#latestCourse = course;
    this.#note(course);
    if (byMs > this.#limits.clockStepMs) {
      this.#log.warn(
        { event: 'clock.set_forward', byMs, waitsMs: this.#limits.clockConfirmMs },
        'the clock was set forward: nothing is removed by its age before it has held that',
      );
    } else if (byMs < -this.#limits.clockStepMs) {
      this.#log.warn({ event: 'clock.set_back', byMs }, 'the clock was set back');
    }
    this.#confirm();
  }

  #note(course: number): void {
    while (this.#seen.length > 0 && (this.#seen.at(-1) as Seen).course >= course) this.#seen.pop();
    const last = this.#seen.at(-1);
    if (last !== undefined && this.#seen.length > 1 && this.#watchedMs - last.atMs < lookMs) return;
    this.#seen.push({ course, atMs: this.#watchedMs });
  }

  #confirm(): void {
    const before = (this.#seen[0] as Seen).course;
    while (this.#seen.length > 1 && this.#watchedMs - (this.#seen[0] as Seen).atMs >= this.#limits.clockConfirmMs)
      this.#seen.shift();
    const byMs = (this.#seen[0] as Seen).course - before;
    if (byMs > this.#limits.clockStepMs)
      this.#log.warn(
        { event: 'clock.believed', byMs },
        'the clock has held what it was set to: records go by their age again',
      );
  }

  /** For the next process. */
  get seen(): SeenClock {
    const first = this.#seen[0] as Seen;
    return {
      wallMs: Math.floor(this.#lookedAt + this.#latestCourse),
      confirmedMs: Math.floor(this.#lookedAt + first.course),
      heldMs: Math.floor(this.#watchedMs - first.atMs),
    };
  }
}
