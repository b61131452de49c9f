/**
 * CreatePartitions: adds partitions to topics, each topic for itself (row B1).
 */
import type { Caller, DoorTools, Services } from '@q/broker';
import { KafkaError } from '../errors/kafka-errors.ts';
import { partError } from '../errors/part-error.ts';
import type { AnswerOf, RequestOf } from '../messages/api.ts';
import { createPartitions } from '../messages/create-partitions.ts';
import { handler } from '../session/handler.ts';
import type { Handler } from '../session/handler.ts';
import { oneByOne, refuseTooManyTopics } from './one-by-one.ts';
import { checkReplicaAssignment } from './replica-assignment.ts';

type Wanted = RequestOf<typeof createPartitions>['topics'][number];
type Told = AnswerOf<typeof createPartitions>['results'][number];
type CreatePartitionsServices = Pick<Services, 'identity' | 'topics' | 'topicChanges'>;

/** All that a request says of one name. */
interface NamedTopic {
  readonly name: string;
  readonly namesakes: readonly Wanted[];
  readonly validateOnly: boolean;
  readonly caller: Caller;
}

export function createPartitionsHandler(
  services: CreatePartitionsServices,
  tools: Pick<DoorTools, 'clock' | 'limits'>,
): Handler {
  return handler(createPartitions, {
    handle: async ({ topics, validateOnly }, { caller }) =>
      refuseTooManyTopics(topics, tools) ?? {
        results: await oneByOne(
          Map.groupBy(topics, ({ name }) => name),
          tools,
          ([name, namesakes]) => addTo(services, { name, namesakes, validateOnly, caller }),
        ),
      },
  });
}

async function addTo(
  services: CreatePartitionsServices,
  { name, namesakes, validateOnly, caller }: NamedTopic,
): Promise<Told> {
  try {
    const [wanted] = namesakes;
    if (wanted === undefined || namesakes.length > 1) {
      throw new KafkaError('INVALID_REQUEST', `the request names the topic ${name} ${namesakes.length} times`);
    }
    const { count, assignments } = wanted;
    // First without making them: a wrong number is the better reason to be told than a wrong assignment of it.
    if (assignments !== null) {
      await services.topicChanges.addPartitions({ name, partitions: count, validateOnly: true }, caller);
      checkAssignments(services, { ...wanted, caller }, assignments);
    }
    await services.topicChanges.addPartitions({ name, partitions: count, validateOnly }, caller);
    return { name, errorCode: 0 };
  } catch (error) {
    return { name, ...partError(error) };
  }
}

/** @throws KafkaError INVALID_REPLICA_ASSIGNMENT */
function checkAssignments(
  { identity, topics }: CreatePartitionsServices,
  { name, count, caller }: Wanted & Pick<NamedTopic, 'caller'>,
  assignments: NonNullable<Wanted['assignments']>,
): void {
  const added = count - (topics.find([name], caller, { mayCreate: false })[0]?.route?.partitions.length ?? 0);
  if (assignments.length !== added) {
    throw new KafkaError(
      'INVALID_REPLICA_ASSIGNMENT',
      `${added} partitions are added, so there must be ${added} assignments, not ${assignments.length}`,
    );
  }
  for (const { brokerIds } of assignments) checkReplicaAssignment(brokerIds, identity.brokerId);
}
