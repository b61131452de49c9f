/**
 * Who uses a topic: the groups that read it or have committed in it, the producers that partitions remember, and the
 * transactions that hold back who reads committed records.
 *
 * Invariants
 * - The loop gets a turn after each group: a broker may have thousands, of which each is described whole.
 */
import type { Asking, GroupDescription, Services } from '@q/broker';
import { QError } from '@q/protocol';
import type { z } from 'zod';
import type { AdminContext } from '../admin-context.ts';
import { limits } from '../limits.ts';
import type { topicUsers } from './topic-schemas.ts';

export type TopicUsers = z.input<typeof topicUsers>;
type GroupUse = TopicUsers['groups'][number];
type HeldPartition = TopicUsers['heldBack'][number];
type ProducerUse = TopicUsers['producers'][number];

/** @throws QError UNKNOWN_TOPIC */
export async function usersOf(
  { services, tools: { clock } }: Pick<AdminContext, 'services' | 'tools'>,
  topic: string,
  who: Asking,
): Promise<TopicUsers> {
  const { partitions } = services.topics.describe(topic, who);
  const all = services.groups.list('', who);
  const groups: GroupUse[] = [];
  for (const { groupId } of all.slice(0, limits.usersGroupsMax)) {
    const use = groupUse(await described(services, groupId, who), topic);
    if (use !== null) groups.push(use);
  }
  const producers = producersOf(services, { topic, partitions: partitions.map(({ partition }) => partition) }, who);
  const held = heldPartitions(services, { topic, nowMs: clock.monotonic(), who });
  return {
    topic,
    groups,
    groupsLeftOut: Math.max(0, all.length - limits.usersGroupsMax),
    producers: producers.slice(0, limits.usersProducersMax),
    producersLeftOut: Math.max(0, producers.length - limits.usersProducersMax),
    heldBack: held.slice(0, limits.usersHeldMax),
    heldBackLeftOut: Math.max(0, held.length - limits.usersHeldMax),
  };
}

/** Those of which nobody knows since when come first. */
function heldPartitions(
  { transactions }: Services,
  { topic, nowMs, who }: { readonly topic: string; readonly nowMs: number; readonly who: Asking },
): HeldPartition[] {
  return transactions
    .heldPartitions(topic, who)
    .map(({ transaction, producer, ...partition }) => ({
      ...partition,
      ...producer,
      transactionalId: transaction?.transactionalId ?? null,
      state: transaction?.state ?? null,
      sinceMs: transaction?.startedWallMs ?? null,
      forMs: transaction === null ? null : Math.max(0, Math.round(nowMs - transaction.startedMs!)),
    }))
    .sort((left, right) => (right.forMs ?? Infinity) - (left.forMs ?? Infinity) || left.partition - right.partition);
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
