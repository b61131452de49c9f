/**
 * Which rules somebody asks for, to list or to remove them.
 */
import { wildcard } from './rule.ts';
import type { AclRule, PatternType } from './rule.ts';

/** What is left out fits every rule. */
export interface RuleFilter extends Partial<Omit<AclRule, 'patternType'>> {
  /**
   * `matching`: rules that concern a thing named `resourceName` - its own, those of a beginning of its name, those of
   * everything. Default: `any`.
   */
  readonly patternType?: PatternType | 'any' | 'matching';
}

/** Whether the rule is among those that are asked for. */
export function isAmong(rule: AclRule, filter: RuleFilter): boolean {
  const { principal, host, permission, operation, resourceType } = filter;
  return (
    fits(principal, rule.principal)
    && fits(host, rule.host)
    && fits(permission, rule.permission)
    && fits(operation, rule.operation)
    && fits(resourceType, rule.resourceType)
    && fitsResource(rule, filter)
  );
}

function fits<T>(wanted: T | undefined, is: T): boolean {
  return wanted === undefined || wanted === is;
}

function fitsResource(rule: AclRule, { resourceName, patternType = 'any' }: RuleFilter): boolean {
  if (patternType === 'matching') return resourceName === undefined || concerns(rule, resourceName);
  return (patternType === 'any' || rule.patternType === patternType) && fits(resourceName, rule.resourceName);
}

/** Whether the rule is about a thing of that name. */
export function concerns({ patternType, resourceName }: AclRule, name: string): boolean {
  if (patternType === 'prefixed') return name.startsWith(resourceName);
  return resourceName === wildcard.name || resourceName === name;
}
