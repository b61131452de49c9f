/**
 * OffsetDelete: forgets single offsets of a group, of topics that its members do not consume (row B1).
 */
import type { ClassicDescription, Services, TopicForgotten } from '@q/broker';
import { coordinatorCodeOf, coordinatorErrorCode } from '../errors/coordinator-errors.ts';
import { KafkaError, kafkaCodeOf, kafkaErrorCode } from '../errors/kafka-errors.ts';
import type { AnswerOf, RequestOf } from '../messages/api.ts';
import { offsetDelete } from '../messages/offset-delete.ts';
import { handler } from '../session/handler.ts';
import type { Handler, KafkaCaller } from '../session/handler.ts';

type WantedTopic = RequestOf<typeof offsetDelete>['topics'][number];
type AnsweredTopic = AnswerOf<typeof offsetDelete>['topics'][number];

const { NONE, UNKNOWN_TOPIC_OR_PARTITION, GROUP_SUBSCRIBED_TO_TOPIC } = kafkaErrorCode;

export function offsetDeleteHandler({ groups, topics: catalog }: Pick<Services, 'groups' | 'topics'>): Handler {
  return handler(offsetDelete, {
    handle: async ({ groupId, topics }, { caller }) => {
      refuseOthers(await groups.classic.describe(groupId, caller));
      const places = topics.map((topic) => placesOf(catalog, topic, caller));
      const known = places.filter(({ topicId }) => topicId !== null);
      const forgotten = await groups.changes.deleteOffsets(
        {
          groupId,
          topics: known.map(({ topicId, there }) => ({ topicId: topicId!, partitions: there })),
        },
        caller,
      );
      const outcomes = new Map(known.map((place, index) => [place, forgotten[index]!]));
      return { errorCode: NONE, topics: places.map((place) => answeredTopic(place, outcomes.get(place))) };
    },
    refuse: (code) => ({ errorCode: coordinatorErrorCode(code), topics: [] }),
  });
}

/** A topic with those of its partitions that are there; the id is null, with the reason, where there is none. */
interface Places {
  readonly topic: WantedTopic;
  readonly topicId: string | null;
  readonly there: readonly number[];
  readonly errorCode: number;
}

function placesOf(catalog: Pick<Services['topics'], 'find'>, topic: WantedTopic, caller: KafkaCaller): Places {
  const { route, error } = catalog.find([topic.name], caller, { mayCreate: false })[0]!;
  if (route === null) return { topic, topicId: null, there: [], errorCode: kafkaCodeOf(error) };
  const { topicId, partitions } = route;
  const numbers = topic.partitions.map(({ partitionIndex }) => partitionIndex);
  const there = numbers.filter((partition) => partition >= 0 && partition < partitions.length);
  return { topic, topicId, there, errorCode: NONE };
}

function answeredTopic({ topic, there, ...place }: Places, outcome: TopicForgotten | undefined): AnsweredTopic {
  const known = new Set(there);
  const errorCode = outcome === undefined ? place.errorCode : codeOf(outcome);
  return {
    name: topic.name,
    partitions: topic.partitions.map(({ partitionIndex }) => ({
      partitionIndex,
      errorCode: outcome === undefined || known.has(partitionIndex) ? errorCode : UNKNOWN_TOPIC_OR_PARTITION,
    })),
  };
}

/** Only a topic that members want is refused. */
function codeOf({ error }: TopicForgotten): number {
  return error?.code === 'GROUP_NOT_EMPTY' ? GROUP_SUBSCRIBED_TO_TOPIC : coordinatorCodeOf(error);
}

/**
 * Nobody knows what members do with their offsets that are no consumers.
 * @throws KafkaError NON_EMPTY_GROUP
 */
function refuseOthers(group: ClassicDescription | null): void {
  if (group === null || group.members.length === 0 || group.protocolType === 'consumer') return;
  throw new KafkaError('NON_EMPTY_GROUP', 'the group has members, and they are no consumers');
}
