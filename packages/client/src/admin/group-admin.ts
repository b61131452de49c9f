import {
  DeleteGroup,
  DeleteOffsets,
  DescribeGroup,
  errorCode,
  errorEntry,
  FetchOffset,
  ListGroups,
  QError,
  ResetOffsets,
} from '@q/protocol';
import type { DeleteGroupResponse, ListedGroup, ResetOffsetsResponsePartition } from '@q/protocol';

import { untilAborted } from '../abort.ts';
import type { Cluster } from '../cluster/cluster.ts';
import { abortSignal, checkList, checkOptions, flag, offsetNumber, partitionNumber } from '../option-check.ts';
import { anyText, byPartition, checkByName, checkGroup, checkTopicName, entriesOf } from './admin-arguments.ts';
import { requestOnce } from './admin-request.ts';
import type { AdminRequestOptions } from './admin-request.ts';
import { readGroupDescription, readGroupOffsets, unlessNone } from './group-description.ts';
import type { GroupDescription, GroupOffset } from './group-description.ts';

/** Offset of a partition, by partition number. */
export type PartitionOffsets = Readonly<Record<number, number>>;

/** Which groups are listed. */
export interface ListGroupsOptions extends AdminRequestOptions {
  /** Only groups whose id begins so. */
  readonly prefix?: string;
}

/** How offsets are reset. */
export interface ResetGroupOffsetsOptions extends AdminRequestOptions {
  /** Check everything and tell what would change, change nothing. */
  readonly validateOnly?: boolean;
}

/** Which offsets of a group are deleted. */
export interface DeleteGroupOffsetsOptions extends AdminRequestOptions {
  /** Default: all that have an offset. */
  readonly partitions?: readonly number[];
}

/** What was, or would be, changed for one partition. */
export interface OffsetReset {
  /** The topic of the partition. */
  readonly topic: string;
  /** The number of the partition. */
  readonly partition: number;
  /** Committed before; null: none was. */
  readonly previousOffset: number | null;
  /** Committed now; with `validateOnly`, what would be. */
  readonly offset: number;
}

/** Consumer groups and what they have committed. Throws as {@link Admin} does, and what is said at each method. */
export interface GroupAdmin {
  /** Every group in one line. */
  listGroups(options?: ListGroupsOptions): Promise<readonly ListedGroup[]>;
  /** Members, what they own, and each partition with its committed offset and lag. @throws QError `UNKNOWN_GROUP`. */
  describeGroup(group: string, options?: AdminRequestOptions): Promise<GroupDescription>;
  /** Deletes a group with its offsets, and tells how many. @throws QError `UNKNOWN_GROUP`, `GROUP_NOT_EMPTY`. */
  deleteGroup(group: string, options?: AdminRequestOptions): Promise<DeleteGroupResponse>;
  /** Every committed offset, durable. A group that does not exist has none. */
  groupOffsets(group: string, options?: AdminRequestOptions): Promise<readonly GroupOffset[]>;
  /**
   * Sets offsets of a group that has no members, by topic and partition: all of them or none. A group that does not
   * exist is made. Results come in the order of what was asked.
   *
   * @throws QError `GROUP_NOT_EMPTY`, `UNKNOWN_TOPIC`; `UNKNOWN_PARTITION`, `OFFSET_OUT_OF_RANGE` with the place in
   * `details`.
   */
  resetGroupOffsets(
    group: string,
    offsets: Readonly<Record<string, PartitionOffsets>>,
    options?: ResetGroupOffsetsOptions,
  ): Promise<readonly OffsetReset[]>;
  /**
   * Forgets the offsets of a topic that no member of the group wants, and tells how many they were.
   *
   * @throws QError `UNKNOWN_GROUP`, `UNKNOWN_TOPIC`, `GROUP_NOT_EMPTY`.
   */
  deleteGroupOffsets(
    group: string,
    topic: string,
    options?: DeleteGroupOffsetsOptions,
  ): Promise<{ readonly offsets: number }>;
}

export class ClusterGroupAdmin implements GroupAdmin {
  readonly #cluster: Cluster;

  constructor(cluster: Cluster) {
    this.#cluster = cluster;
  }

  async listGroups(o: ListGroupsOptions = {}): Promise<readonly ListedGroup[]> {
    checkOptions('listGroups', o, { prefix: anyText, signal: abortSignal });
    const { groups } = await this.#cluster.request(
      ListGroups,
      { prefix: o.prefix ?? '' },
      { resend: true, signal: o.signal },
    );
    return groups;
  }

  async describeGroup(group: string, o: AdminRequestOptions = {}): Promise<GroupDescription> {
    checkGroup(group);
    checkOptions('describeGroup', o, { signal: abortSignal });
    return readGroupDescription(
      await this.#cluster.request(DescribeGroup, { groupId: group }, { resend: true, signal: o.signal }),
    );
  }

  async deleteGroup(group: string, o: AdminRequestOptions = {}): Promise<DeleteGroupResponse> {
    checkGroup(group);
    checkOptions('deleteGroup', o, { signal: abortSignal });
    return requestOnce(this.#cluster, DeleteGroup, {
      body: { groupId: group },
      what: `deleting group "${group}"`,
      signal: o.signal,
    });
  }

  async groupOffsets(group: string, o: AdminRequestOptions = {}): Promise<readonly GroupOffset[]> {
    checkGroup(group);
    checkOptions('groupOffsets', o, { signal: abortSignal });
    const body = { groupId: group, memberId: '', memberEpoch: -1, topics: null, requireStable: false };
    return readGroupOffsets(group, await this.#cluster.request(FetchOffset, body, { resend: true, signal: o.signal }));
  }

  async resetGroupOffsets(
    group: string,
    offsets: Readonly<Record<string, PartitionOffsets>>,
    o: ResetGroupOffsetsOptions = {},
  ): Promise<readonly OffsetReset[]> {
    checkGroup(group);
    checkOptions('resetGroupOffsets', o, { validateOnly: flag, signal: abortSignal });
    checkByName('offsets', offsets, 'by topic, as { orders: { 0: 42 } }');
    const validateOnly = o.validateOnly ?? false;
    const wanted = entriesOf('offsets', offsets).map(([name, byNumber]) => ({
      name,
      partitions: wirePartitions(name, byNumber),
    }));
    const names = wanted.map(({ name }) => name);
    const topics = await Promise.all(
      wanted.map(async ({ name, partitions }) => ({ topicId: await this.#topicId(name, o.signal), partitions })),
    );
    const body = { groupId: group, validateOnly, topics };
    // The answer tells what was committed before: sent twice, it would tell what the first sending has set.
    const response = validateOnly
      ? await this.#cluster.request(ResetOffsets, body, { resend: true, signal: o.signal })
      : await requestOnce(this.#cluster, ResetOffsets, {
          body,
          what: `setting offsets of group "${group}"`,
          signal: o.signal,
        });
    const answers = names.flatMap((topic, index) =>
      topics[index]!.partitions.map(({ partition }, at) => ({
        topic,
        answer: answerFor(partition, response.topics[index]?.partitions[at]),
      })),
    );
    throwRefusal(group, answers);
    return answers.map(({ topic, answer }) => ({
      topic,
      partition: answer.partition,
      previousOffset: unlessNone(answer.previousOffset),
      offset: answer.offset,
    }));
  }

  async deleteGroupOffsets(
    group: string,
    topic: string,
    o: DeleteGroupOffsetsOptions = {},
  ): Promise<{ readonly offsets: number }> {
    checkGroup(group);
    checkTopicName(topic);
    checkOptions('deleteGroupOffsets', o, { partitions: null, signal: abortSignal });
    if (o.partitions !== undefined) checkList('deleteGroupOffsets.partitions', o.partitions, partitionNumber);
    const body = {
      groupId: group,
      topics: [{ topicId: await this.#topicId(topic, o.signal), partitions: o.partitions ?? null }],
    };
    const what = `forgetting offsets of group "${group}" in topic "${topic}"`;
    const {
      topics: [answer],
    } = await requestOnce(this.#cluster, DeleteOffsets, { body, what, signal: o.signal });
    if (answer === undefined)
      throw new QError(
        'MALFORMED_FRAME',
        'The broker answered DELETE_OFFSETS for other topics than it was asked about',
      );
    if (answer.errorCode !== 0) {
      const { name, description } = errorEntry(answer.errorCode);
      throw new QError(name, `Group "${group}", topic "${topic}": ${answer.errorMessage ?? description}`, {
        details: { group, topic },
      });
    }
    return { offsets: answer.offsets };
  }

  /** Asked for anew: the offsets of a topic that was made again under its name are not those of the old one. */
  async #topicId(name: string, signal: AbortSignal | undefined): Promise<string> {
    const { topicId } = await untilAborted(this.#cluster.metadata.refreshAnew(name), signal);
    return topicId;
  }
}

function wirePartitions(topic: string, offsets: PartitionOffsets): { partition: number; offset: number }[] {
  return byPartition(`offsets["${topic}"]`, offsets, offsetNumber).map(({ partition, value }) => ({
    partition,
    offset: value,
  }));
}

function answerFor(
  partition: number,
  answer: ResetOffsetsResponsePartition | undefined,
): ResetOffsetsResponsePartition {
  if (answer?.partition === partition) return answer;
  throw new QError('MALFORMED_FRAME', 'The broker answered RESET_OFFSETS for other partitions than it was asked about');
}

/** Partitions that only share the fate of a refused one are refused with INVALID_REQUEST; the reason is the other's. */
function throwRefusal(
  group: string,
  answers: readonly { topic: string; answer: ResetOffsetsResponsePartition }[],
): void {
  const refused = answers.filter(({ answer }) => answer.errorCode !== 0);
  const reason = refused.find(({ answer }) => answer.errorCode !== errorCode('INVALID_REQUEST')) ?? refused[0];
  if (reason === undefined) return;
  const {
    topic,
    answer: { partition, offset, errorMessage, errorCode: code },
  } = reason;
  const { name, description } = errorEntry(code);
  const message = `Group "${group}", topic "${topic}", partition ${partition}: ${errorMessage ?? description}; no offset was changed`;
  throw new QError(name, message, { details: { group, topic, partition, offset } });
}
