/**
 * Decisions that were made, found without a look at the rules and without anything being made for it: produce and fetch
 * ask for each topic of each request.
 *
 * Invariant: at most `decisionsMax` are kept; when there is no room, all are forgotten.
 */
import { securityLimits } from '../limits.ts';
import type { Operation, Resource, ResourceType } from './resource.ts';
import type { Asker, Decision } from './decision.ts';
import { getOrMake } from './get-or-make.ts';

type ByOperation = Partial<Record<Operation, Decision>>;
type ByResource = Partial<Record<ResourceType, Map<string, ByOperation>>>;

export class DecisionMemory {
  /** By principal, then by address. */
  readonly #known = new Map<string, Map<string, ByResource>>();
  #size = 0;

  get size(): number {
    return this.#size;
  }

  find({ principal, address }: Asker, operation: Operation, { type, name }: Resource): Decision | undefined {
    return this.#known.get(principal.name)?.get(address)?.[type]?.get(name)?.[operation];
  }

  keep({ asker, operation, resource }: Question, decision: Decision): void {
    const { principal, address } = asker;
    const { decisionsMax, nameCharactersMax, principalCharactersMax } = securityLimits;
    // No rule names anything so long, so nobody uses it; but strangers may ask.
    if (resource.name.length > nameCharactersMax || principal.name.length > principalCharactersMax) return;
    if (this.#size >= decisionsMax) this.clear();
    const ofPrincipal = getOrMake(this.#known, principal.name, () => new Map<string, ByResource>());
    const ofAddress = getOrMake(ofPrincipal, address, (): ByResource => ({}));
    const ofType = (ofAddress[resource.type] ??= new Map());
    getOrMake(ofType, resource.name, (): ByOperation => ({}))[operation] = decision;
    this.#size += 1;
  }

  clear(): void {
    if (this.#size === 0) return;
    this.#known.clear();
    this.#size = 0;
  }
}

/** What somebody wants to know. */
export interface Question {
  readonly asker: Asker;
  readonly operation: Operation;
  readonly resource: Resource;
}
