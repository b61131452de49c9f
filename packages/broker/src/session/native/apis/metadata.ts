/**
 * METADATA: which topics there are and who leads their partitions.
 */
import { Metadata, noTopicId } from '@q/protocol';
import type { MetadataRequest, MetadataResponse, MetadataTopic, QError } from '@q/protocol';
import type { BrokerIdentity } from '../../../identity.ts';
import type { FoundTopic, TopicCatalog, TopicRoute } from '../../../services/topics/topic-catalog.ts';
import type { Handler } from '../handler.ts';
import { errorsOf, wireCode, wireResult } from './wire-result.ts';

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
    handle: ({ topics }, caller) => {
      if (topics === null) return answer(catalog.routes(caller).map(described));
      const found = catalog.find(topics, caller);
      if (found instanceof Promise) return found.then((late) => answer(late.map(answerFor)));
      return answer(found.map(answerFor));
    },
    errorsIn: ({ topics }) => errorsOf(topics),
  };
}

function answerFor({ name, route, error }: FoundTopic): MetadataTopic {
  return route === null ? missing(name, error) : described(route);
}

function described({ partitions, ...topic }: TopicRoute): MetadataTopic {
  return {
    ...topic,
    ...wireResult(null),
    partitions: partitions.map(({ error, ...route }) => ({
      ...route,
      errorCode: wireCode(error),
    })),
  };
}

function missing(name: string, error: QError): MetadataTopic {
  return {
    ...wireResult(error),
    name,
    topicId: noTopicId,
    internal: false,
    cleanupPolicy: '',
    maxMessageBytes: 0,
    partitions: [],
  };
}
