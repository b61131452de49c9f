/**
 * Decides who may do what (row A3). A refusal beats any permission, whatever the patterns of the two; what no rule is
 * about is refused; a super user may do everything.
 *
 * Invariant: `#decisions` holds what the rules say now. Every change of the rules empties it.
 */
import { QError } from '@q/protocol';
import { securityLimits } from '../limits.ts';
import { allowedThrough } from './resource.ts';
import type { Operation, Resource, ResourceType } from './resource.ts';
import { RuleIndex } from './rule-index.ts';
import { checkRule, wildcard } from './rule.ts';
import type { AclRule } from './rule.ts';
import { concerns, isAmong } from './rule-filter.ts';
import type { RuleFilter } from './rule-filter.ts';

/** Who asks. `principal` is `User:NAME`, `host` an IP address. */
export interface Asker {
  readonly principal: string;
  readonly host: string;
}

/** What was decided, and by what. `rule` is null where none was about it, and for super users. */
export interface Decision {
  readonly isAllowed: boolean;
  readonly by: 'super user' | 'rule' | 'default';
  readonly rule: AclRule | null;
}

const superUser: Decision = { isAllowed: true, by: 'super user', rule: null };
const byDefault: Decision = { isAllowed: false, by: 'default', rule: null };

/** Says who may do what, by the rules that there are. */
export class Authorizer {
  readonly #index = new RuleIndex();
  readonly #superUsers: ReadonlySet<string>;
  readonly #decisions = new Map<string, Decision>();

  /** `superUsers` are principals: `User:admin`. */
  constructor({ superUsers = [] }: { readonly superUsers?: readonly string[] } = {}) {
    this.#superUsers = new Set(superUsers);
  }

  get rulesCount(): number {
    return this.#index.size;
  }

  /** Those that the filter is about, in the order in which they were added. */
  rules(filter: RuleFilter = {}): AclRule[] {
    return [...this.#index.all].filter((rule) => isAmong(rule, filter));
  }

  /** False for a rule that is there already. @throws QError INVALID_REQUEST */
  add(rule: AclRule): boolean {
    checkRule(rule);
    if (this.#index.size >= securityLimits.rulesMax && !this.#index.has(rule)) {
      const message = `there are ${securityLimits.rulesMax} access rules, which is as many as there may be`;
      throw new QError('INVALID_REQUEST', message, { details: { limit: 'rulesMax', value: securityLimits.rulesMax } });
    }
    this.#decisions.clear();
    return this.#index.add(rule);
  }

  /** False for a rule that is not there. */
  remove(rule: AclRule): boolean {
    this.#decisions.clear();
    return this.#index.remove(rule);
  }

  /** Whether somebody may do something with one thing. */
  decide(asker: Asker, operation: Operation, resource: Resource): Decision {
    if (this.#superUsers.has(asker.principal)) return superUser;
    const key = `${operation} ${resource.type} ${asker.host} ${asker.principal}\0${resource.name}`;
    const known = this.#decisions.get(key);
    if (known !== undefined) return known;
    const decision = this.#decide(asker, operation, resource);
    if (this.#decisions.size >= securityLimits.decisionsMax) this.#decisions.clear();
    this.#decisions.set(key, decision);
    return decision;
  }

  #decide({ principal, host }: Asker, operation: Operation, resource: Resource): Decision {
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
  decideForAny({ principal, host }: Asker, operation: Operation, type: ResourceType): Decision {
    if (this.#superUsers.has(principal)) return superUser;
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
