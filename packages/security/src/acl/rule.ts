/**
 * One access rule: who may, or may not, do what with which things, and from where.
 */
import { QError } from '@q/protocol';
import { securityLimits } from '../limits.ts';
import { clusterName, operationsOf, resourceTypes } from './resource.ts';
import type { Operation, ResourceType } from './resource.ts';

/** `literal`: the thing of that name, or each for the name `*`; `prefixed`: each whose name begins so. */
export type PatternType = 'literal' | 'prefixed';

/** A rule. Two with the same fields are one. */
export interface AclRule {
  /** `User:alice`, or `User:*` for everybody. */
  readonly principal: string;
  /** An IP address, or `*` for every one. */
  readonly host: string;
  readonly permission: 'allow' | 'deny';
  readonly operation: Operation | 'all';
  readonly resourceType: ResourceType;
  readonly patternType: PatternType;
  readonly resourceName: string;
}

/** The name that stands for everything, and the principal and the host that stand for everybody. */
export const wildcard = { name: '*', principal: 'User:*', host: '*' } as const;

/** What tells rules apart. */
export function ruleKey(rule: AclRule): string {
  const { principal, host, permission, operation, resourceType, patternType, resourceName } = rule;
  return JSON.stringify([resourceType, patternType, resourceName, principal, host, operation, permission]);
}

/** The rule itself, if it can be one. @throws QError INVALID_REQUEST: the field, its value and what may stand there */
export function checkRule(rule: AclRule): AclRule {
  checkResource(rule);
  const { principal, host, permission, operation, resourceType } = rule;
  if (!/^User:./s.test(principal) || !isName(principal))
    throw refused('principal', principal, `User:NAME with at most ${securityLimits.nameCharactersMax} characters`);
  if (host !== wildcard.host && !isAddress(host)) throw refused('host', host, 'an IP address, or * for every one');
  if (permission !== 'allow' && permission !== 'deny') throw refused('permission', permission, 'allow or deny');
  const allowed = operationsOf(resourceType);
  if (operation !== 'all' && !allowed.includes(operation))
    throw refused('operation', operation, `of a ${resourceType}: ${['all', ...allowed].join(', ')}`);
  return rule;
}

function checkResource({ resourceType, patternType, resourceName }: AclRule): void {
  if (!resourceTypes.includes(resourceType))
    throw refused('resourceType', resourceType, `one of ${resourceTypes.join(', ')}`);
  if (patternType !== 'literal' && patternType !== 'prefixed')
    throw refused('patternType', patternType, 'literal or prefixed');
  if (resourceName.length === 0 || !isName(resourceName))
    throw refused('resourceName', resourceName, `1 to ${securityLimits.nameCharactersMax} characters`);
  if (resourceType === 'cluster' && (resourceName !== clusterName || patternType !== 'literal'))
    throw refused('resourceName', resourceName, `of the cluster: ${clusterName}, literal`);
}

/** Whether a text has the form of an IPv4 or IPv6 address. One of that form that nobody can have fits nobody. */
function isAddress(text: string): boolean {
  if (/^\d{1,3}(\.\d{1,3}){3}$/.test(text)) return true;
  return text.length <= 45 && /^[\da-f:]*:[\da-f:]*(\d{1,3}(\.\d{1,3}){3})?$/i.test(text);
}

function isName(text: string): boolean {
  return text.length <= securityLimits.nameCharactersMax && !/\p{Cc}/u.test(text);
}

function refused(field: string, value: string, allowed: string): QError {
  const shown = JSON.stringify(value.slice(0, 100));
  return new QError('INVALID_REQUEST', `${field} of an access rule is ${shown}; allowed is ${allowed}`, {
    details: { field, value: shown, allowed },
  });
}
