/**
 * Metadata: the broker, which topics there are, and who leads their partitions (row B1).
 *
 * A topic that is made because somebody asked for it is there in the answer already. Kafka answers LEADER_NOT_AVAILABLE
 * or UNKNOWN_TOPIC_OR_PARTITION first, after which each client waits before it asks again.
 */
import { toWireError } from '@q/broker';
import type { DoorTools, FoundTopic, Services, TopicRoute } from '@q/broker';
import { kafkaErrorCode, toKafkaError } from '../errors/kafka-errors.ts';
import type { KafkaError } from '../errors/kafka-errors.ts';
import { metadata } from '../messages/metadata.ts';
import type { AnswerOf, RequestOf } from '../messages/api.ts';
import { handler } from '../session/handler.ts';
import type { Handler, KafkaCaller } from '../session/handler.ts';
import { noUuid } from '../wire/scalars.ts';
import { clusterOperations, topicOperations } from './allowed-operations.ts';
import { refuseTooManyTopics } from './one-by-one.ts';
import { missingTopic, partitionAnswer } from './topic-answers.ts';

type Request = RequestOf<typeof metadata>;
type Answer = AnswerOf<typeof metadata>;
type Topic = Answer['topics'][number];
type Wanted = NonNullable<Request['topics']>;

export function metadataHandler(
  { topics, identity }: Pick<Services, 'topics' | 'identity'>,
  tools: Pick<DoorTools, 'limits'>,
): Handler {
  const { brokerId, clusterId } = identity;
  const answer = (request: Request, { advertised }: KafkaCaller, found: readonly Topic[]): Answer => ({
    brokers: [{ nodeId: brokerId, ...advertised }],
    clusterId,
    controllerId: brokerId,
    topics: request.includeTopicAuthorizedOperations ? found.map(withOperations) : found,
    ...(request.includeClusterAuthorizedOperations && { clusterAuthorizedOperations: clusterOperations }),
  });
  return handler(metadata, {
    handle: (request, { caller, version }) => {
      const named = wantedTopics(request, version);
      if (named === null) return answer(request, caller, topics.routes().map(described));
      const refusal = refuseTooManyTopics(named, tools);
      if (refusal !== null) return refusal;
      const wanted = distinct(named);
      const names = wanted.flatMap(({ name }) => name ?? []);
      const found = topics.find(names, { mayCreate: request.allowAutoTopicCreation });
      const finish = (byName: readonly FoundTopic[]): Answer =>
        answer(
          request,
          caller,
          inOrder(wanted, byName, (topicId) => findById(topics, topicId)),
        );
      return found instanceof Promise ? found.then(finish) : finish(found);
    },
    refuse: (errorCode, request, { caller }) => ({ ...answer(request, caller, []), errorCode }),
  });
}

/** Null: all. Before version 1 an empty list stood for that. */
function wantedTopics({ topics }: Request, version: number): Wanted | null {
  return version === 0 && topics?.length === 0 ? null : topics;
}

/** As in Kafka, what is named again is answered once: partitions are so much longer than a name. */
function distinct(wanted: Wanted): Wanted {
  return [...new Map(wanted.map((each) => [each.name ?? `id ${each.topicId}`, each])).values()];
}

function inOrder(wanted: Wanted, byName: readonly FoundTopic[], byId: (topicId: string) => Topic): Topic[] {
  let next = 0;
  return wanted.map(({ name, topicId }) => {
    if (name === null) return byId(topicId);
    const found = byName[next++]!;
    return found.route === null
      ? missing({ name, topicId: noUuid }, missingTopic(name, found.error))
      : described(found.route);
  });
}

function findById(topics: Pick<Services['topics'], 'findById'>, topicId: string): Topic {
  try {
    return described(topics.findById(topicId));
  } catch (error) {
    return missing({ name: null, topicId }, toKafkaError(toWireError(error)));
  }
}

function missing(asked: { name: string | null; topicId: string }, { code }: KafkaError): Topic {
  return { ...asked, errorCode: code, partitions: [] };
}

function described({ name, topicId, internal, partitions }: TopicRoute): Topic {
  return {
    errorCode: kafkaErrorCode.NONE,
    name,
    topicId,
    isInternal: internal,
    partitions: partitions.map(partitionAnswer),
  };
}

function withOperations(topic: Topic): Topic {
  return topic.errorCode === kafkaErrorCode.NONE ? { ...topic, topicAuthorizedOperations: topicOperations } : topic;
}
