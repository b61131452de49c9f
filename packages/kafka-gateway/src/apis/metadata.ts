/**
 * Metadata: the broker, which topics there are, and who leads their partitions (row B1).
 *
 * A topic that is made because somebody asked for it is there in the answer already. Kafka answers LEADER_NOT_AVAILABLE
 * or UNKNOWN_TOPIC_OR_PARTITION first, after which each client waits before it asks again.
 */
import { toWireError, topicNamed } from '@q/broker';
import type { DoorTools, FoundTopic, Services, TopicRoute } from '@q/broker';
import { cluster } from '@q/security';
import { kafkaCodeOf, kafkaErrorCode } from '../errors/kafka-errors.ts';
import { metadata } from '../messages/metadata.ts';
import type { AnswerOf, RequestOf } from '../messages/api.ts';
import { handler } from '../session/handler.ts';
import type { Handler, KafkaCaller } from '../session/handler.ts';
import { noUuid } from '../wire/scalars.ts';
import { allowedOperations } from './allowed-operations.ts';
import { oneByOne, partsPerTurn, refuseTooManyTopics } from './one-by-one.ts';
import { missingTopicCode, partitionAnswer } from './topic-answers.ts';

type Request = RequestOf<typeof metadata>;
type Answer = AnswerOf<typeof metadata>;
type Topic = Answer['topics'][number];
type Wanted = NonNullable<Request['topics']>;

export function metadataHandler(
  { topics, identity, access }: Pick<Services, 'topics' | 'identity' | 'access'>,
  tools: Pick<DoorTools, 'limits' | 'clock'>,
): Handler {
  const { brokerId, clusterId } = identity;
  const withOperations = (topic: Topic, caller: KafkaCaller): Topic =>
    topic.errorCode === kafkaErrorCode.NONE && topic.name !== null
      ? { ...topic, topicAuthorizedOperations: allowedOperations(access, caller, topicNamed(topic.name)) }
      : topic;
  const answer = (request: Request, caller: KafkaCaller, found: readonly Topic[]): Answer => ({
    brokers: [{ nodeId: brokerId, ...caller.advertised }],
    clusterId,
    controllerId: brokerId,
    topics: request.includeTopicAuthorizedOperations ? found.map((topic) => withOperations(topic, caller)) : found,
    ...(request.includeClusterAuthorizedOperations && {
      clusterAuthorizedOperations: allowedOperations(access, caller, cluster),
    }),
  });
  return handler(metadata, {
    mayBeLong: true,
    handle: (request, { caller, version }) => {
      const named = wantedTopics(request, version);
      if (named === null) {
        const found = everyTopic(topics, tools, caller);
        const finish = (all: readonly Topic[]): Answer => answer(request, caller, all);
        return found instanceof Promise ? found.then(finish) : finish(found);
      }
      const refusal = refuseTooManyTopics(named, tools);
      if (refusal !== null) return refusal;
      const wanted = distinct(named);
      if (wanted.length > partsPerTurn) {
        return findInTurns(wanted, topics, tools, { request, caller }).then((found) => answer(request, caller, found));
      }
      const names = wanted.flatMap(({ name }) => name ?? []);
      const found = topics.find(names, caller, { mayCreate: request.allowAutoTopicCreation });
      const finish = (byName: readonly FoundTopic[]): Answer =>
        answer(
          request,
          caller,
          inOrder(wanted, byName, (topicId) => findById(topics, topicId, caller)),
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

/** Of many, others have their turn in between: what is deleted then is left out. */
function everyTopic(
  topics: Pick<Services['topics'], 'find' | 'names' | 'routes'>,
  tools: Pick<DoorTools, 'clock'>,
  caller: KafkaCaller,
): Topic[] | Promise<Topic[]> {
  const names = topics.names(caller);
  if (names.length <= partsPerTurn) return topics.routes(caller).map(described);
  const found = oneByOne(names, tools, (name) => topics.find([name], caller, { mayCreate: false })[0]!.route);
  return found.then((routes) => routes.flatMap((route) => (route === null ? [] : described(route))));
}

/** Of many, others have their turn in between. */
function findInTurns(
  wanted: Wanted,
  topics: Pick<Services['topics'], 'find' | 'findById'>,
  tools: Pick<DoorTools, 'clock'>,
  {
    request: { allowAutoTopicCreation: mayCreate },
    caller,
  }: { readonly request: Request; readonly caller: KafkaCaller },
): Promise<Topic[]> {
  return oneByOne(wanted, tools, ({ name, topicId }) => {
    if (name === null) return findById(topics, topicId, caller);
    const found = topics.find([name], caller, { mayCreate });
    return found instanceof Promise ? found.then(([one]) => foundByName(one!)) : foundByName(found[0]!);
  });
}

function foundByName({ name, route, error }: FoundTopic): Topic {
  return route === null ? missing({ name, topicId: noUuid }, missingTopicCode(name, error)) : described(route);
}

function inOrder(wanted: Wanted, byName: readonly FoundTopic[], byId: (topicId: string) => Topic): Topic[] {
  let next = 0;
  return wanted.map(({ name, topicId }) => (name === null ? byId(topicId) : foundByName(byName[next++]!)));
}

function findById(topics: Pick<Services['topics'], 'findById'>, topicId: string, caller: KafkaCaller): Topic {
  try {
    return described(topics.findById(topicId, caller));
  } catch (error) {
    return missing({ name: null, topicId }, kafkaCodeOf(toWireError(error)));
  }
}

function missing(asked: { name: string | null; topicId: string }, errorCode: number): Topic {
  return { ...asked, errorCode, partitions: [] };
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
