/**
 * CreateTopics: each topic for itself; one that is refused does not keep the others from being made (row B1).
 */
import type { Caller } from '@q/broker';
import { KafkaError, kafkaErrorCode } from '../errors/kafka-errors.ts';
import { partError } from '../errors/part-error.ts';
import type { AnswerOf, RequestOf } from '../messages/api.ts';
import { createTopics } from '../messages/create-topics.ts';
import { handler } from '../session/handler.ts';
import type { Handler } from '../session/handler.ts';
import { noUuid } from '../wire/scalars.ts';
import type { ConfigParts } from './config-resource.ts';
import { oneByOne, refuseTooManyTopics } from './one-by-one.ts';
import { checkReplicaAssignment } from './replica-assignment.ts';

type Wanted = RequestOf<typeof createTopics>['topics'][number];
type Told = AnswerOf<typeof createTopics>['topics'][number];

/** All that a request says of one name. */
interface NamedTopic {
  readonly name: string;
  readonly namesakes: readonly Wanted[];
  readonly validateOnly: boolean;
  readonly caller: Caller;
}

export function createTopicsHandler(parts: ConfigParts): Handler {
  return handler(createTopics, {
    handle: async ({ topics, validateOnly }, { caller }) =>
      refuseTooManyTopics(topics, parts.tools) ?? {
        topics: await oneByOne(
          Map.groupBy(topics, ({ name }) => name),
          parts.tools,
          ([name, namesakes]) => createOne(parts, { name, namesakes, validateOnly, caller }),
        ),
      },
  });
}

async function createOne(
  { services: { identity, topicChanges }, topicConfigs }: ConfigParts,
  { name, namesakes, validateOnly, caller }: NamedTopic,
): Promise<Told> {
  try {
    const [wanted] = namesakes;
    if (wanted === undefined || namesakes.length > 1) {
      throw new KafkaError('INVALID_REQUEST', `the request names the topic ${name} ${namesakes.length} times`);
    }
    const size = checkSize(wanted, identity.brokerId);
    const configs = topicConfigs.read(wanted.configs);
    const created = await topicChanges.create({ name, ...size, configs, validateOnly }, caller);
    // Of a topic that was not made there is no id yet.
    const made = { name, topicId: validateOnly ? noUuid : created.topicId, errorCode: kafkaErrorCode.NONE };
    // Every topic has settings: they are left out for whoever may not see them, and Kafka leaves out the numbers, too.
    if (created.configs.length === 0)
      return { ...made, topicConfigErrorCode: kafkaErrorCode.TOPIC_AUTHORIZATION_FAILED, configs: [] };
    return {
      ...made,
      numPartitions: created.partitions,
      replicationFactor: created.replicas,
      configs: topicConfigs.describe(created.configs).map(({ source, ...config }) => ({
        ...config,
        configSource: source,
        isSensitive: false,
      })),
    };
  } catch (error) {
    return { name, ...partError(error), configs: [] };
  }
}

/** -1 is the broker's default, for both numbers. */
function checkSize(
  { numPartitions, replicationFactor, assignments }: Wanted,
  brokerId: number,
): { partitions: number; replicas: number } {
  if (assignments.length === 0) {
    return { partitions: numPartitions, replicas: replicationFactor };
  }
  if (numPartitions !== -1 || replicationFactor !== -1) {
    throw new KafkaError(
      'INVALID_REQUEST',
      'replicas are assigned by hand, so the number of partitions and the replication factor must both be -1',
    );
  }
  const indices = new Set(assignments.map(({ partitionIndex }) => partitionIndex));
  const inOrder = assignments.every((_, index) => indices.has(index));
  if (indices.size < assignments.length || !inOrder) {
    throw new KafkaError(
      'INVALID_REPLICA_ASSIGNMENT',
      `${assignments.length} partitions are assigned by hand, so they must be 0 to ${assignments.length - 1}, each once`,
    );
  }
  for (const { brokerIds } of assignments) checkReplicaAssignment(brokerIds, brokerId);
  return { partitions: assignments.length, replicas: 1 };
}
