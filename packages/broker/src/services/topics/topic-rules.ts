/**
 * What may be asked of a topic. Each rule throws a QError that names what was asked for and what is allowed.
 */
import { QError, checkTopicName, isInternalTopic } from '@q/protocol';
import { frameOverheadBytes } from '../../limits.ts';
import type { BrokerLimits } from '../../limits.ts';
import { resolveTopicSettings } from './topic-config.ts';
import type { SettingTexts } from './topic-config.ts';
import type { TopicRecord } from './topic-record.ts';

/** One broker keeps one copy. */
export const replicasPossible = 1;

/** @throws QError INVALID_TOPIC_NAME */
export function checkName(name: string): void {
  const reason =
    checkTopicName(name) ?? (isInternalTopic(name) ? `the name ${name} is kept for the broker itself` : null);
  if (reason !== null) throw new QError('INVALID_TOPIC_NAME', reason, { details: { topic: name } });
}

/** @throws QError INVALID_PARTITIONS */
export function checkPartitions(partitions: number, { partitionsPerTopicMax }: BrokerLimits): number {
  if (partitions >= 1 && partitions <= partitionsPerTopicMax) return partitions;
  throw new QError('INVALID_PARTITIONS', `a topic has 1 to ${partitionsPerTopicMax} partitions, not ${partitions}`, {
    details: { partitions, partitionsMax: partitionsPerTopicMax },
  });
}

/** @throws QError INVALID_REPLICAS */
export function checkReplicas(replicas: number): number {
  if (replicas === replicasPossible) return replicas;
  const why = `there is one broker, so a topic has exactly ${replicasPossible}`;
  throw new QError('INVALID_REPLICAS', `${replicas} replicas cannot be had: ${why}`, {
    details: { replicas, brokers: 1 },
  });
}

/** @throws QError TOPIC_LIMIT */
export function checkRoom(
  limits: BrokerLimits,
  now: { topics: number; partitions: number },
  added: { topics: number; partitions: number },
): void {
  const { topicsMax, partitionsMax } = limits;
  if (now.topics + added.topics > topicsMax) {
    throw new QError('TOPIC_LIMIT', `this broker has ${now.topics} topics and takes at most ${topicsMax}`, {
      details: { topics: now.topics, topicsMax },
    });
  }
  if (now.partitions + added.partitions > partitionsMax) {
    const has = `this broker has ${now.partitions} partitions and takes at most ${partitionsMax}`;
    throw new QError('TOPIC_LIMIT', `${has}; ${added.partitions} more would pass that`, {
      details: { partitions: now.partitions, partitionsMax },
    });
  }
}

/**
 * A batch that may be stored must fit in a frame, or nobody could ever send or fetch it.
 * @throws QError INVALID_CONFIG
 */
export function checkFitsFrame(settings: { topic: SettingTexts; broker: SettingTexts }, limits: BrokerLimits): void {
  const { maxMessageBytes } = resolveTopicSettings(settings).log;
  const allowed = limits.frameBytesMax - frameOverheadBytes;
  if (maxMessageBytes <= allowed) return;
  const room = `frames of this broker leave room for ${allowed} (its limit frameBytesMax less ${frameOverheadBytes})`;
  const message = `max.message.bytes = ${maxMessageBytes} is not allowed: ${room}`;
  throw new QError('INVALID_CONFIG', message, {
    details: { setting: 'max.message.bytes', value: maxMessageBytes, allowed },
  });
}

/** @throws QError INVALID_REQUEST */
export function refuseInternal(name: string, change: string): void {
  if (!isInternalTopic(name)) return;
  throw new QError('INVALID_REQUEST', `topic ${name} belongs to the broker itself and cannot be ${change}`, {
    details: { topic: name },
  });
}

export function topicExists(record: TopicRecord): QError {
  const { name, state, topicId } = record;
  const what = state === 'active' ? 'exists already' : 'is being deleted; its data is not gone yet';
  return new QError('TOPIC_EXISTS', `topic ${name} ${what}`, { details: { topic: name, topicId } });
}

export function unknownTopic(name: string): QError {
  return new QError('UNKNOWN_TOPIC', `there is no topic ${JSON.stringify(name)}`, { details: { topic: name } });
}
