/**
 * Decides who may do what (row A3). A refusal beats any permission, whatever the patterns of the two; what no rule is
 * about is refused; a super user may do everything.
 *
 * Invariant: `#decisions` and `#decisionsForAny` hold what the rules say now. Every change of the rules empties them.
 */
import { canonicalAddress } from './address.ts';
import type { Asker, Decision } from './decision.ts';
import { DecisionMemory } from './decision-memory.ts';
import { allowedThrough } from './resource.ts';
import type { Operation, Resource, ResourceType } from './resource.ts';
import { RuleIndex } from './rule-index.ts';
import { checkRule, wildcard } from './rule.ts';
import type { AclRule } from './rule.ts';
import { concerns, isAmong } from './rule-filter.ts';
import type { RuleFilter } from './rule-filter.ts';

const superUser: Decision = { isAllowed: true, by: 'super user', rule: null };
const byDefault: Decision = { isAllowed: false, by: 'default', rule: null };

/** Says who may do what, by the rules that there are. */
export class Authorizer {
  readonly #index = new RuleIndex();
  readonly #superUsers: ReadonlySet<string>;
  readonly #decisions = new DecisionMemory();
  readonly #decisionsForAny = new DecisionMemory();
  #revision = 0;

  /** `superUsers` are principals: `User:admin`. */
  constructor({ superUsers = [] }: { readonly superUsers?: readonly string[] } = {}) {
    this.#superUsers = new Set(superUsers);
  }

  /** Rises with each change of the rules. */
  get revision(): number {
    return this.#revision;
  }

  get rulesCount(): number {
    return this.#index.size;
  }

  /** Those that the filter is about, in the order in which they were added. */
  rules(filter: RuleFilter = {}): AclRule[] {
    return [...this.#index.all].filter((rule) => isAmong(rule, filter));
  }

  /**
   * False for a rule that is there already. How many there may be is left to whoever keeps them: to leave one out that
   * is kept could open something. @throws QError INVALID_REQUEST
   */
  add(given: AclRule): boolean {
    const rule = checkRule(given);
    this.#changed();
    return this.#index.add(rule);
  }

  /** False for a rule that is not there. */
  remove(rule: AclRule): boolean {
    this.#changed();
    return this.#index.remove(checkRule(rule));
  }

  #changed(): void {
    this.#decisions.clear();
    this.#decisionsForAny.clear();
    this.#revision += 1;
  }

  /** Whether somebody may do something with one thing. */
  decide(asker: Asker, operation: Operation, resource: Resource): Decision {
    if (this.#superUsers.has(asker.principal.name)) return superUser;
    const known = this.#decisions.find(asker, operation, resource);
    if (known !== undefined) return known;
    const decision = this.#decide(asker, operation, resource);
    this.#decisions.keep({ asker, operation, resource }, decision);
    return decision;
  }

  #decide({ principal: { name: principal }, address }: Asker, operation: Operation, resource: Resource): Decision {
    const host = canonicalAddress(address) ?? address;
    const through = allowedThrough(operation);
    let allowing: AclRule | null = null;
    for (const rule of this.#index.about(resource, principal)) {
      if (!isFrom(rule, host)) continue;
      const isAboutIt = rule.operation === 'all' || rule.operation === operation;
      if (rule.permission === 'deny' && isAboutIt) return { isAllowed: false, by: 'rule', rule };
      if (rule.permission === 'allow' && (isAboutIt || through.includes(rule.operation))) allowing ??= rule;
    }
    return allowing === null ? byDefault : { isAllowed: true, by: 'rule', rule: allowing };
  }

  /** Whether somebody may do something with at least one thing of a kind, be it there or not. */
  decideForAny(asker: Asker, operation: Operation, type: ResourceType): Decision {
    if (this.#superUsers.has(asker.principal.name)) return superUser;
    const resource = { type, name: wildcard.name };
    const known = this.#decisionsForAny.find(asker, operation, resource);
    if (known !== undefined) return known;
    const decision = this.#decideForAny(asker, operation, type);
    this.#decisionsForAny.keep({ asker, operation, resource }, decision);
    return decision;
  }

  #decideForAny(
    { principal: { name: principal }, address }: Asker,
    operation: Operation,
    type: ResourceType,
  ): Decision {
    const host = canonicalAddress(address) ?? address;
    const through = allowedThrough(operation);
    const denying: AclRule[] = [];
    const allowing: AclRule[] = [];
    for (const rule of this.#index.ofKind(type, principal)) {
      if (!isFrom(rule, host)) continue;
      const isAboutIt = rule.operation === 'all' || rule.operation === operation;
      if (rule.permission === 'deny' && isAboutIt) denying.push(rule);
      if (rule.permission === 'allow' && (isAboutIt || through.includes(rule.operation))) allowing.push(rule);
    }
    const rule = allowing.find((allowed) => !denying.some((denied) => covers(denied, allowed))) ?? null;
    return rule === null ? byDefault : { isAllowed: true, by: 'rule', rule };
  }
}

function isFrom(rule: AclRule, host: string): boolean {
  return rule.host === wildcard.host || rule.host === host;
}

/** Whether everything that the one rule is about, the other one is about too. */
function covers(wide: AclRule, narrow: AclRule): boolean {
  const isWildcard = (rule: AclRule): boolean => rule.patternType === 'literal' && rule.resourceName === wildcard.name;
  if (isWildcard(wide)) return true;
  if (isWildcard(narrow)) return false;
  // A prefix is never covered by one name.
  return (narrow.patternType === 'literal' || wide.patternType === 'prefixed') && concerns(wide, narrow.resourceName);
}
