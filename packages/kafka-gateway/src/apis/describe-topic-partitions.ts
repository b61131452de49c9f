/**
 * DescribeTopicPartitions: topics in the order of their names, so many partitions at a time (row B1). An answer that
 * does not have all of them says where to go on.
 */
import { topicNamed } from '@q/broker';
import type { DoorTools, FoundTopic, Services, TopicRoute } from '@q/broker';
import { KafkaError, kafkaErrorCode } from '../errors/kafka-errors.ts';
import { describeTopicPartitions } from '../messages/describe-topic-partitions.ts';
import type { AnswerOf, RequestOf } from '../messages/api.ts';
import { handler } from '../session/handler.ts';
import type { Handler, KafkaCaller } from '../session/handler.ts';
import { noUuid } from '../wire/scalars.ts';
import { allowedOperations } from './allowed-operations.ts';
import { oneByOne, partsPerTurn, refuseTooManyTopics } from './one-by-one.ts';
import { missingTopicCode, partitionAnswer } from './topic-answers.ts';

type Request = RequestOf<typeof describeTopicPartitions>;
type Answer = AnswerOf<typeof describeTopicPartitions>;
type Topic = Answer['topics'][number];
type Cursor = NonNullable<Request['cursor']>;

/** Kafka's default of max.request.partition.size.limit. */
const partitionsMax = 2_000;
/** There is one copy of everything, so none is eligible besides those in sync. */
const none: readonly number[] = [];

export function describeTopicPartitionsHandler(
  { topics, access }: Pick<Services, 'topics' | 'access'>,
  tools: Pick<DoorTools, 'limits' | 'clock'>,
): Handler {
  const withOperations = (answer: Answer, caller: KafkaCaller): Answer => ({
    ...answer,
    topics: answer.topics.map((topic) =>
      topic.errorCode === kafkaErrorCode.NONE && topic.name !== null
        ? { ...topic, topicAuthorizedOperations: allowedOperations(access, caller, topicNamed(topic.name)) }
        : topic,
    ),
  });
  return handler(describeTopicPartitions, {
    mayBeLong: true,
    handle: (request, { caller }) => {
      const refusal = refuseTooManyTopics(request.topics, tools);
      if (refusal !== null) return refusal;
      const { cursor, responsePartitionLimit } = request;
      if (cursor !== null && cursor.partitionIndex < 0) {
        throw new KafkaError('INVALID_REQUEST', `a cursor cannot stand at partition ${cursor.partitionIndex}`);
      }
      const limit = Math.min(Math.max(responsePartitionLimit, 1), partitionsMax);
      const found = topicsOf({ request, caller }, topics, tools);
      return found instanceof Promise
        ? found.then((late) => withOperations(page(late, cursor, limit), caller))
        : withOperations(page(found, cursor, limit), caller);
    },
    refuse: (errorCode, { topics: asked }) => ({
      topics: asked.map(({ name }) => missing(name, errorCode)),
    }),
  });
}

/** Those that the cursor has not passed, by name. */
function topicsOf(
  { request, caller }: { readonly request: Request; readonly caller: KafkaCaller },
  topics: Services['topics'],
  tools: Pick<DoorTools, 'clock'>,
): FoundTopic[] | Promise<FoundTopic[]> {
  const first = request.cursor?.topicName ?? '';
  if (request.topics.length === 0) {
    const routes = topics.routes(caller).filter(({ name }) => name >= first);
    return routes.map((route) => ({ name: route.name, route, error: null })).sort(byName);
  }
  const names = new Set(request.topics.map(({ name }) => name).filter((name) => name >= first));
  const find = (name: string): FoundTopic => topics.find([name], caller, { mayCreate: false })[0]!;
  if (names.size > partsPerTurn) return oneByOne(names, tools, find).then((found) => found.sort(byName));
  return [...names].map(find).sort(byName);
}

function byName(left: FoundTopic, right: FoundTopic): number {
  if (left.name === right.name) return 0;
  return left.name < right.name ? -1 : 1;
}

function page(found: readonly FoundTopic[], cursor: Cursor | null, limit: number): Answer {
  const topics: Topic[] = [];
  let left = limit;
  for (const { name, route, error } of found) {
    if (left === 0) return { topics, nextCursor: { topicName: name, partitionIndex: 0 } };
    if (route === null) {
      topics.push(missing(name, missingTopicCode(name, error)));
      continue;
    }
    const from = cursor?.topicName === name ? cursor.partitionIndex : 0;
    const to = Math.min(from + left, route.partitions.length);
    topics.push(described(route, from, to));
    if (to < route.partitions.length) return { topics, nextCursor: { topicName: name, partitionIndex: to } };
    left -= Math.max(to - from, 0);
  }
  return { topics };
}

function described({ name, topicId, internal, partitions }: TopicRoute, from: number, to: number): Topic {
  return {
    errorCode: kafkaErrorCode.NONE,
    name,
    topicId,
    isInternal: internal,
    partitions: partitions.slice(from, to).map((route) => ({
      ...partitionAnswer(route),
      eligibleLeaderReplicas: none,
      lastKnownElr: none,
    })),
  };
}

function missing(name: string, errorCode: number): Topic {
  return { errorCode, name, topicId: noUuid, isInternal: false, partitions: [] };
}
