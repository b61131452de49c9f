/**
 * The access rules themselves, for those who may see and change them (row A3): `describe` and `alter` of the cluster.
 */
import { QError } from '@q/protocol';
import type { AclRule, RuleFilter } from '@q/security';
import type { Asking } from '../../caller.ts';
import { demandOfCluster } from './access.ts';
import type { Access } from './access.ts';
import type { AccessAnswer, AccessQuestion, OwnRules } from './own-rules.ts';

/** What decides, and the rules that it decides by. */
export interface AccessRules {
  /** False: the broker asks nobody who they are, so there are no rules. */
  readonly isOn: boolean;
  /** Those that the filter is about. @throws QError NOT_AUTHORIZED; INVALID_REQUEST where it is not on */
  rules(filter: RuleFilter, caller: Asking): AclRule[];
  /**
   * False: there is such a rule already. Durable, and in force, when it resolves.
   * @throws QError NOT_AUTHORIZED; INVALID_REQUEST
   */
  add(rule: AclRule, caller: Asking): Promise<boolean>;
  /** Those that were removed. Durable, and in force, when it resolves. @throws QError as `rules` */
  remove(filter: RuleFilter, caller: Asking): Promise<AclRule[]>;
  /** What the doors would say, and by which rule. @throws QError as `rules` */
  test(question: AccessQuestion, caller: Asking): AccessAnswer;
}

/** For whoever serves somebody. */
export type ServicesAccess = Access & AccessRules;

/** Where nobody is asked who they are. */
export function withoutRules(access: Access): ServicesAccess {
  const off = (): never => {
    throw new QError('INVALID_REQUEST', 'this broker asks nobody who they are, so it has no access rules');
  };
  return { ...access, isOn: false, rules: off, add: off, remove: off, test: off };
}

export function withRules(access: Access, own: OwnRules): ServicesAccess {
  return {
    get revision() {
      return access.revision;
    },
    refusal: (caller, operation, resource) => access.refusal(caller, operation, resource),
    refusalOfAny: (caller, operation, type) => access.refusalOfAny(caller, operation, type),
    sees: (caller, operation, resource) => access.sees(caller, operation, resource),
    onChange: (listener) => access.onChange(listener),
    isOn: true,
    rules: (filter, caller) => {
      demandOfCluster(access, caller, 'describe');
      return own.list(filter);
    },
    add: async (rule, caller) => {
      demandOfCluster(access, caller, 'alter');
      return own.add(rule, caller);
    },
    remove: async (filter, caller) => {
      demandOfCluster(access, caller, 'alter');
      return own.remove(filter, caller);
    },
    test: (question, caller) => {
      demandOfCluster(access, caller, 'describe');
      return own.test(question);
    },
  };
}
