/** What a seek means in each partition at this moment. */
import type { Asking, GroupDescription, OwnedCaller, Services } from '@q/broker';
import { QError } from '@q/protocol';
import { Problem } from '../http/problem.ts';
import { choosePartitions, findPlaces } from '../records/partition-place.ts';
import type { SeekTarget } from './group-schemas.ts';

export interface PlannedOffset {
  readonly topic: string;
  readonly topicId: string;
  readonly partition: number;
  readonly offset: number;
  readonly endOffset: number;
}

export interface SeekPlanOptions {
  readonly groupId: string;
  readonly targets: readonly SeekTarget[];
  readonly nowMs: number;
}

/**
 * Offsets that somebody wrote are taken as they are, in range or not, so that the broker says so; what is computed
 * stays within what the partition has.
 * @throws QError UNKNOWN_TOPIC, UNKNOWN_PARTITION. Problem INVALID_REQUEST when a partition is named twice
 */
export async function planSeek(
  services: Services,
  caller: OwnedCaller,
  { groupId, targets, nowMs }: SeekPlanOptions,
): Promise<PlannedOffset[]> {
  const planned: PlannedOffset[] = [];
  for (const target of targets) {
    const [found] = services.topics.find([target.topic], caller, { mayCreate: false });
    if (found!.error !== null) throw found!.error;
    const { name: topic, topicId } = found!.route;
    const named = 'offsets' in target ? target.offsets.map(({ partition }) => partition) : target.partitions;
    const partitions = choosePartitions(found!.route, named);
    const place = 'to' in target ? target.to : ({ kind: 'end' } as const);
    const places = await findPlaces(services, caller, { topicId, partitions, place, nowMs });
    const committed = 'shift' in target ? await committedOffsets(services, { groupId, topicId }, caller) : null;
    for (const [index, { partition, startOffset, endOffset, offset: meant }] of places.entries()) {
      let offset = 'offsets' in target ? target.offsets[index]!.offset : meant;
      if ('shift' in target) {
        const from = committed!.get(partition) ?? -1;
        // Who names partitions means them all; who names none means those that there is something to shift in.
        if (from < 0 && named === undefined) continue;
        if (from < 0) throw nothingToShift(groupId, `partition ${partition} of topic ${topic}`);
        offset = Math.min(endOffset, Math.max(startOffset, from + target.shift));
      }
      planned.push({ topic, topicId, partition, offset, endOffset });
    }
  }
  if (planned.length === 0) throw nothingToShift(groupId, 'any of these topics');
  refuseTwice(planned);
  return planned;
}

async function committedOffsets(
  { groups }: Services,
  { groupId, topicId }: { readonly groupId: string; readonly topicId: string },
  who: Asking,
): Promise<Map<number, number>> {
  const { partitions } = await describedOrEmpty(groups, groupId, who);
  return new Map(
    partitions
      .filter((place) => place.topicId === topicId)
      .map(({ partition, committedOffset }) => [partition, committedOffset]),
  );
}

async function describedOrEmpty(
  groups: Services['groups'],
  groupId: string,
  who: Asking,
): Promise<Pick<GroupDescription, 'partitions'>> {
  try {
    return await groups.describe(groupId, who);
  } catch (error) {
    if (QError.is(error) && error.code === 'UNKNOWN_GROUP') return { partitions: [] };
    throw error;
  }
}

function nothingToShift(groupId: string, where: string): Problem {
  const allowed = 'a shift where the group has committed something; use to elsewhere';
  return new Problem(
    'INVALID_REQUEST',
    `group ${JSON.stringify(groupId)} has no offset in ${where} that could be shifted`,
    {
      errors: [{ field: 'body.targets', value: null, allowed }],
    },
  );
}

function refuseTwice(planned: readonly PlannedOffset[]): void {
  const seen = new Set<string>();
  for (const { topic, partition } of planned) {
    const place = `${topic} ${partition}`;
    if (seen.has(place)) {
      throw new Problem('INVALID_REQUEST', `partition ${partition} of topic ${topic} has two targets`, {
        errors: [{ field: 'body.targets', value: place, allowed: 'each partition once' }],
      });
    }
    seen.add(place);
  }
}
