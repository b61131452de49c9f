/**
 * Access rules as the Kafka protocol has them: numbers of resources, patterns, operations and permissions
 * (org.apache.kafka.common.acl and .resource), and which of them we know by what name.
 */
import { QError } from '@q/protocol';
import { canonicalAddress, checkRule } from '@q/security';
import type { AclRule, PatternType, ResourceType, RuleFilter } from '@q/security';
import { KafkaError } from '../errors/kafka-errors.ts';

/** Stands for each of a kind, in filters. 0 is a kind that the sender does not know. */
const any = 1;

const resourceTypes: ReadonlyMap<number, ResourceType> = new Map([
  [2, 'topic'],
  [3, 'group'],
  [4, 'cluster'],
  [5, 'transactionalId'],
]);
/** Of Kafka's 6 is a delegation token and 7 a user: there are no rules about them here. */
const resourceTypeMax = 7;

const patternTypes: ReadonlyMap<number, PatternType> = new Map([
  [3, 'literal'],
  [4, 'prefixed'],
]);
/** In filters: rules that concern a thing of that name. */
const matching = 2;
const patternTypeMax = 4;

const operations: ReadonlyMap<number, AclRule['operation']> = new Map([
  [2, 'all'],
  [3, 'read'],
  [4, 'write'],
  [5, 'create'],
  [6, 'delete'],
  [7, 'alter'],
  [8, 'describe'],
  [9, 'clusterAction'],
  [10, 'describeConfigs'],
  [11, 'alterConfigs'],
  [12, 'idempotentWrite'],
]);
/** Of Kafka's 13 and 14 are about tokens, and 15 about transactions in two phases: nobody does those here. */
const operationMax = 15;

const permissions: ReadonlyMap<number, AclRule['permission']> = new Map([
  [2, 'deny'],
  [3, 'allow'],
]);
const permissionMax = 3;

/** A rule in numbers. */
export interface WireRule {
  readonly resourceType: number;
  readonly resourceName: string;
  readonly patternType: number;
  readonly principal: string;
  readonly host: string;
  readonly operation: number;
  readonly permissionType: number;
}

/** A filter in numbers; null fits everything. */
export interface WireFilter {
  readonly resourceTypeFilter: number;
  readonly resourceNameFilter: string | null;
  readonly patternTypeFilter: number;
  readonly principalFilter: string | null;
  readonly hostFilter: string | null;
  readonly operation: number;
  readonly permissionType: number;
}

/** What the protocol calls it: number n is operation n of Kafka's AclOperation. */
export function operationCode(operation: AclRule['operation']): number {
  return codeOf(operations, operation);
}

export function wireRuleOf(rule: AclRule): WireRule {
  return {
    resourceType: codeOf(resourceTypes, rule.resourceType),
    resourceName: rule.resourceName,
    patternType: codeOf(patternTypes, rule.patternType),
    principal: rule.principal,
    host: rule.host,
    operation: codeOf(operations, rule.operation),
    permissionType: codeOf(permissions, rule.permission),
  };
}

/** @throws KafkaError INVALID_REQUEST, with what may stand there */
export function ruleOf(wire: WireRule): AclRule {
  const rule: AclRule = {
    resourceType: named(resourceTypes, wire.resourceType, 'resource type'),
    resourceName: wire.resourceName,
    patternType: named(patternTypes, wire.patternType, 'pattern type'),
    principal: wire.principal,
    host: wire.host,
    operation: named(operations, wire.operation, 'operation'),
    permission: named(permissions, wire.permissionType, 'permission'),
  };
  try {
    return checkRule(rule);
  } catch (error) {
    if (QError.is(error)) throw new KafkaError('INVALID_REQUEST', error.message, { cause: error });
    throw error;
  }
}

/** Null: it is about something of Kafka's that there are no rules about here. @throws KafkaError INVALID_REQUEST */
export function filterOf(wire: WireFilter): RuleFilter | null {
  const resourceType = sought(resourceTypes, wire.resourceTypeFilter, { what: 'resource type', max: resourceTypeMax });
  const operation = sought(operations, wire.operation, { what: 'operation', max: operationMax });
  const permission = sought(permissions, wire.permissionType, { what: 'permission', max: permissionMax });
  const patternType = patternSought(wire.patternTypeFilter);
  if (resourceType === null || operation === null || permission === null) return null;
  const { resourceNameFilter, principalFilter, hostFilter } = wire;
  return {
    ...(resourceType !== any && { resourceType }),
    ...(operation !== any && { operation }),
    ...(permission !== any && { permission }),
    ...(resourceNameFilter !== null && { resourceName: resourceNameFilter }),
    ...(principalFilter !== null && { principal: principalFilter }),
    ...(hostFilter !== null && { host: canonicalAddress(hostFilter) ?? hostFilter }),
    patternType,
  };
}

function patternSought(code: number): NonNullable<RuleFilter['patternType']> {
  if (code === matching) return 'matching';
  const found = sought(patternTypes, code, { what: 'pattern type', max: patternTypeMax });
  // Every number up to the last one has a meaning here.
  return found === any || found === null ? 'any' : found;
}

/** `any`; null for what only Kafka knows. */
function sought<T extends string>(
  names: ReadonlyMap<number, T>,
  code: number,
  { what, max }: { readonly what: string; readonly max: number },
): T | typeof any | null {
  if (code === any) return any;
  if (code < any || code > max) throw new KafkaError('INVALID_REQUEST', `there is no ${what} ${code}`);
  return names.get(code) ?? null;
}

function named<T extends string>(names: ReadonlyMap<number, T>, code: number, what: string): T {
  const found = names.get(code);
  if (found !== undefined) return found;
  const allowed = Array.from(names, ([number, name]) => `${number} (${name})`).join(', ');
  throw new KafkaError('INVALID_REQUEST', `the ${what} of an access rule is ${code}; allowed is ${allowed}`);
}

function codeOf<T extends string>(names: ReadonlyMap<number, T>, wanted: T): number {
  for (const [code, name] of names) if (name === wanted) return code;
  throw new Error(`${wanted} has no number in the Kafka protocol`);
}
