/**
 * DeleteTopics: each topic for itself, by name or by id (row B1).
 */
import type { Services } from '@q/broker';
import { KafkaError } from '../errors/kafka-errors.ts';
import { partError } from '../errors/part-error.ts';
import type { AnswerOf, RequestOf } from '../messages/api.ts';
import { deleteTopics } from '../messages/delete-topics.ts';
import { handler } from '../session/handler.ts';
import type { Handler } from '../session/handler.ts';
import { noUuid } from '../wire/scalars.ts';

type Request = RequestOf<typeof deleteTopics>;
type Named = Request['topics'][number];
type Told = AnswerOf<typeof deleteTopics>['responses'][number];
type DeleteTopicsServices = Pick<Services, 'topicChanges' | 'topics'>;

export function deleteTopicsHandler(services: DeleteTopicsServices): Handler {
  return handler(deleteTopics, {
    handle: async (request) => {
      const responses: Told[] = [];
      const named = Map.groupBy(
        namedIn(request),
        ({ name, topicId }) => name ?? services.topics.nameOf(topicId) ?? topicId,
      );
      for (const namesakes of named.values()) {
        responses.push(await deleteOne(services, namesakes));
      }
      return { responses };
    },
    refuse: (errorCode, request, _context, errorMessage) => ({
      responses: namedIn(request).map((named) => ({ ...named, errorCode, errorMessage })),
    }),
  });
}

function namedIn({ topics, topicNames }: Request): readonly Named[] {
  return topicNames.length === 0 ? topics : topicNames.map((name) => ({ name, topicId: noUuid }));
}

async function deleteOne({ topicChanges, topics }: DeleteTopicsServices, namesakes: readonly Named[]): Promise<Told> {
  const { name = null, topicId = noUuid } = namesakes[0] ?? {};
  try {
    if (namesakes.length > 1) throw new KafkaError('INVALID_REQUEST', 'the request names this topic more than once');
    if ((name === null) === (topicId === noUuid)) {
      throw new KafkaError('INVALID_REQUEST', 'a topic is named by its name or by its id: by one of them');
    }
    const found = name ?? topics.nameOf(topicId);
    if (found === undefined) throw new KafkaError('UNKNOWN_TOPIC_ID', `there is no topic with the id ${topicId}`);
    return { name: found, topicId: (await topicChanges.delete(found)).topicId, errorCode: 0 };
  } catch (error) {
    return { name, topicId, ...partError(error) };
  }
}
