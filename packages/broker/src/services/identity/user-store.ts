/**
 * The users of a broker, in the metadata store: one entry each, `users/<name>`, as `encodeUser` writes it.
 *
 * Invariant: `#users` has every user that is stored and can be read. Of those that a newer broker wrote, `#unreadable`
 * has the names: they are not let in, and not overwritten. A principal of `#principals` is that of a user who is there.
 * `#rounds` counts the credentials of `#users`.
 */
import { QError } from '@q/protocol';
import type { ScramCredential, ScramMechanism } from '@q/protocol';
import { checkUserName, decodeUser, encodeUser, principalOf, scramMechanisms, securityLimits } from '@q/security';
import type { RoundsInUse, User } from '@q/security';
import type { Principal } from '../../caller.ts';
import type { MetadataChange, MetadataStore } from '../../metadata/metadata-store.ts';

const prefix = 'users/';

export class UserStore {
  readonly #metadata: Pick<MetadataStore, 'get' | 'compareAndSet'>;
  readonly #users = new Map<string, User>();
  readonly #rounds = new Map<ScramMechanism, Map<number, number>>(scramMechanisms.map((each) => [each, new Map()]));
  readonly #unreadable = new Set<string>();
  /** Whom connections are. */
  readonly #principals = new Map<string, { readonly name: string; isGone: boolean }>();
  readonly #listeners: (() => void)[] = [];
  readonly #stopWatching: () => void;

  private constructor(metadata: MetadataStore, revision: number) {
    this.#metadata = metadata;
    this.#stopWatching = metadata.watch({
      prefix,
      afterRevision: revision,
      listener: (change) => this.#changed(change),
    });
  }

  static async open(metadata: MetadataStore): Promise<UserStore> {
    const { entries, revision } = await metadata.list(prefix);
    const store = new UserStore(metadata, revision);
    for (const entry of entries) store.#changed({ kind: 'put', entry });
    return store;
  }

  get size(): number {
    return this.#users.size;
  }

  /** In the order of their names. */
  list(): User[] {
    return [...this.#users.values()].sort((left, right) => (left.name < right.name ? -1 : 1));
  }

  find(name: string): User | undefined {
    return this.#users.get(name);
  }

  /** How many users have a credential of the mechanism with so many rounds. */
  roundsOf(mechanism: ScramMechanism): RoundsInUse {
    return this.#rounds.get(mechanism)!;
  }

  /**
   * Who a connection is that has shown itself to be this user. It is gone for good when the user is removed, even if
   * another one is made with the same name.
   */
  principalOf(name: string): Principal {
    let principal = this.#principals.get(name);
    if (principal === undefined) {
      principal = { name: principalOf(name), isGone: !this.#users.has(name) };
      if (!principal.isGone) this.#principals.set(name, principal);
    }
    return principal;
  }

  /** Calls `listener` when somebody is gone. */
  onRemoved(listener: () => void): void {
    this.#listeners.push(listener);
  }

  /**
   * Gives a user a credential; makes the user if there is none. Durable when it resolves.
   * @throws QError INVALID_REQUEST
   */
  setCredential(name: string, mechanism: ScramMechanism, credential: ScramCredential): Promise<void> {
    return this.#change(checkUserName(name), (user) => {
      if (user === undefined && this.#users.size >= securityLimits.usersMax)
        throw new QError('INVALID_REQUEST', `there are ${this.#users.size} users, which is as many as there may be`);
      return { name, credentials: new Map(user?.credentials).set(mechanism, credential) };
    });
  }

  /** Takes a credential away, and the user with the last one. False: there is none. Durable when it resolves. */
  async removeCredential(name: string, mechanism: ScramMechanism): Promise<boolean> {
    let isThere = false;
    await this.#change(name, (user) => {
      const credentials = new Map(user?.credentials);
      isThere = credentials.delete(mechanism);
      if (!isThere) return user ?? null;
      return credentials.size === 0 ? null : { name, credentials };
    });
    return isThere;
  }

  /** False: there is no such user. Durable when it resolves. */
  async remove(name: string): Promise<boolean> {
    const isThere = this.#users.has(name);
    if (isThere) await this.#change(name, () => null);
    return isThere;
  }

  close(): void {
    this.#stopWatching();
  }

  async #change(name: string, change: (user: User | undefined) => User | null): Promise<void> {
    if (this.#unreadable.has(name))
      throw new QError('INVALID_REQUEST', `user ${JSON.stringify(name)} was stored by a newer version of the broker`);
    const key = prefix + name;
    for (;;) {
      const entry = await this.#metadata.get(key);
      const before = entry === null ? undefined : (decodeUser(name, entry.value) ?? undefined);
      const after = change(before);
      if (after === (before ?? null)) return;
      const value = after === null ? null : encodeUser(after);
      // To let somebody in no more must go on a full disk, too: whoever knows the old password as well as a user.
      const isVital = before !== undefined || value === null;
      const wanted = { key, expectedVersion: entry?.version ?? 0, value, isVital };
      const { isSet } = await this.#metadata.compareAndSet(wanted);
      if (isSet) return;
    }
  }

  #changed(change: MetadataChange): void {
    const name = (change.kind === 'put' ? change.entry.key : change.key).slice(prefix.length);
    this.#count(this.#users.get(name), -1);
    this.#users.delete(name);
    this.#unreadable.delete(name);
    if (change.kind !== 'put') return this.#removed(name);
    const user = decodeUser(name, change.entry.value);
    if (user === null) {
      this.#unreadable.add(name);
      return;
    }
    this.#users.set(name, user);
    this.#count(user, 1);
  }

  #count(user: User | undefined, change: number): void {
    for (const [mechanism, { iterations }] of user?.credentials ?? []) {
      const rounds = this.#rounds.get(mechanism)!;
      const count = (rounds.get(iterations) ?? 0) + change;
      if (count === 0) rounds.delete(iterations);
      else rounds.set(iterations, count);
    }
  }

  #removed(name: string): void {
    const principal = this.#principals.get(name);
    if (principal === undefined) return;
    this.#principals.delete(name);
    principal.isGone = true;
    for (const listener of this.#listeners) listener();
  }
}
