import { errorEntry, FetchOffset, QError } from '@q/protocol';
import type { FetchOffsetResponsePartition } from '@q/protocol';

import type { Cluster } from '../cluster/cluster.ts';
import { resolveStart } from '../consumer/start-position.ts';
import { toQError } from '../retry.ts';
import type { GroupStart } from './group-options.ts';
import type { Member } from './member.ts';
import type { OwnedPartition } from './owned-partition.ts';

/** Where a partition begins. */
export interface GroupPosition {
  readonly owned: OwnedPartition;
  readonly offset: number;
  /** The same question may be answered differently later: the answer is to be committed before anything is handed out. */
  readonly isFleeting: boolean;
}

export interface PositionsOptions {
  readonly cluster: Cluster;
  readonly topic: string;
  readonly member: Member;
  readonly from: GroupStart;
  /** Partitions from this one on came to be after the consumer began: nothing of them is to be left out. */
  readonly grownFrom: number;
  readonly signal: AbortSignal;
}

interface Committed {
  readonly partition: number;
  readonly offset: number;
}

/**
 * The positions of partitions that were just assigned: what the group has committed, else what `from` says. Repeats what
 * can pass, for as long as one of the partitions is still owned.
 *
 * @throws QError `NO_COMMITTED_OFFSET`, or what the broker says.
 */
export async function findPositions(assigned: readonly OwnedPartition[], o: PositionsOptions): Promise<GroupPosition[]> {
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

/** Heartbeats settle what a member's standing is; until then the question is asked again. */
function isPassing(error: QError): boolean {
  return error.retriable || ['STALE_MEMBER_EPOCH', 'UNKNOWN_MEMBER', 'FENCED_MEMBER_EPOCH', 'UNKNOWN_TOPIC_ID'].includes(error.code);
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
  const committed = new Map((await askCommitted(wanted, o)).map(({ partition, offset }) => [partition, offset]));
  const missing = wanted.filter(({ partition }) => (committed.get(partition) ?? -1) === -1);
  const starts = await startsOf(missing, o);
  return wanted.map((owned) => {
    const offset = committed.get(owned.partition) ?? -1;
    if (offset !== -1) return { owned, offset, isFleeting: false };
    return { owned, offset: starts.get(owned.partition) ?? 0, isFleeting: o.from !== 'earliest' };
  });
}

async function askCommitted(wanted: readonly OwnedPartition[], o: PositionsOptions): Promise<Committed[]> {
  const [first] = wanted as [OwnedPartition];
  const { group, id, epoch } = o.member;
  const topics = [{ topicId: first.topicId, partitions: wanted.map(({ partition }) => partition) }];
  const response = await o.cluster.request(FetchOffset, { groupId: group, memberId: id, memberEpoch: epoch, topics }, { resend: true, signal: o.signal });
  const answers = new Map((response.topics[0]?.partitions ?? []).map((answer) => [answer.partition, answer]));
  return wanted.map(({ topic, partition }) => readCommitted({ topic, partition }, answers.get(partition)));
}

function readCommitted(place: { topic: string; partition: number }, answer: FetchOffsetResponsePartition | undefined): Committed {
  if (answer === undefined) throw new QError('MALFORMED_FRAME', `The broker did not answer FETCH_OFFSET for topic "${place.topic}", partition ${place.partition}`);
  if (answer.errorCode === 0) return { partition: place.partition, offset: answer.offset };
  const { name, description } = errorEntry(answer.errorCode);
  throw new QError(name, `Topic "${place.topic}", partition ${place.partition}: ${description}`, { details: place });
}

async function startsOf(missing: readonly OwnedPartition[], o: PositionsOptions): Promise<Map<number, number>> {
  if (missing.length === 0) return new Map();
  const { from, cluster, topic, signal } = o;
  if (from === 'fail') {
    const [{ partition }] = missing as [OwnedPartition];
    throw new QError('NO_COMMITTED_OFFSET', `Group "${o.member.group}" has committed no offset of topic "${topic}", partition ${partition}, and from is 'fail'`, {
      details: { topic, partition },
    });
  }
  const numbers = missing.map(({ partition }) => partition);
  const [grown, others] = [numbers.filter((partition) => partition >= o.grownFrom), numbers.filter((partition) => partition < o.grownFrom)];
  const [grownStarts, starts] = await Promise.all([
    resolveStart(cluster, topic, { partitions: grown, from: 'earliest', signal }),
    resolveStart(cluster, topic, { partitions: others, from, signal }),
  ]);
  return new Map([...grownStarts, ...starts]);
}
