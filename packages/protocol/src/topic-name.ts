import { protocolLimits } from './limits.ts';

/** Names that start so belong to the broker itself, those included that no release uses yet. */
export const internalTopicPrefix = '__q_';

/**
 * More names of that kind: what this broker keeps or will keep for itself, and what Kafka does, so that a tool which
 * knows them never finds somebody's records there. Other names that begin with two underscores are anybody's: many
 * programs of the Kafka world make such topics.
 */
const internalTopics: ReadonlySet<string> = new Set([
  '__metadata',
  '__groups',
  '__audit',
  '__transactions',
  '__queues',
  '__schedules',
  '__security',
  '__cluster',
  '__cluster_metadata',
  '__consumer_offsets',
  '__transaction_state',
  '__share_group_state',
  '__remote_log_metadata',
]);

/**
 * Says why a topic name is not allowed, or `null` when it is. The rules are those that the Kafka ecosystem uses,
 * so names can be carried over; a name is also a directory name, hence neither "." nor "..", no slash.
 */
export function checkTopicName(name: string): string | null {
  if (name.length === 0) return 'a topic name must not be empty';
  if (name.length > protocolLimits.topicNameCharactersMax) {
    return `a topic name has at most ${protocolLimits.topicNameCharactersMax} characters, this one has ${name.length}`;
  }
  if (name === '.' || name === '..') return `a topic must not be named "${name}"`;
  const bad = /[^A-Za-z0-9._-]/u.exec(name);
  if (bad !== null) return `a topic name consists of A-Z a-z 0-9 . _ - only, not of ${JSON.stringify(bad[0])}`;
  return null;
}

/** Whether the topic is one of the broker's own. */
export function isInternalTopic(name: string): boolean {
  return name.startsWith(internalTopicPrefix) || internalTopics.has(name);
}
