/**
 * Access by rules, for a broker that asks who its clients are (rows A3; SEC-7, SEC-11). Default: refused.
 *
 * Invariant: whose user was removed may nothing any more, whatever the rules say, and super users included.
 */
import { QError } from '@q/protocol';
import { cluster } from '@q/security';
import type { Authorizer, Decision, Operation, Resource, ResourceType } from '@q/security';
import type { Asking } from '../../caller.ts';
import type { Clock } from '../../clock.ts';
import { countDenial } from '../../metrics/counters.ts';
import type { BrokerCounters } from '../../metrics/counters.ts';
import type { AuditNotes } from '../audit/audit.ts';
import type { Access } from './access.ts';
import { clusterRight } from './deciding-right.ts';

export interface RuleAccessOptions {
  readonly counters: BrokerCounters;
  readonly audit: AuditNotes;
  readonly clock: Pick<Clock, 'defer'>;
}

export class RuleAccess implements Access {
  readonly #options: RuleAccessOptions;
  readonly #listeners = new Set<() => void>();
  readonly #authorizer: Authorizer;
  #changes = 0;
  #isToTell = false;

  constructor(authorizer: Authorizer, options: RuleAccessOptions) {
    this.#authorizer = authorizer;
    this.#options = options;
  }

  get revision(): number {
    return this.#changes;
  }

  /** Somebody may something else than before: rules were changed, or a user removed. */
  changed(): void {
    this.#changes += 1;
    if (this.#isToTell || this.#listeners.size === 0) return;
    this.#isToTell = true;
    // Once for all that change in one turn: a thousand rules that are added do not wake everybody a thousand times.
    this.#options.clock.defer(() => {
      this.#isToTell = false;
      for (const listener of this.#listeners) listener();
    });
  }

  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  sees(caller: Asking, operation: Operation, resource: Resource): boolean {
    return caller.principal.isGone !== true && this.#decide(caller, operation, resource).isAllowed;
  }

  refusal(caller: Asking, operation: Operation, resource: Resource): QError | null {
    if (caller.principal.isGone === true) return this.#refused(caller, { operation, resource, decision: null });
    const ofCluster = clusterRight(this.#authorizer, caller, operation, resource);
    if (ofCluster !== null) return this.#refusalOf(caller, ofCluster, cluster);
    return this.#refusalOf(caller, operation, resource);
  }

  refusalOfAny(caller: Asking, operation: Operation, type: ResourceType): QError | null {
    const resource = { type, name: '*' };
    if (caller.principal.isGone === true) return this.#refused(caller, { operation, resource, decision: null });
    const decision = this.#authorizer.decideForAny(caller, operation, type);
    return decision.isAllowed ? null : this.#refused(caller, { operation, resource, decision });
  }

  #decide(caller: Asking, operation: Operation, resource: Resource): Decision {
    const ofCluster = clusterRight(this.#authorizer, caller, operation, resource);
    if (ofCluster !== null) return this.#authorizer.decide(caller, ofCluster, cluster);
    return this.#authorizer.decide(caller, operation, resource);
  }

  #refusalOf(caller: Asking, operation: Operation, resource: Resource): QError | null {
    const decision = this.#authorizer.decide(caller, operation, resource);
    return decision.isAllowed ? null : this.#refused(caller, { operation, resource, decision });
  }

  #refused(caller: Asking, denial: Denial): QError {
    const { counters, audit } = this.#options;
    const { operation, resource } = denial;
    const { type: resourceType } = resource;
    const resourceName = resource.name.slice(0, nameCharactersMax);
    const why = reasonOf(denial.decision);
    countDenial(counters, operation, resourceType);
    audit.note({
      event: 'audit.denied',
      by: caller,
      operation,
      resource: { type: resourceType, name: resourceName },
      reason: why,
    });
    const principal = caller.principal.name;
    const message = `${principal} needs ${operation} on ${shown(resource)}: ${why}${whatBrings(denial)}`;
    return new QError('NOT_AUTHORIZED', message, { details: { principal, operation, resourceType, resourceName } });
  }
}

/** `decision` is null for whoever was removed. */
interface Denial {
  readonly operation: Operation;
  readonly resource: Resource;
  readonly decision: Decision | null;
}

/** Whoever wants to write is refused the look before it: the right that is missing is the other one. */
function whatBrings({ operation, resource: { type }, decision }: Denial): string {
  if (operation !== 'describe' || decision?.by !== 'default') return '';
  if (type === 'topic') return ' (one that allows read, write, delete or alter does as well)';
  return type === 'group' ? ' (one that allows read or delete does as well)' : '';
}

function reasonOf(decision: Decision | null): string {
  if (decision === null) return 'the user was removed';
  return decision.by === 'rule' ? 'an access rule denies it' : 'no access rule allows it';
}

const nameCharactersMax = 249;

/** The thing in words. Names come from the wire. */
function shown({ type, name }: Resource): string {
  if (type === cluster.type) return 'the cluster';
  const kind = type === 'transactionalId' ? 'transactional id' : type;
  if (name === '*') return `any ${kind}`;
  const cut = name.slice(0, nameCharactersMax);
  return `${kind} ${/^[\w.-]+$/.test(cut) ? cut : JSON.stringify(cut)}`;
}
