/**
 * An access rule as it is stored. For ever.
 *
 *     key      acls/["topic","prefixed","orders-","User:alice","*","read","allow"]
 *                    |        |          |         |            |   |      permission
 *                    |        |          |         |            |   operation
 *                    |        |          |         |            host
 *                    |        |          |         principal
 *                    |        |          resource name
 *                    |        pattern type
 *                    resource type
 *     value    {"version":1}
 *
 * The key is the rule: no rule is stored twice. Later versions add to the list at its end, and to the value; what
 * stands in the first seven places is about no less than the rule itself.
 *
 * A rule of a later version, or one that cannot be read, must not open anything by being left out. If it allows, it is
 * left out: that opens nothing. Any other is taken for a refusal of everything that it may be about: what can be read
 * of it narrows that down.
 */
import { clusterName, operationsOf, resourceTypes } from './resource.ts';
import type { ResourceType } from './resource.ts';
import { checkRule, ruleKey, wildcard } from './rule.ts';
import type { AclRule } from './rule.ts';
import { parseStoredObject } from '../stored-object.ts';

/** How the keys of rules begin. Frozen. */
export const ruleKeyPrefix = 'acls/';
const version = 1;

/** A rule as an entry of the metadata topic (RFC 10). */
export interface StoredRule {
  readonly key: string;
  readonly value: string;
}

/** What a stored rule comes to. */
export interface ReadRule {
  /** What holds because of it; one rule, unless it could not be read. */
  readonly rules: readonly AclRule[];
  /** False: this version does not know all that it says. */
  readonly isUnderstood: boolean;
}

/** The entry that stands for the rule. */
export function encodeRule(rule: AclRule): StoredRule {
  return { key: ruleKeyPrefix + ruleKey(rule), value: JSON.stringify({ version }) };
}

/** Never throws: a broker that does not start protects nothing. */
export function decodeRule({ key, value }: StoredRule): ReadRule {
  const fields = listOf(key.slice(ruleKeyPrefix.length));
  const rule = fields.length === 7 ? ruleOf(fields) : null;
  if (rule !== null && parseStoredObject(value)?.['version'] === version) return { rules: [rule], isUnderstood: true };
  return { rules: fields[6] === 'allow' ? [] : refusals(fields), isUnderstood: false };
}

function ruleOf(fields: readonly unknown[]): AclRule | null {
  const [resourceType, patternType, resourceName, principal, host, operation, permission] = fields as string[];
  const rule = { resourceType, patternType, resourceName, principal, host, operation, permission } as AclRule;
  try {
    return checkRule(rule);
  } catch {
    // What is no rule is taken for a refusal.
    return null;
  }
}

/** For each kind of thing that it may be about. */
function refusals(fields: readonly unknown[]): AclRule[] {
  const [resourceType, patternType, resourceName, principal, host, operation] = fields;
  const types = resourceTypes.filter((type) => type === resourceType);
  return (types.length > 0 ? types : resourceTypes).map((type) => {
    const widest: AclRule = {
      resourceType: type,
      patternType: 'literal',
      resourceName: type === 'cluster' ? clusterName : wildcard.name,
      principal: wildcard.principal,
      host: wildcard.host,
      operation: 'all',
      permission: 'deny',
    };
    const narrower = [
      types.length > 0 && type !== 'cluster' ? { patternType, resourceName } : {},
      { principal },
      { host },
      operationOf(type, operation),
    ];
    return narrower.reduce<AclRule>((rule, part) => narrowed(rule, part), widest);
  });
}

function operationOf(type: ResourceType, operation: unknown): { operation?: unknown } {
  return operationsOf(type).some((each) => each === operation) ? { operation } : {};
}

/** With this part, if it says something that this version knows. */
function narrowed(rule: AclRule, part: object): AclRule {
  const narrower = { ...rule, ...part } as AclRule;
  try {
    return checkRule(narrower);
  } catch {
    // The part is not known, so the refusal stays as wide as it was.
    return rule;
  }
}

function listOf(text: string): readonly unknown[] {
  try {
    const value: unknown = JSON.parse(text);
    return Array.isArray(value) ? value : [];
  } catch {
    // What is no list says nothing.
    return [];
  }
}
