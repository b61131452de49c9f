/**
 * METADATA: which topics there are and who leads their partitions.
 */
import { Metadata, QError, errorCode, errorEntry, noTopicId } from '@q/protocol';
import type { MetadataRequest, MetadataResponse, MetadataTopic } from '@q/protocol';
import type { Handler } from '../dispatch.ts';
import { toWireError } from '../errors/wire-error.ts';
import type { BrokerIdentity } from '../identity.ts';
import type { TopicChanges } from '../topics/topic-changes.ts';
import type { TopicRegistry } from '../topics/topic-registry.ts';
import { unknownTopic } from '../topics/topic-rules.ts';
import type { Topic } from '../topics/topic.ts';

export interface MetadataDependencies {
  readonly registry: TopicRegistry;
  readonly changes: TopicChanges;
  readonly identity: BrokerIdentity;
  readonly autoCreateTopics: boolean;
  /** Where clients should connect; an empty host is the address that they dialled. */
  readonly advertised: { readonly host: string; readonly port: number };
}

export function metadataHandler(dependencies: MetadataDependencies): Handler<MetadataRequest, MetadataResponse> {
  const { registry, identity, advertised, autoCreateTopics } = dependencies;
  return {
    api: Metadata,
    handle: ({ topics }) => {
      const answer = (described: readonly MetadataTopic[]): MetadataResponse => ({
        clusterId: identity.clusterId,
        brokers: [{ id: identity.brokerId, host: advertised.host, port: advertised.port }],
        topics: described,
      });
      if (topics === null) return answer([...registry.topics()].map((topic) => found(topic, identity.brokerId)));
      // At once wherever possible: an answer made at once counts as output before the next request is looked at.
      if (!autoCreateTopics) return answer(topics.map((name) => byName(dependencies, name)));
      return createMissing(dependencies, topics).then((refused) =>
        answer(topics.map((name) => refused.get(name) ?? byName(dependencies, name))),
      );
    },
    errorsIn: function* errorsIn(response) {
      for (const topic of response.topics) if (topic.errorCode !== 0) yield errorEntry(topic.errorCode).name;
    },
  };
}

function byName({ registry, identity }: MetadataDependencies, name: string): MetadataTopic {
  const topic = registry.byName(name);
  return topic === undefined ? missing(name, unknownTopic(name)) : found(topic, identity.brokerId);
}

/** Makes the topics that are not there; gives an answer for each that could not be made. */
async function createMissing(
  { registry, changes }: MetadataDependencies,
  names: readonly string[],
): Promise<Map<string, MetadataTopic>> {
  const refused = new Map<string, MetadataTopic>();
  for (const name of names) {
    if (registry.byName(name) !== undefined) continue;
    try {
      await createUnlessThere(changes, name);
    } catch (error) {
      refused.set(name, missing(name, toWireError(error)));
    }
  }
  return refused;
}

async function createUnlessThere(changes: TopicChanges, name: string): Promise<void> {
  try {
    await changes.create({ name, partitions: -1, replicas: -1, configs: [], validateOnly: false });
  } catch (error) {
    // Another client asked for the same topic first.
    if (!(QError.is(error) && error.code === 'TOPIC_EXISTS')) throw error;
  }
}

function found(topic: Topic, brokerId: number): MetadataTopic {
  return {
    errorCode: 0,
    errorMessage: null,
    name: topic.name,
    topicId: topic.id,
    internal: topic.internal,
    cleanupPolicy: topic.cleanupPolicy,
    maxMessageBytes: topic.settings.log.maxMessageBytes,
    partitions: topic.partitions.map((partition) => ({
      partition: partition.index,
      errorCode: partition.trouble === null ? 0 : errorCode(partition.trouble.code),
      leaderId: brokerId,
      leaderEpoch: partition.leaderEpoch,
      replicas: [brokerId],
      inSyncReplicas: [brokerId],
    })),
  };
}

function missing(name: string, error: QError): MetadataTopic {
  return {
    errorCode: errorCode(error.code),
    errorMessage: error.message,
    name,
    topicId: noTopicId,
    internal: false,
    cleanupPolicy: '',
    maxMessageBytes: 0,
    partitions: [],
  };
}
