/**
 * Which right decides (SEC-11, SEC-12). All doors decide by it, and so does whoever asks what they would decide.
 */
import { isInternalTopic } from '@q/protocol';
import { cluster } from '@q/security';
import type { Asker, Authorizer, Operation, Resource } from '@q/security';
import { metadataLogId } from '../../metadata/metadata-topic.ts';

/**
 * The right to the cluster that decides in place of the one to the thing; null: that one decides.
 *
 * - Whoever may make topics may make any, but for those that a rule denies it.
 * - The records of the metadata hold what is kept of passwords: they are for those who may do what brokers do among
 *   themselves, whatever rules allow of all topics.
 */
export function clusterRight(
  authorizer: Authorizer,
  asker: Asker,
  operation: Operation,
  resource: Resource,
): Operation | null {
  const instead = rightBeside(operation, resource);
  if (instead === null) return null;
  const own = authorizer.decide(asker, operation, resource);
  if (!own.isAllowed && own.by === 'rule') return null;
  if (instead === 'clusterAction') return instead;
  // To whoever has neither, the nearer one is named.
  return !own.isAllowed && authorizer.decide(asker, instead, cluster).isAllowed ? instead : null;
}

function rightBeside(operation: Operation, { type, name }: Resource): 'create' | 'clusterAction' | null {
  if (type !== 'topic') return null;
  if (operation === 'create') return 'create';
  return operation === 'read' && name === metadataLogId.topic ? 'clusterAction' : null;
}

/** Whether it is a change of a topic that the broker alone makes: whoever else wants it is refused, super users too. */
export function isForBrokerAlone(operation: Operation, { type, name }: Resource): boolean {
  return type === 'topic' && changesOfTopics.has(operation) && isInternalTopic(name);
}

const changesOfTopics: ReadonlySet<Operation> = new Set(['create', 'write', 'alter', 'alterConfigs', 'delete']);
