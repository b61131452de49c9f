import { QError } from '@q/protocol';

import type { Cluster } from '../cluster/cluster.ts';
import { resolveStart } from '../consumer/start-position.ts';
import { toQError } from '../retry.ts';
import { fetchCommitted } from './committed-offsets.ts';
import type { GroupStart } from './group-options.ts';
import type { Member } from './member.ts';
import type { OwnedPartition } from './owned-partition.ts';

/** Where a partition begins. */
export interface GroupPosition {
  readonly owned: OwnedPartition;
  readonly offset: number;
  /**
   * The same question may be answered differently later: the answer is to be committed before anything is handed out.
   */
  readonly isFleeting: boolean;
}

export interface PositionsOptions {
  readonly cluster: Cluster;
  readonly topic: string;
  readonly member: Member;
  readonly from: GroupStart;
  /** Partitions from this one on came to be after the consumer began, so after the group did. */
  readonly grownFrom: number;
  readonly signal: AbortSignal;
}

/**
 * The positions of partitions that were just assigned: what the group has committed, else what `from` says. Repeats
 * what can pass, for as long as one of the partitions is still owned.
 *
 * @throws QError `NO_COMMITTED_OFFSET`, or what the broker says.
 */
export async function findPositions(
  assigned: readonly OwnedPartition[],
  o: PositionsOptions,
): Promise<GroupPosition[]> {
  for (let tries = 1; ; tries += 1) {
    const wanted = assigned.filter(({ isGone }) => !isGone);
    if (wanted.length === 0) return [];
    try {
      await awaitTopic(wanted, o);
      return await look(wanted, o);
    } catch (thrown) {
      const error = toQError(thrown, 'finding committed offsets');
      if (!isPassing(error)) throw error;
      await o.cluster.pause(tries, o.signal);
    }
  }
}

/** Heartbeats find out what a member's standing is; until then the question is asked again. */
function isPassing(error: QError): boolean {
  return (
    error.retriable
    || ['STALE_MEMBER_EPOCH', 'UNKNOWN_MEMBER', 'FENCED_MEMBER_EPOCH', 'UNKNOWN_TOPIC_ID'].includes(error.code)
  );
}

/** The broker that assigns may know of a new topic, or of its new partitions, before our metadata does. */
async function awaitTopic(wanted: readonly OwnedPartition[], o: PositionsOptions): Promise<void> {
  const isCurrent = ({ topicId, partitions }: { topicId: string; partitions: readonly unknown[] }): boolean =>
    wanted.every((owned) => owned.topicId === topicId && owned.partition < partitions.length);
  if (isCurrent(await o.cluster.metadata.topic(o.topic))) return;
  if (isCurrent(await o.cluster.metadata.refresh(o.topic))) return;
  throw new QError('UNKNOWN_TOPIC_ID', `What the group assigns of topic "${o.topic}" is not what its metadata says`);
}

async function look(wanted: readonly OwnedPartition[], o: PositionsOptions): Promise<GroupPosition[]> {
  const [{ topicId }] = wanted as [OwnedPartition];
  const { topic, member, signal } = o;
  const answers = await fetchCommitted(o.cluster, {
    group: member.group,
    member,
    topic,
    topicId,
    partitions: wanted.map(({ partition }) => partition),
    mustBeStable: true,
    signal,
  });
  const committed = new Map(answers.map(({ partition, offset }) => [partition, offset]));
  const missing = wanted.filter(({ partition }) => !committed.has(partition));
  const starts = await startsOf(missing, o, committed.size > 0);
  return wanted.map((owned) => {
    const offset = committed.get(owned.partition);
    if (offset !== undefined) return { owned, offset, isFleeting: false };
    return { owned, offset: starts.get(owned.partition) ?? 0, isFleeting: isFleetingStart(o.from) };
  });
}

/** The end, or a time, is another offset a moment later. */
export function isFleetingStart(from: GroupStart): boolean {
  return from !== 'earliest' && from !== 'fail';
}

/**
 * Where partitions begin of which the group has committed nothing.
 *
 * `from` is about the topic as it was when the group began with it: its first member takes all partitions up at once,
 * and commits where they begin before it hands anything out or gives any of them up (assignment.ts). So a partition
 * without an offset in a topic that has others was added later, and all of its records came after the group began: none
 * is left out.
 */
async function startsOf(
  missing: readonly OwnedPartition[],
  o: PositionsOptions,
  hasOthers: boolean,
): Promise<Map<number, number>> {
  if (missing.length === 0) return new Map();
  const { from, cluster, topic, signal } = o;
  if (from === 'fail') {
    const [{ partition }] = missing as [OwnedPartition];
    throw new QError(
      'NO_COMMITTED_OFFSET',
      `Group "${o.member.group}" has committed no offset of topic "${topic}", partition ${partition}, and from is 'fail'`,
      {
        details: { topic, partition },
      },
    );
  }
  const numbers = missing.map(({ partition }) => partition);
  const hasBegun = isFleetingStart(from) && (hasOthers || (await hasCommitted(missing, o)));
  const grownFrom = hasBegun ? 0 : o.grownFrom;
  const [grown, others] = [
    numbers.filter((partition) => partition >= grownFrom),
    numbers.filter((partition) => partition < grownFrom),
  ];
  const [grownStarts, starts] = await Promise.all([
    resolveStart(cluster, topic, { partitions: grown, from: 'earliest', signal }),
    resolveStart(cluster, topic, { partitions: others, from, signal }),
  ]);
  return new Map([...grownStarts, ...starts]);
}

/** Whether the group has committed anything of the topic. */
async function hasCommitted([first]: readonly OwnedPartition[], o: PositionsOptions): Promise<boolean> {
  const { cluster, topic, member, signal } = o;
  const { topicId, partitions } = await cluster.metadata.topic(topic);
  if (topicId !== first?.topicId)
    throw new QError('UNKNOWN_TOPIC_ID', `Topic "${topic}" was deleted and created again`);
  const answers = await fetchCommitted(cluster, {
    group: member.group,
    member,
    topic,
    topicId,
    partitions: partitions.map(({ partition }) => partition),
    mustBeStable: false,
    signal,
  });
  return answers.length > 0;
}
