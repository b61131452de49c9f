/**
 * Heartbeats whose answers the broker holds until there is news for the member (row G2).
 *
 * Invariants:
 *  1. At most one heartbeat of a member is held: a newer one ends the hold of the older.
 *  2. A hold ends exactly once, for one of the reasons of `HoldEnd`; whichever comes first removes it from everything
 *     that could end it.
 *  3. After `releaseAll` nothing is held any more: the broker is stopping and answers at once.
 */
import type { Clock } from '../../clock.ts';
import type { CallerSignal } from '../../caller.ts';

/**
 * `news`: the member has something to hear. `time`: its time is up. `newer`: the member sent another heartbeat.
 * `gone`: its connection is. `stopping`: the broker is.
 */
export type HoldEnd = 'news' | 'time' | 'newer' | 'gone' | 'stopping';

export interface MemberName {
  readonly groupId: string;
  readonly memberId: string;
}

export class HeldHeartbeats {
  readonly #clock: Pick<Clock, 'schedule'>;
  readonly #ends = new Map<string, (why: HoldEnd) => void>();
  #isReleased = false;

  constructor(clock: Pick<Clock, 'schedule'>) {
    this.#clock = clock;
  }

  get count(): number {
    return this.#ends.size;
  }

  holds(member: MemberName): boolean {
    return this.#ends.has(keyOf(member));
  }

  /** Resolves when the hold ends, with the reason. */
  hold(member: MemberName, { signal, waitMs }: { signal: CallerSignal; waitMs: number }): Promise<HoldEnd> {
    this.end(member, 'newer');
    if (this.#isReleased) return Promise.resolve('stopping');
    if (signal.aborted) return Promise.resolve('gone');
    const key = keyOf(member);
    return new Promise((resolve) => {
      const end = (why: HoldEnd): void => {
        if (this.#ends.get(key) !== end) return;
        this.#ends.delete(key);
        timer.cancel();
        forgetCaller();
        resolve(why);
      };
      this.#ends.set(key, end);
      const timer = this.#clock.schedule(waitMs, () => end('time'));
      const forgetCaller = signal.onAbort(() => end('gone'));
    });
  }

  /** Ends the hold of a member, if it has one. */
  end(member: MemberName, why: HoldEnd): void {
    this.#ends.get(keyOf(member))?.(why);
  }

  /** Ends all holds, now and from now on. */
  releaseAll(): void {
    this.#isReleased = true;
    for (const end of this.#ends.values()) end('stopping');
  }
}

/** A group id has no control characters, so a line break tells where the member id begins. */
function keyOf({ groupId, memberId }: MemberName): string {
  return `${groupId}\n${memberId}`;
}
