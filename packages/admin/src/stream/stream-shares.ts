/**
 * Whose streams are open: nobody takes all of them, so that an operator finds one (SEC-13). Users may follow what needs
 * no right, such as the list of groups that they may see.
 *
 * Invariant: each count is that of the streams that are open, and none is 0.
 */
import { anonymous } from '@q/broker';
import type { Asking } from '@q/broker';
import { networkOf } from '@q/security';
import { Problem } from '../http/problem.ts';
import { limits } from '../limits.ts';

type ShareLimit = 'streamsMax' | 'streamsPerUserMax' | 'streamsPerAddressMax';

/** Who opens one. */
export type StreamReader = Pick<Asking, 'principal' | 'address'>;

const whose: Readonly<Record<ShareLimit, string>> = {
  streamsMax: 'this broker has',
  streamsPerUserMax: 'this user has',
  streamsPerAddressMax: 'this address has',
};

export class StreamShares {
  readonly #counts = new Map<string, number>();
  #open = 0;

  get open(): number {
    return this.#open;
  }

  /** Returns how to give it back, once. @throws Problem TOO_MANY_STREAMS */
  take({ principal, address }: StreamReader): () => void {
    const byAddress = `address ${networkOf(address)}`;
    // Nobody in particular is no user: all of them together are not one.
    const byUser = principal.name === anonymous.name ? null : `user ${principal.name}`;
    this.#check('streamsMax', this.#open);
    if (byUser !== null) this.#check('streamsPerUserMax', this.#counts.get(byUser) ?? 0);
    this.#check('streamsPerAddressMax', this.#counts.get(byAddress) ?? 0);
    const keys = byUser === null ? [byAddress] : [byAddress, byUser];
    this.#change(keys, 1);
    return () => this.#change(keys, -1);
  }

  #check(limit: ShareLimit, open: number): void {
    if (open < limits[limit]) return;
    throw new Problem('TOO_MANY_STREAMS', `${whose[limit]} ${open} streams open, and no more than that at once`, {
      details: { [limit]: limits[limit] },
    });
  }

  #change(keys: readonly string[], by: 1 | -1): void {
    this.#open += by;
    for (const key of keys) {
      const now = (this.#counts.get(key) ?? 0) + by;
      if (now > 0) this.#counts.set(key, now);
      else this.#counts.delete(key);
    }
  }
}
