/**
 * All rules, found by what they are about.
 *
 * Invariants
 * - A rule stands in `#rules` under its key, and in the one list of its kind, pattern, name and principal.
 * - `lengths` of a kind has the length of each prefix that a rule of it names, once, the longest first.
 * - No list is empty, and no map within another one.
 */
import { ruleKey, wildcard } from './rule.ts';
import type { AclRule } from './rule.ts';
import type { Resource, ResourceType } from './resource.ts';
import { getOrMake } from './get-or-make.ts';

type ByPrincipal = Map<string, AclRule[]>;

/** Rules about things of one kind. */
interface OfKind {
  readonly literal: Map<string, ByPrincipal>;
  readonly prefixed: Map<string, ByPrincipal>;
  lengths: readonly number[];
}

/** Of a prefix, when it comes or goes: a look at all of them for each rule would make a start slow. */
function prefixesChanged(kind: OfKind): void {
  kind.lengths = [...new Set([...kind.prefixed.keys()].map(({ length }) => length))].toSorted((a, b) => b - a);
}

export class RuleIndex {
  readonly #rules = new Map<string, AclRule>();
  readonly #kinds = new Map<ResourceType, OfKind>();

  get size(): number {
    return this.#rules.size;
  }

  get all(): IterableIterator<AclRule> {
    return this.#rules.values();
  }

  has(rule: AclRule): boolean {
    return this.#rules.has(ruleKey(rule));
  }

  /** False for one that is there already. */
  add(rule: AclRule): boolean {
    const key = ruleKey(rule);
    if (this.#rules.has(key)) return false;
    this.#rules.set(key, rule);
    const { resourceType, resourceName, principal } = rule;
    const kind = getOrMake(this.#kinds, resourceType, () => ({ literal: new Map(), prefixed: new Map(), lengths: [] }));
    const names = kind[rule.patternType];
    const isNewName = !names.has(resourceName);
    const ofName = getOrMake(names, resourceName, () => new Map<string, AclRule[]>());
    getOrMake(ofName, principal, () => []).push(rule);
    if (isNewName && rule.patternType === 'prefixed' && !kind.lengths.includes(resourceName.length))
      prefixesChanged(kind);
    return true;
  }

  /** False for one that is not there. */
  remove(rule: AclRule): boolean {
    if (!this.#rules.delete(ruleKey(rule))) return false;
    const { resourceType, patternType, resourceName, principal } = rule;
    const kind = this.#kinds.get(resourceType)!;
    const ofName = kind[patternType].get(resourceName)!;
    const left = ofName.get(principal)!.filter((other) => ruleKey(other) !== ruleKey(rule));
    if (left.length > 0) ofName.set(principal, left);
    else ofName.delete(principal);
    if (ofName.size > 0) return true;
    kind[patternType].delete(resourceName);
    if (patternType === 'prefixed') prefixesChanged(kind);
    return true;
  }

  /** Rules about the thing that are the principal's, or everybody's: its own first, then the longest prefix. */
  *about({ type, name }: Resource, principal: string): IterableIterator<AclRule> {
    const kind = this.#kinds.get(type);
    if (kind === undefined) return;
    yield* rulesFor(kind.literal.get(name), principal);
    for (const length of kind.lengths) {
      if (length <= name.length) yield* rulesFor(kind.prefixed.get(name.slice(0, length)), principal);
    }
    if (name !== wildcard.name) yield* rulesFor(kind.literal.get(wildcard.name), principal);
  }

  /** Rules about any thing of a kind that are the principal's, or everybody's. */
  *ofKind(type: ResourceType, principal: string): IterableIterator<AclRule> {
    const kind = this.#kinds.get(type);
    if (kind === undefined) return;
    for (const names of [kind.literal, kind.prefixed]) {
      for (const ofName of names.values()) yield* rulesFor(ofName, principal);
    }
  }
}

function* rulesFor(ofName: ByPrincipal | undefined, principal: string): IterableIterator<AclRule> {
  if (ofName === undefined) return;
  yield* ofName.get(principal) ?? [];
  yield* ofName.get(wildcard.principal) ?? [];
}
