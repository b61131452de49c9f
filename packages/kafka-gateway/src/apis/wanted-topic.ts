import type { Caller, Services } from '@q/broker';
import { kafkaCodeOf, kafkaErrorCode } from '../errors/kafka-errors.ts';
import { noUuid } from '../wire/scalars.ts';

/** The id of a topic that was named, or what is wrong with its name or id. */
export interface FoundTopicId {
  readonly topicId: string;
  readonly errorCode: number;
}

/** Finds a topic by its name or by its id. One that is not there has the id that none has. */
export function findTopicId(
  topics: Pick<Services['topics'], 'idOf' | 'nameOf' | 'missing'>,
  { name, topicId }: { readonly name: string; readonly topicId: string },
  { isById, caller }: { readonly isById: boolean; readonly caller: Caller },
): FoundTopicId {
  const found = isById ? (topics.nameOf(topicId) === undefined ? undefined : topicId) : topics.idOf(name);
  if (found !== undefined) return { topicId: found, errorCode: kafkaErrorCode.NONE };
  return {
    topicId: noUuid,
    errorCode: isById ? kafkaErrorCode.UNKNOWN_TOPIC_ID : kafkaCodeOf(topics.missing(name, caller)),
  };
}

/** What whoever asks for a topic is told that is not there; null where it is. Nobody learns that who may not see it. */
export function missingTopicCodeOf(
  topics: Pick<Services['topics'], 'idOf' | 'missing'>,
  name: string,
  caller: Caller,
): number | null {
  return topics.idOf(name) === undefined ? kafkaCodeOf(topics.missing(name, caller)) : null;
}
