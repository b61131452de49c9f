/**
 * The words of access rules on the command line: those of Kafka's tools in any of their spellings, and of the JSON.
 */
import { usageError } from '../command-error.ts';
import { nearest } from '../input/nearest.ts';

export const resourceTypes = ['topic', 'group', 'cluster', 'transactionalId'] as const;
export type ResourceType = (typeof resourceTypes)[number];

const operations = {
  topic: ['read', 'write', 'create', 'delete', 'alter', 'describe', 'describeConfigs', 'alterConfigs'],
  group: ['read', 'delete', 'describe', 'describeConfigs', 'alterConfigs'],
  cluster: ['create', 'alter', 'describe', 'clusterAction', 'describeConfigs', 'alterConfigs', 'idempotentWrite'],
  transactionalId: ['write', 'describe'],
} as const satisfies Readonly<Record<ResourceType, readonly string[]>>;

/** What can be done with things of a kind. */
export function operationsOf(type: ResourceType): readonly string[] {
  return operations[type];
}

/** Every operation, and `all`. */
export const operationNames: readonly string[] = ['all', ...new Set(Object.values(operations).flat())];

/** One rule as the admin API has it. */
export interface Rule {
  readonly principal: string;
  readonly host: string;
  readonly permission: 'allow' | 'deny';
  readonly operation: string;
  readonly resourceType: ResourceType;
  readonly patternType: 'literal' | 'prefixed';
  readonly resourceName: string;
}

/** The name of the one cluster. */
export const clusterName = 'kafka-cluster';
export const everybody = 'User:*';

/** `ann` or `User:ann`; `*` is everybody. */
export function parsePrincipal(text: string): string {
  const [, kind, name] = /^(?:([A-Za-z]+):)?(.+)$/s.exec(text) ?? [];
  if (name === undefined || name === '') throw usageError('expected the name of a user, or * for everybody');
  if (kind !== undefined && kind.toLowerCase() !== 'user')
    throw usageError(`there are rules for users alone, so that "${text}" has to be ${name} or User:${name}`);
  return `User:${name}`;
}

/** `read,write`, `Read`, `DESCRIBE_CONFIGS`, `describe-configs`: each by its name in JSON. */
export function parseOperations(text: string, earlier: readonly string[] = []): string[] {
  return [...earlier, ...text.split(',').map(parseOperation)];
}

function parseOperation(text: string): string {
  const plain = (word: string): string => word.toLowerCase().replaceAll(/[-_ ]/g, '');
  const wanted = plain(text);
  const found = operationNames.find((name) => plain(name) === wanted);
  if (found !== undefined) return found;
  const guess = nearest(wanted, operationNames);
  throw usageError(guess === undefined ? `expected ${operationNames.join(', ')}` : `did you mean "${guess}"?`);
}

/** A rule in a sentence: `allow User:ann to read topics that begin with "orders-"`. */
export function ruleText(rule: Rule): string {
  const { permission, principal, operation, host } = rule;
  const who = principal === everybody ? 'everybody' : principal;
  const does = operation === 'all' ? 'do everything with' : operation;
  return `${permission} ${who} to ${does} ${resourceText(rule)}${host === '*' ? '' : ` from ${host}`}`;
}

const kindNames: Readonly<Record<ResourceType, string>> = {
  topic: 'topic',
  group: 'group',
  cluster: 'cluster',
  transactionalId: 'transactional id',
};

function resourceText({ resourceType, resourceName, patternType }: Rule): string {
  if (resourceType === 'cluster') return 'the cluster';
  const kind = kindNames[resourceType];
  if (patternType === 'prefixed') return `each ${kind} whose name begins with ${JSON.stringify(resourceName)}`;
  return resourceName === '*' ? `every ${kind}` : `${kind} ${resourceName}`;
}
