/**
 * Options of `q acl`, and the rules or the filter that they make.
 */
import { usageError } from '../command-error.ts';
import { clusterName, operationsOf } from './rule-words.ts';
import type { ResourceType, Rule } from './rule-words.ts';

/** What rules are about. */
export interface ResourceOptions {
  readonly topic?: readonly string[];
  readonly group?: readonly string[];
  readonly transactionalId?: readonly string[];
  readonly cluster?: boolean;
  readonly prefixed?: boolean;
}

export interface RuleOptions extends ResourceOptions {
  /** Principals. */
  readonly allow?: readonly string[];
  readonly deny?: readonly string[];
  readonly operation?: readonly string[];
  readonly host?: readonly string[];
  readonly producer?: boolean;
  readonly consumer?: boolean;
}

export interface Named {
  readonly type: ResourceType;
  readonly name: string;
}

/** The things that were named. @throws CommandError for a star that is meant as a pattern */
export function namedResources(options: ResourceOptions): Named[] {
  const { topic = [], group = [], transactionalId = [], cluster = false, prefixed = false } = options;
  const named: Named[] = [
    ...topic.map((name): Named => ({ type: 'topic', name })),
    ...group.map((name): Named => ({ type: 'group', name })),
    ...transactionalId.map((name): Named => ({ type: 'transactionalId', name })),
  ];
  for (const { name } of named) checkStar(name, prefixed);
  if (cluster && prefixed) throw usageError('--prefixed is for names, and the cluster has one only');
  return cluster ? [...named, { type: 'cluster', name: clusterName }] : named;
}

/** In rules a star stands for everything, and for nothing else. */
function checkStar(name: string, prefixed: boolean): void {
  if (prefixed && name === '*') throw usageError('"*" is every name already; leave --prefixed out');
  if (name === '*' || !name.endsWith('*')) return;
  const stem = name.slice(0, -1);
  throw usageError(
    `"${name}" is one name, with a star at its end; for each name that begins with it use "${stem}" and --prefixed`,
  );
}

/** One rule for each principal, operation, thing and host. @throws CommandError what is missing, or does not fit */
export function rulesOf(options: RuleOptions): Rule[] {
  const { allow = [], deny = [], host: hosts = ['*'] } = options;
  const principals = [
    ...allow.map((principal) => ({ principal, permission: 'allow' as const })),
    ...deny.map((principal) => ({ principal, permission: 'deny' as const })),
  ];
  if (principals.length === 0) throw usageError('whom is it about? --allow USER, or --deny USER');
  const patternType = options.prefixed === true ? 'prefixed' : 'literal';
  return principals.flatMap((who) =>
    rightsOf(options).flatMap(({ type, name, operation }) =>
      hosts.map((host): Rule => {
        const isCluster = type === 'cluster';
        return {
          ...who,
          host,
          operation,
          resourceType: type,
          patternType: isCluster ? 'literal' : patternType,
          resourceName: name,
        };
      }),
    ),
  );
}

interface Right extends Named {
  readonly operation: string;
}

function rightsOf(options: RuleOptions): Right[] {
  const { operation: operations = [], producer = false, consumer = false } = options;
  const named = namedResources(options);
  if (named.length === 0)
    throw usageError('what is it about? --topic NAME, --group NAME, --transactional-id NAME or --cluster');
  if (!producer && !consumer && operations.length === 0)
    throw usageError('what is it that may be done? --operation read, for instance, or --producer or --consumer');
  if (consumer) checkConsumer(options);
  return named.flatMap(({ type, name }) => {
    const own = [...operations, ...(producer ? ofProducer[type] : []), ...(consumer ? ofConsumer[type] : [])];
    for (const operation of own) checkOperation(type, operation);
    return [...new Set(own)].map((operation) => ({ type, name, operation }));
  });
}

/** As Kafka's tools have them, without `describe`, which comes with each of these. */
const ofProducer: Readonly<Record<ResourceType, readonly string[]>> = {
  topic: ['write', 'create'],
  transactionalId: ['write'],
  group: [],
  cluster: ['idempotentWrite'],
};
const ofConsumer: Readonly<Record<ResourceType, readonly string[]>> = {
  topic: ['read'],
  group: ['read'],
  transactionalId: [],
  cluster: [],
};

function checkConsumer({ topic = [], group = [] }: RuleOptions): void {
  if (topic.length === 0 || group.length === 0)
    throw usageError('--consumer wants --topic and --group: a consumer reads the one as a member of the other');
}

function checkOperation(type: ResourceType, operation: string): void {
  const allowed = operationsOf(type);
  if (operation === 'all' || allowed.includes(operation)) return;
  throw usageError(`there is no "${operation}" of a ${type}; there is all, ${allowed.join(', ')}`);
}
