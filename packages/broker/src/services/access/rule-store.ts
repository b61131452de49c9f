/**
 * The access rules of a broker, in the metadata store (docs/rfcs/0010-access-rules.md), and what decides by them.
 *
 * Invariants
 *  1. The authorizer has every rule that holds because of some entry, once, and no other.
 *  2. A change holds from the moment at which it is durable on: nobody is told of it earlier, and no request that comes
 *     after is decided by what was.
 */
import { QError } from '@q/protocol';
import {
  Authorizer,
  checkRule,
  decodeRule,
  encodeRule,
  isAmong,
  ruleKey,
  ruleKeyPrefix,
  securityLimits,
} from '@q/security';
import type { AclRule, ReadRule, RuleFilter } from '@q/security';
import type { BrokerLogger } from '../../logger.ts';
import type { MetadataChange, MetadataStore } from '../../metadata/metadata-store.ts';

export interface RuleStoreOptions {
  readonly metadata: MetadataStore;
  readonly logger: BrokerLogger;
  /** Principals that may do everything. */
  readonly superUsers: readonly string[];
}

export class RuleStore {
  readonly authorizer: Authorizer;
  readonly #options: RuleStoreOptions;
  /** By the keys of the entries. */
  readonly #entries = new Map<string, ReadRule>();
  /** Because of how many entries a rule holds, where that is more than one. */
  readonly #reasons = new Map<string, number>();
  readonly #listeners: (() => void)[] = [];
  /** Rules on their way to the disk. */
  #adding = 0;
  readonly #stopWatching: () => void;

  private constructor(options: RuleStoreOptions, revision: number) {
    this.#options = options;
    this.authorizer = new Authorizer({ superUsers: options.superUsers });
    this.#stopWatching = options.metadata.watch({
      prefix: ruleKeyPrefix,
      afterRevision: revision,
      listener: (change) => {
        this.#take(change);
        for (const listener of this.#listeners) listener();
      },
    });
  }

  static async open(options: RuleStoreOptions): Promise<RuleStore> {
    const { entries, revision } = await options.metadata.list(ruleKeyPrefix);
    const store = new RuleStore(options, revision);
    for (const entry of entries) store.#take({ kind: 'put', entry });
    return store;
  }

  /** Calls `listener` after each change. */
  onChange(listener: () => void): void {
    this.#listeners.push(listener);
  }

  /** What holds, in no order. What could not be understood stands there as what it was taken for. */
  list(filter: RuleFilter): AclRule[] {
    return this.authorizer.rules(filter);
  }

  /** False: it was there already. Durable, and in force, when it resolves. @throws QError INVALID_REQUEST */
  async add(given: AclRule): Promise<boolean> {
    const rule = checkRule(given);
    const { key, value } = encodeRule(rule);
    if (this.#entries.size + this.#adding >= securityLimits.rulesMax && !this.#entries.has(key)) throw tooMany();
    this.#adding += 1;
    // To refuse somebody something must go on a full disk, too.
    const isVital = rule.permission === 'deny';
    const adding = this.#options.metadata.compareAndSet({ key, expectedVersion: 0, value, isVital });
    const { isSet, entry } = await adding.finally(() => (this.#adding -= 1));
    if (isSet || entry === null) return true;
    // Of a later version: it says more than this one, which would be lost.
    if (!decodeRule(entry).isUnderstood)
      throw new QError('INVALID_REQUEST', 'a later version of the broker has stored this rule; remove it first');
    return false;
  }

  /** Those that are gone. Durable, and in force, when it resolves. */
  async remove(filter: RuleFilter): Promise<AclRule[]> {
    const keys = [...this.#entries].filter(([, { rules }]) => rules.some((rule) => isAmong(rule, filter)));
    const gone = await Promise.all(keys.map(async ([key, { rules }]) => ((await this.#remove(key)) ? rules : [])));
    return gone.flat();
  }

  async #remove(key: string): Promise<boolean> {
    const { metadata } = this.#options;
    for (;;) {
      const entry = await metadata.get(key);
      if (entry === null) return false;
      // To take a right away must go on a full disk, too.
      const wanted = { key, expectedVersion: entry.version, value: null, isVital: true };
      if ((await metadata.compareAndSet(wanted)).isSet) return true;
    }
  }

  close(): void {
    this.#stopWatching();
  }

  #take(change: MetadataChange): void {
    const key = change.kind === 'put' ? change.entry.key : change.key;
    const before = this.#entries.get(key)?.rules ?? [];
    const read = change.kind === 'put' ? decodeRule(change.entry) : null;
    // What comes first, so that nothing is open in between.
    for (const rule of read?.rules ?? []) this.#hold(rule);
    for (const rule of before) this.#letGo(rule);
    if (read === null) this.#entries.delete(key);
    else this.#entries.set(key, read);
    if (read?.isUnderstood === false)
      this.#options.logger.error(
        { event: 'access.rule_not_understood', rule: key.slice(0, 500), refusals: read.rules.length },
        'an access rule is of a later version; until it is removed, all that it may refuse is refused',
      );
  }

  #hold(rule: AclRule): void {
    if (this.authorizer.add(rule)) return;
    const key = ruleKey(rule);
    this.#reasons.set(key, (this.#reasons.get(key) ?? 1) + 1);
  }

  #letGo(rule: AclRule): void {
    const key = ruleKey(rule);
    const reasons = this.#reasons.get(key) ?? 1;
    if (reasons === 1) this.authorizer.remove(rule);
    else if (reasons === 2) this.#reasons.delete(key);
    else this.#reasons.set(key, reasons - 1);
  }
}

function tooMany(): QError {
  const { rulesMax } = securityLimits;
  const message = `there are ${rulesMax} access rules, which is as many as there may be`;
  return new QError('INVALID_REQUEST', message, { details: { limit: 'rulesMax', value: rulesMax } });
}
