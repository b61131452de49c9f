/** What a trim means in each partition at this moment. */
import type { DeletionWish } from '@q/broker';
import { QError } from '@q/protocol';
import type { z } from 'zod';
import type { RequestContext } from '../operation/operation.ts';
import { partErrorOf } from '../operation/scalars.ts';
import { choosePartitions, findPlaces } from '../records/partition-place.ts';
import type { Place } from '../records/place.ts';
import type { trimmed } from './topic-schemas.ts';

/** @throws QError UNKNOWN_TOPIC, UNKNOWN_PARTITION */
export async function wishesBefore(
  topic: string,
  { before, in: named }: { readonly before: Place; readonly in?: readonly number[] | undefined },
  { services, tools, openCaller }: RequestContext,
): Promise<DeletionWish[]> {
  using caller = openCaller();
  const [found] = services.topics.find([topic], caller, { mayCreate: false });
  if (found!.error !== null) throw found!.error;
  const partitions = choosePartitions(found!.route, named);
  const sought = { topicId: found!.route.topicId, partitions, place: before, nowMs: tools.clock.now() };
  const places = await findPlaces(services, caller, sought);
  return places.map(({ partition, offset }) => ({ partition, before: offset }));
}

/** Where the partitions would begin; nothing is changed. @throws QError UNKNOWN_TOPIC */
export function wouldBegin(
  topic: string,
  wishes: readonly DeletionWish[],
  { services, who }: RequestContext,
): z.input<typeof trimmed>['partitions'] {
  const { partitions } = services.topics.describe(topic, who);
  return wishes.map(({ partition, before }) => {
    const found = partitions[partition];
    if (found === undefined) return { partition, logStartOffset: -1, error: partErrorOf(noSuch(topic, partition)) };
    const { logStartOffset, highWatermark, error } = found;
    const offset = before === 'end' ? highWatermark : before;
    const wrong = error ?? (offset > highWatermark ? beyond(topic, { partition, offset, highWatermark }) : null);
    return {
      partition,
      logStartOffset: Math.max(logStartOffset, Math.min(offset, highWatermark)),
      error: partErrorOf(wrong),
    };
  });
}

function noSuch(topic: string, partition: number): QError {
  return new QError('UNKNOWN_PARTITION', `topic ${topic} has no partition ${partition}`, {
    details: { topic, partition },
  });
}

function beyond(topic: string, where: { partition: number; offset: number; highWatermark: number }): QError {
  const { partition, offset, highWatermark } = where;
  return new QError(
    'OFFSET_OUT_OF_RANGE',
    `partition ${partition} of topic ${topic} can be trimmed up to ${highWatermark}, not to ${offset}`,
  );
}
