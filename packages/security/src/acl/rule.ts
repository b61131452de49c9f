/**
 * One access rule: who may, or may not, do what with which things, and from where.
 */
import { QError } from '@q/protocol';
import { securityLimits } from '../limits.ts';
import { canonicalAddress } from './address.ts';
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

const { nameCharactersMax, principalCharactersMax } = securityLimits;

/** What tells rules apart. It is stored: for ever. */
export function ruleKey(rule: AclRule): string {
  const { principal, host, permission, operation, resourceType, patternType, resourceName } = rule;
  return JSON.stringify([resourceType, patternType, resourceName, principal, host, operation, permission]);
}

/**
 * The rule, with its host in the one way to write it, if it can be one.
 * @throws QError INVALID_REQUEST: the field, its value and what may stand there
 */
export function checkRule(rule: AclRule): AclRule {
  checkResource(rule);
  const { principal, host, permission, operation, resourceType } = rule;
  if (typeof principal !== 'string' || !/^User:./s.test(principal) || !isName(principal, principalCharactersMax))
    throw refused('principal', principal, `User:NAME with at most ${principalCharactersMax} characters`);
  const address = typeof host !== 'string' || host === wildcard.host ? host : canonicalAddress(host);
  if (typeof address !== 'string') throw refused('host', host, 'an IP address, or * for every one');
  if (permission !== 'allow' && permission !== 'deny') throw refused('permission', permission, 'allow or deny');
  const allowed = operationsOf(resourceType);
  if (operation !== 'all' && !allowed.includes(operation))
    throw refused('operation', operation, `of a ${resourceType}: ${['all', ...allowed].join(', ')}`);
  return address === host ? rule : { ...rule, host: address };
}

function checkResource({ resourceType, patternType, resourceName }: AclRule): void {
  if (!resourceTypes.includes(resourceType))
    throw refused('resourceType', resourceType, `one of ${resourceTypes.join(', ')}`);
  if (patternType !== 'literal' && patternType !== 'prefixed')
    throw refused('patternType', patternType, 'literal or prefixed');
  if (typeof resourceName !== 'string' || resourceName.length === 0 || !isName(resourceName, nameCharactersMax))
    throw refused('resourceName', resourceName, `1 to ${nameCharactersMax} characters`);
  if (resourceType === 'cluster' && (resourceName !== clusterName || patternType !== 'literal'))
    throw refused('resourceName', resourceName, `of the cluster: ${clusterName}, literal`);
}

function isName(text: string, charactersMax: number): boolean {
  return text.length <= charactersMax && !/\p{Cc}/u.test(text);
}

function refused(field: string, value: unknown, allowed: string): QError {
  const shown = JSON.stringify(String(value).slice(0, 100));
  return new QError('INVALID_REQUEST', `${field} of an access rule is ${shown}; allowed is ${allowed}`, {
    details: { field, value: shown, allowed },
  });
}
