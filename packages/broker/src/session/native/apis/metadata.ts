/**
 * METADATA: which topics there are and who leads their partitions.
 */
import { Metadata, errorCode, errorEntry, noTopicId } from '@q/protocol';
import type { MetadataRequest, MetadataResponse, MetadataTopic, QError } from '@q/protocol';
import type { BrokerIdentity } from '../../../identity.ts';
import type { FoundTopic, TopicCatalog, TopicRoute } from '../../../services/topics/topic-catalog.ts';
import type { Handler } from '../handler.ts';

export interface MetadataDependencies {
  readonly catalog: Pick<TopicCatalog, 'find' | 'routes'>;
  readonly identity: BrokerIdentity;
  /** Where clients should connect; an empty host is the address that they dialled. */
  readonly advertised: { readonly host: string; readonly port: number };
}

export function metadataHandler(dependencies: MetadataDependencies): Handler<MetadataRequest, MetadataResponse> {
  const { catalog, identity, advertised } = dependencies;
  const answer = (topics: readonly MetadataTopic[]): MetadataResponse => ({
    clusterId: identity.clusterId,
    brokers: [{ id: identity.brokerId, host: advertised.host, port: advertised.port }],
    topics,
  });
  return {
    api: Metadata,
    handle: ({ topics }) => {
      if (topics === null) return answer(catalog.routes().map(described));
      const found = catalog.find(topics);
      if (found instanceof Promise) return found.then((late) => answer(late.map(answerFor)));
      return answer(found.map(answerFor));
    },
    errorsIn: function* errorsIn(response) {
      for (const topic of response.topics) if (topic.errorCode !== 0) yield errorEntry(topic.errorCode).name;
    },
  };
}

function answerFor({ name, route, error }: FoundTopic): MetadataTopic {
  return route === null ? missing(name, error) : described(route);
}

function described({ partitions, ...topic }: TopicRoute): MetadataTopic {
  return {
    ...topic,
    errorCode: 0,
    errorMessage: null,
    partitions: partitions.map(({ error, ...route }) => ({
      ...route,
      errorCode: error === null ? 0 : errorCode(error.code),
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
