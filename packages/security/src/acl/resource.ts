/**
 * What access rules are about: resources, and what one may do with them. The words and their meaning are those of
 * Kafka's access control lists, so that its tools and its documents hold here too.
 */

/** The kinds of things that rules protect. */
export type ResourceType = 'topic' | 'group' | 'cluster' | 'transactionalId';

/** What somebody wants to do. */
export type Operation =
  | 'read'
  | 'write'
  | 'create'
  | 'delete'
  | 'alter'
  | 'describe'
  | 'clusterAction'
  | 'describeConfigs'
  | 'alterConfigs'
  | 'idempotentWrite';

/** One thing. The cluster has one name. */
export interface Resource {
  readonly type: ResourceType;
  readonly name: string;
}

/** The name of the one cluster, as Kafka's tools write it. */
export const clusterName = 'kafka-cluster';

/** The broker and what belongs to no topic or group. */
export const cluster: Resource = { type: 'cluster', name: clusterName };

const operations: Readonly<Record<ResourceType, readonly Operation[]>> = {
  topic: ['read', 'write', 'create', 'delete', 'alter', 'describe', 'describeConfigs', 'alterConfigs'],
  group: ['read', 'delete', 'describe', 'describeConfigs', 'alterConfigs'],
  cluster: ['create', 'alter', 'describe', 'clusterAction', 'describeConfigs', 'alterConfigs', 'idempotentWrite'],
  transactionalId: ['write', 'describe'],
};

/** What can be done with things of a kind. */
export function operationsOf(type: ResourceType): readonly Operation[] {
  return operations[type];
}

/** All kinds. */
export const resourceTypes: readonly ResourceType[] = Object.keys(operations) as ResourceType[];

const impliedBy: Readonly<Partial<Record<Operation, readonly Operation[]>>> = {
  describe: ['read', 'write', 'delete', 'alter'],
  describeConfigs: ['alterConfigs'],
};

/** Operations of which each, where it is allowed, allows this one too. Refusals imply nothing. */
export function allowedThrough(operation: Operation): readonly Operation[] {
  return impliedBy[operation] ?? [];
}
