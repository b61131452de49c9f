/**
 * Who uses a topic: the groups that read it or have committed in it, and the producers that partitions remember.
 *
 * Invariants
 * - The loop gets a turn after each group: a broker may have thousands, of which each is described whole.
 */
import type { Asking, GroupDescription, Services } from '@q/broker';
import { QError } from '@q/protocol';
import type { z } from 'zod';
import { limits } from '../limits.ts';
import type { topicUsers } from './topic-schemas.ts';

export type TopicUsers = z.input<typeof topicUsers>;
type GroupUse = TopicUsers['groups'][number];
type ProducerUse = TopicUsers['producers'][number];

/** @throws QError UNKNOWN_TOPIC */
export async function usersOf(services: Services, topic: string, who: Asking): Promise<TopicUsers> {
  const { partitions } = services.topics.describe(topic, who);
  const all = services.groups.list('', who);
  const groups: GroupUse[] = [];
  for (const { groupId } of all.slice(0, limits.usersGroupsMax)) {
    const use = groupUse(await described(services, groupId, who), topic);
    if (use !== null) groups.push(use);
  }
  const producers = producersOf(services, { topic, partitions: partitions.map(({ partition }) => partition) }, who);
  return {
    topic,
    groups,
    groupsLeftOut: Math.max(0, all.length - limits.usersGroupsMax),
    producers: producers.slice(0, limits.usersProducersMax),
    producersLeftOut: Math.max(0, producers.length - limits.usersProducersMax),
  };
}

/** Null: it has gone since it was listed, or is not for whoever asks, who may see its name alone. */
async function described(services: Services, groupId: string, who: Asking): Promise<GroupDescription | null> {
  try {
    return await services.groups.describe(groupId, who);
  } catch (error) {
    if (QError.is(error) && (error.code === 'UNKNOWN_GROUP' || error.code === 'NOT_AUTHORIZED')) return null;
    throw error;
  }
}

function groupUse(group: GroupDescription | null, topic: string): GroupUse | null {
  if (group === null) return null;
  const partitions = group.partitions.filter(({ name }) => name === topic);
  if (partitions.length === 0) return null;
  const known = partitions.filter(({ lag }) => lag >= 0);
  const progress = partitions.map(({ sinceProgressMs }) => sinceProgressMs).filter((ms) => ms >= 0);
  return {
    groupId: group.groupId,
    state: group.state,
    lag: known.length === 0 ? -1 : known.reduce((sum, { lag }) => sum + lag, 0),
    lagExact: known.length > 0 && known.every(({ lagExact }) => lagExact),
    sinceProgressMs: progress.length === 0 ? -1 : Math.min(...progress),
    members: group.members
      .map(({ memberId, clientId, host, stalled, assigned }) => ({
        memberId,
        clientId,
        host,
        stalled,
        partitions: assigned.filter(({ name }) => name === topic).flatMap((owned) => [...owned.partitions]),
      }))
      .filter((member) => member.partitions.length > 0),
  };
}

/** Those whose last record is the youngest first. A partition that cannot be read has none to tell of. */
function producersOf(
  services: Services,
  { topic, partitions }: { readonly topic: string; readonly partitions: readonly number[] },
  who: Asking,
): ProducerUse[] {
  const byId = new Map<number, { producerId: number; lastTimestampMs: number; partitions: number[] }>();
  for (const partition of partitions) {
    const [[answer] = []] = services.producers.describe([{ topic, partitions: [partition] }], who);
    for (const { producerId, lastTimestampMs } of answer?.producers ?? []) {
      const use = byId.get(producerId) ?? { producerId, lastTimestampMs: -1, partitions: [] };
      byId.set(producerId, use);
      use.partitions.push(partition);
      use.lastTimestampMs = Math.max(use.lastTimestampMs, lastTimestampMs);
    }
  }
  return [...byId.values()].sort((left, right) => right.lastTimestampMs - left.lastTimestampMs);
}
