/**
 * How many connections each user has (SEC-13). Those of `anonymous` are not counted: they are bounded by address.
 *
 * Invariant: `#taken` has every user that has a connection, and nobody else.
 */
import { QError } from '@q/protocol';
import type { BrokerLimits } from '../../limits.ts';

export class UserSeats {
  readonly #limits: Pick<BrokerLimits, 'connectionsPerUserMax'>;
  readonly #taken = new Map<string, number>();

  readonly #refused: () => void;

  /** The limit is looked at each time: it may move while the broker runs. */
  constructor(limits: Pick<BrokerLimits, 'connectionsPerUserMax'>, refused: () => void) {
    this.#limits = limits;
    this.#refused = refused;
  }

  /** One more connection of a user; the result takes it back, once. @throws QError TOO_MANY_CONNECTIONS */
  take(user: string): () => void {
    const { connectionsPerUserMax: value } = this.#limits;
    const taken = this.#taken.get(user) ?? 0;
    if (taken >= value) {
      this.#refused();
      throw new QError('TOO_MANY_CONNECTIONS', `this broker takes at most ${value} connections of one user`, {
        details: { limit: 'connectionsPerUserMax', value, user: user.slice('User:'.length) },
      });
    }
    this.#taken.set(user, taken + 1);
    let isTaken = true;
    return () => {
      if (!isTaken) return;
      isTaken = false;
      const left = (this.#taken.get(user) ?? 1) - 1;
      if (left > 0) this.#taken.set(user, left);
      else this.#taken.delete(user);
    };
  }
}

/** Where nobody is asked who they are. */
export const endlessSeats: Pick<UserSeats, 'take'> = { take: () => () => undefined };
