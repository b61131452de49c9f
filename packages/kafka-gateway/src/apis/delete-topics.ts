/**
 * DeleteTopics: each topic for itself, by name or by id (row B1).
 */
import type { Caller, DoorTools, Services } from '@q/broker';
import { KafkaError } from '../errors/kafka-errors.ts';
import { partError } from '../errors/part-error.ts';
import type { AnswerOf, RequestOf } from '../messages/api.ts';
import { deleteTopics } from '../messages/delete-topics.ts';
import { handler } from '../session/handler.ts';
import type { Handler } from '../session/handler.ts';
import { noUuid } from '../wire/scalars.ts';
import { oneByOne, refuseTooManyTopics } from './one-by-one.ts';

type Request = RequestOf<typeof deleteTopics>;
type Named = Request['topics'][number];
type Told = AnswerOf<typeof deleteTopics>['responses'][number];
type DeleteTopicsServices = Pick<Services, 'topicChanges' | 'topics'>;

export function deleteTopicsHandler(
  services: DeleteTopicsServices,
  tools: Pick<DoorTools, 'clock' | 'limits'>,
): Handler {
  const keyOf = ({ name, topicId }: Named): string => name ?? services.topics.nameOf(topicId) ?? topicId;
  return handler(deleteTopics, {
    handle: async (request, { caller }) => {
      const named = namedIn(request);
      const refused = refuseTooManyTopics(named, tools);
      if (refused !== null) return refused;
      const groups = Map.groupBy(named, keyOf).values();
      return { responses: await oneByOne(groups, tools, (namesakes) => deleteOne(services, namesakes, caller)) };
    },
  });
}

function namedIn({ topics, topicNames }: Request): readonly Named[] {
  return topicNames.length === 0 ? topics : topicNames.map((name) => ({ name, topicId: noUuid }));
}

async function deleteOne(
  { topicChanges, topics }: DeleteTopicsServices,
  namesakes: readonly Named[],
  caller: Caller,
): Promise<Told> {
  const { name = null, topicId = noUuid } = namesakes[0] ?? {};
  try {
    if (namesakes.length > 1) throw new KafkaError('INVALID_REQUEST', 'the request names this topic more than once');
    if ((name === null) === (topicId === noUuid)) {
      throw new KafkaError('INVALID_REQUEST', 'a topic is named by its name or by its id: by one of them');
    }
    const found = name ?? topics.nameOf(topicId);
    if (found === undefined) throw new KafkaError('UNKNOWN_TOPIC_ID', `there is no topic with the id ${topicId}`);
    return { name: found, topicId: (await topicChanges.delete(found, caller)).topicId, errorCode: 0 };
  } catch (error) {
    return { name, topicId, ...partError(error) };
  }
}
