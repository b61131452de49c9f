/** What DescribeConfigs, AlterConfigs and IncrementalAlterConfigs have in common: whose settings are meant. */
import { demand, groupNamed, topicNamed } from '@q/broker';
import type { Access, DoorTools, Services } from '@q/broker';
import { checkTopicName } from '@q/protocol';
import { cluster } from '@q/security';
import type { Resource } from '@q/security';
import type { BrokerConfigs } from '../configs/broker-configs.ts';
import { resourceType } from '../configs/config-codes.ts';
import type { TopicConfigs } from '../configs/topic-configs.ts';
import { KafkaError } from '../errors/kafka-errors.ts';

/** What the handlers of settings need. */
export interface ConfigParts {
  readonly services: Pick<Services, 'identity' | 'topics' | 'topicChanges' | 'settings' | 'access'>;
  readonly tools: Pick<DoorTools, 'clock' | 'limits'>;
  readonly topicConfigs: TopicConfigs;
  readonly brokerConfigs: BrokerConfigs;
}

/** Whose settings. */
export interface ConfigResource {
  readonly resourceType: number;
  readonly resourceName: string;
}

export function idOf({ resourceType: type, resourceName }: ConfigResource): string {
  return `${type} ${resourceName}`;
}

/**
 * Whether settings of it may be seen, or altered. Whoever may not learns nothing else.
 * @throws QError NOT_AUTHORIZED
 */
export function demandConfigs(
  access: Access,
  caller: Parameters<typeof demand>[1],
  { operation, of }: { readonly operation: 'describeConfigs' | 'alterConfigs'; readonly of: ConfigResource },
): void {
  demand(access, caller, { operation, resource: resourceOf(of) });
}

/** What is no topic and no group is the broker's. */
function resourceOf({ resourceType: type, resourceName }: ConfigResource): Resource {
  if (type === resourceType.topic) return topicNamed(resourceName);
  return type === resourceType.group ? groupNamed(resourceName) : cluster;
}

/** @throws KafkaError INVALID_TOPIC_EXCEPTION */
export function requireTopicName(name: string): string {
  const reason = checkTopicName(name);
  if (reason !== null) throw new KafkaError('INVALID_TOPIC_EXCEPTION', reason);
  return name;
}

/**
 * Settings of a broker are those of one, or, without a name, of all.
 * @throws KafkaError INVALID_REQUEST
 */
export function requireBrokerName(name: string, brokerId: number, o: { readonly mayBeAll: boolean }): void {
  if (name === String(brokerId) || (name === '' && o.mayBeAll)) return;
  const orAll = o.mayBeAll ? ' or no name, for all brokers' : '';
  throw new KafkaError('INVALID_REQUEST', `the only broker is ${brokerId}: name it${orAll}, not "${name}"`);
}

/** @throws KafkaError INVALID_REQUEST */
export function requireResourceName({ resourceType: type, resourceName }: ConfigResource): void {
  if (resourceName === '') throw new KafkaError('INVALID_REQUEST', `the resource of type ${type} has no name`);
}

/** @throws KafkaError INVALID_REQUEST, always: there is nothing to change */
export function refuseChange({ resourceType: type }: ConfigResource): never {
  throw new KafkaError('INVALID_REQUEST', whyNot[type] ?? `there is no resource type ${type}`);
}

const whyNot: Readonly<Record<number, string>> = {
  [resourceType.brokerLogger]:
    'the level of the log is the setting logLevel of the broker: q config set logLevel=debug',
  [resourceType.clientMetrics]: 'this broker does not collect metrics of its clients',
  [resourceType.group]: 'groups have no settings of their own on this broker',
};
