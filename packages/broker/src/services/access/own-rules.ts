import { cluster } from '@q/security';
import type { AclRule, Decision, Operation, Resource, RuleFilter } from '@q/security';
import type { Asking } from '../../caller.ts';
import type { AuditNotes } from '../audit/audit.ts';
import type { Wish } from './access.ts';
import { clusterRight, isForBrokerAlone } from './deciding-right.ts';
import type { RuleStore } from './rule-store.ts';

/** Somebody of whom somebody wants to know what decides. */
export interface AccessQuestion {
  /** `User:NAME`. */
  readonly principal: string;
  /** An IP address. */
  readonly address: string;
  readonly operation: Operation;
  readonly resource: Resource;
}

/** What the doors would say. */
export interface AccessAnswer extends Pick<Decision, 'isAllowed' | 'rule'> {
  /** `internal topic`: the broker alone changes it, whatever somebody may. */
  readonly by: Decision['by'] | 'internal topic';
  /** What decides: what was asked for, or a right to the cluster in its place. */
  readonly right: Wish;
}

/** The access rules of a broker, for whoever runs it in the same process: nobody is asked whether they may. */
export class OwnRules {
  readonly #store: RuleStore;
  readonly #audit: AuditNotes;

  constructor({ store, audit }: { readonly store: RuleStore; readonly audit: AuditNotes }) {
    this.#store = store;
    this.#audit = audit;
  }

  /** Those that the filter is about. */
  list(filter: RuleFilter = {}): AclRule[] {
    return this.#store.list(filter);
  }

  /** False: there is such a rule already. Durable, and in force, when it resolves. @throws QError INVALID_REQUEST */
  async add(rule: AclRule, by: Asking | null = null): Promise<boolean> {
    const isNew = await this.#store.add(rule);
    if (isNew)
      this.#audit.note({ event: 'audit.rule_added', by, resource: named(rule), after: { rule: textOf(rule) } });
    return isNew;
  }

  /** Those that were removed. Durable, and in force, when it resolves. */
  async remove(filter: RuleFilter, by: Asking | null = null): Promise<AclRule[]> {
    const gone = await this.#store.remove(filter);
    for (const rule of gone)
      this.#audit.note({ event: 'audit.rule_removed', by, resource: named(rule), before: { rule: textOf(rule) } });
    return gone;
  }

  /** What the doors would say, and by which rule. */
  test({ principal, address, operation, resource }: AccessQuestion): AccessAnswer {
    const { authorizer } = this.#store;
    const asker = { principal: { name: principal }, address };
    const ofCluster = clusterRight(authorizer, asker, operation, resource);
    const right = ofCluster === null ? { operation, resource } : { operation: ofCluster, resource: cluster };
    const { isAllowed, by, rule } = authorizer.decide(asker, right.operation, right.resource);
    if (isAllowed && isForBrokerAlone(operation, resource))
      return { isAllowed: false, by: 'internal topic', rule: null, right };
    return { isAllowed, by, rule, right };
  }
}

function named({ resourceType, resourceName }: AclRule): { type: 'rule'; name: string } {
  return { type: 'rule', name: `${resourceType} ${resourceName}` };
}

/** As in `allow User:alice from *: read on topic orders-…`. */
function textOf(rule: AclRule): string {
  const { permission, principal, host, operation, resourceType, patternType, resourceName } = rule;
  const pattern = patternType === 'prefixed' ? `${resourceName}…` : resourceName;
  return `${permission} ${principal} from ${host}: ${operation} on ${resourceType} ${pattern}`;
}
