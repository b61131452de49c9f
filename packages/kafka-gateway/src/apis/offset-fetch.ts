/**
 * OffsetFetch: how far groups have come (row B1). The answer holds what was committed before, and waits until that is
 * durable. Where a transaction may replace an offset, who asks for stable ones is told to ask again.
 */
import { offsetGroupsPerTurn } from '@q/broker';
import type { DoorTools, FoundGroupOffsets, OffsetFound, Services, TopicOffsets } from '@q/broker';
import { coordinatorCodeOf, coordinatorErrorCode } from '../errors/coordinator-errors.ts';
import { kafkaErrorCode } from '../errors/kafka-errors.ts';
import type { AnswerOf, RequestOf } from '../messages/api.ts';
import { offsetFetch } from '../messages/offset-fetch.ts';
import { handler } from '../session/handler.ts';
import type { Handler } from '../session/handler.ts';
import { noUuid } from '../wire/scalars.ts';
import { refuseTooMany } from './group-count.ts';
import { findTopicId } from './wanted-topic.ts';

type Request = RequestOf<typeof offsetFetch>;
type WantedGroup = Request['groups'][number];
type WantedTopic = NonNullable<WantedGroup['topics']>[number];
type Answer = AnswerOf<typeof offsetFetch>;
type AnsweredGroup = NonNullable<Answer['groups']>[number];
type AnsweredTopic = AnsweredGroup['topics'][number];
type AnsweredPartition = AnsweredTopic['partitions'][number];

const severalGroupsSince = 8;
/** First version with topic ids instead of names. */
const idsSince = 10;
/** First version that can say that it could not ask for a group at all. */
const groupErrorSince = 2;

export function offsetFetchHandler(
  { groups, topics: catalog, transactions }: Pick<Services, 'groups' | 'topics' | 'transactions'>,
  { limits }: Pick<DoorTools, 'limits'>,
): Handler {
  return handler(offsetFetch, {
    mayBeLong: true,
    handle: async (request, { version, caller }) => {
      const refused = refuseTooMany(request.groups, limits);
      if (refused !== null) return refused;
      const wanted = wantedGroups(request, version).map((group) => ({
        ...group,
        topics:
          group.topics?.map((topic) => ({
            topic,
            ...findTopicId(catalog, topic, { isById: version >= idsSince, caller }),
          })) ?? null,
      }));
      const sought = wanted.map(({ groupId, memberId, memberEpoch, topics }) => ({
        groupId,
        memberId: memberId ?? '',
        memberEpoch,
        topics: topics?.map(({ topicId, topic }) => ({ topicId, partitions: topic.partitionIndexes })) ?? null,
      }));
      // Before they are read: a transaction may end until they are answered.
      const groupIds = new Set(request.requireStable ? wanted.map(({ groupId }) => groupId) : []);
      const unstable = transactions.unstableOffsets(groupIds);
      // Many are looked up in several turns: a commit that comes behind must not be seen by the last of them.
      const goOn = sought.length > offsetGroupsPerTurn ? caller.budget.holdOrder() : null;
      const found = await groups.offsets.fetchClassic(sought, caller).finally(goOn);
      return asVersion(
        version,
        request,
        wanted.map(({ groupId, topics }, index) =>
          answeredGroup({ groupId, sought: topics }, found[index]!, unstable.get(groupId) ?? noneUnstable),
        ),
      );
    },
    refuse: (code, request, { version }) =>
      asVersion(
        version,
        request,
        wantedGroups(request, version).map(({ groupId }) => refusedGroup(groupId, coordinatorErrorCode(code))),
      ),
    // The answer is made before the first await, or holds back what comes behind.
    mayOverlap: true,
  });
}

/** Up to version 7 there is one, and no word of members. */
function wantedGroups({ groupId, topics, groups }: Request, version: number): readonly WantedGroup[] {
  if (version >= severalGroupsSince) return groups;
  return [{ groupId, memberId: null, memberEpoch: -1, topics: topics?.map(withoutId) ?? null }];
}

function withoutId<T>(topic: T): T & { readonly topicId: string } {
  return { ...topic, topicId: noUuid };
}

function asVersion(version: number, request: Request, answered: readonly AnsweredGroup[]): Answer {
  if (version >= severalGroupsSince) return { groups: answered };
  const { topics, errorCode } = answered[0]!;
  if (errorCode === kafkaErrorCode.NONE || version >= groupErrorSince)
    return { errorCode, topics: topics.map(({ name = '', partitions }) => ({ name, partitions })) };
  return {
    topics: (request.topics ?? []).map(({ name, partitionIndexes }) => ({
      name,
      partitions: partitionIndexes.map((partitionIndex) => ({ ...nothingCommitted, partitionIndex, errorCode })),
    })),
  };
}

const nothingCommitted = { committedOffset: -1, committedLeaderEpoch: -1, metadata: '' };

function refusedGroup(groupId: string, errorCode: number): AnsweredGroup {
  return { groupId, topics: [], errorCode };
}

/** Offsets that a transaction which has not ended may replace, where their reader minds: `topicId/partition`. */
type Unstable = ReadonlySet<string>;

const noneUnstable: Unstable = new Set();

interface Sought {
  readonly topic: WantedTopic;
  readonly errorCode: number;
}

function answeredGroup(
  { groupId, sought }: { readonly groupId: string; readonly sought: readonly Sought[] | null },
  found: FoundGroupOffsets,
  unstable: Unstable,
): AnsweredGroup {
  if (found.error !== null) return refusedGroup(groupId, coordinatorCodeOf(found.error));
  const told = found.topics.map((topic) => ({
    ...topic,
    isUnstable: (partition: number) => unstable.has(`${topic.topicId}/${partition}`),
  }));
  const topics =
    sought === null
      ? told.filter(({ name }) => name !== '').map(answeredTopic)
      : sought.map((wanted, index) => answeredAs(wanted, told[index]!));
  return { groupId, topics, errorCode: kafkaErrorCode.NONE };
}

interface ToldTopic extends TopicOffsets {
  readonly isUnstable: (partition: number) => boolean;
}

function answeredTopic({ name, topicId, partitions, isUnstable }: ToldTopic): AnsweredTopic {
  return { name, topicId, partitions: partitions.map((found) => answeredPartition(found, isUnstable)) };
}

/** A name that no topic has is no error here, an id is, and so is a topic that the caller may not see. */
function answeredAs({ topic, errorCode }: Sought, { partitions, isUnstable }: ToldTopic): AnsweredTopic {
  const code = errorCode === kafkaErrorCode.UNKNOWN_TOPIC_OR_PARTITION ? kafkaErrorCode.NONE : errorCode;
  return {
    name: topic.name,
    topicId: topic.topicId,
    partitions: partitions.map((found) => {
      const refusal = found.error?.code === 'NOT_AUTHORIZED' ? coordinatorCodeOf(found.error) : code;
      return refusal === kafkaErrorCode.NONE ? answeredPartition(found, isUnstable) : withCode(found, refusal);
    }),
  };
}

function answeredPartition(found: OffsetFound, isUnstable: (partition: number) => boolean): AnsweredPartition {
  if (!isUnstable(found.partition)) return withCode(found, kafkaErrorCode.NONE);
  return { ...nothingCommitted, partitionIndex: found.partition, errorCode: kafkaErrorCode.UNSTABLE_OFFSET_COMMIT };
}

/** A commit without a text is told with an empty one: clients count on that, and Kafka keeps none apart. */
function withCode({ partition, offset, leaderEpoch, metadata }: OffsetFound, errorCode: number): AnsweredPartition {
  return {
    partitionIndex: partition,
    committedOffset: offset,
    committedLeaderEpoch: leaderEpoch,
    metadata: metadata ?? '',
    errorCode,
  };
}
