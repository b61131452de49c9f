/**
 * Requests of members of classic groups that wait for the others: to join, and to get an assignment.
 *
 * Invariants:
 *  1. At most one request of a member waits: a newer one takes its place, and the older is told to join again.
 *  2. A wait ends exactly once; whichever end comes first removes it from everything that could end it.
 *  3. After `releaseAll` nothing waits any more: the broker is stopping and answers at once.
 */
import type { ClassicAnswer, ClassicRefusal } from '@q/coordinator';
import type { Caller } from '../../caller.ts';
import type { LiveGroup } from './live-group.ts';

/** Why a request about a classic group is refused. */
export type ClassicFault = ClassicRefusal | 'COORDINATOR_NOT_AVAILABLE';

/** What a request that waited is told. */
export type ClassicOutcome = Exclude<ClassicAnswer['outcome'], { kind: 'refused' }> | ClassicRefusedOutcome;

export interface ClassicRefusedOutcome {
  readonly kind: 'refused';
  readonly fault: ClassicFault;
  /** The id that a member is told with MEMBER_ID_REQUIRED. */
  readonly memberId?: string;
}

export type EndWait = (outcome: ClassicOutcome) => void;

interface Waiting {
  /** Its caller's end is not looked at any more. */
  readonly forgetCaller: () => void;
  readonly end: EndWait;
}

export class WaitingMembers {
  readonly #groups = new Map<LiveGroup, Map<string, Waiting>>();
  #isReleased = false;

  /** Resolves with what the member is told. `gone` is called instead when its connection ends first. */
  wait(
    live: LiveGroup,
    memberId: string,
    { signal, gone }: { signal: Caller['signal']; gone: () => void },
  ): Promise<ClassicOutcome> {
    this.take(live, memberId)?.(refusedWith('REBALANCE_IN_PROGRESS'));
    if (this.#isReleased) return Promise.resolve(refusedWith('COORDINATOR_NOT_AVAILABLE'));
    let members = this.#groups.get(live);
    if (members === undefined) this.#groups.set(live, (members = new Map()));
    const { promise, resolve } = Promise.withResolvers<ClassicOutcome>();
    const onGone = (): void => {
      this.take(live, memberId);
      gone();
      // Nobody reads it.
      resolve(refusedWith('COORDINATOR_NOT_AVAILABLE'));
    };
    members.set(memberId, { end: resolve, forgetCaller: signal.onAbort(onGone) });
    return promise;
  }

  /** Takes the request out, and gives what ends it; null when there is none. */
  take(live: LiveGroup, memberId: string): EndWait | null {
    const members = this.#groups.get(live);
    const waiting = members?.get(memberId);
    if (members === undefined || waiting === undefined) return null;
    members.delete(memberId);
    if (members.size === 0) this.#groups.delete(live);
    waiting.forgetCaller();
    return waiting.end;
  }

  /** Ends everything that waits in a group. */
  endAll(live: LiveGroup, outcome: ClassicOutcome): void {
    for (const memberId of this.#groups.get(live)?.keys() ?? []) this.take(live, memberId)?.(outcome);
  }

  /** Ends everything, now and from now on. */
  releaseAll(): void {
    this.#isReleased = true;
    for (const live of this.#groups.keys()) this.endAll(live, refusedWith('COORDINATOR_NOT_AVAILABLE'));
  }
}

export function refusedWith(fault: ClassicFault): ClassicRefusedOutcome {
  return { kind: 'refused', fault };
}
