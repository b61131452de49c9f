import type { QError } from '@q/protocol';
import { cluster } from '@q/security';
import type { Asking } from '../../caller.ts';
import { metadataLogId } from '../../metadata/metadata-topic.ts';
import type { Topic } from '../topics/topic.ts';
import type { Access } from './access.ts';

/**
 * Null: the caller may read the records of the topic. Those of the metadata hold what is kept of passwords, so they are
 * for those only who may do what brokers do among themselves, whatever rules say of all topics.
 */
export function refusalToRead(access: Access, caller: Asking, topic: Topic): QError | null {
  if (topic.id === metadataLogId.topicId) return access.refusal(caller, 'clusterAction', cluster);
  return access.refusal(caller, 'read', topic.resource);
}
