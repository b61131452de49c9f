import { array } from '../schema/array.ts';
import { bool, i16, i32, i64, string, uuid } from '../schema/scalars.ts';
import { field, struct } from '../schema/struct.ts';
import type { Struct } from '../schema/struct.ts';
import type { Api } from './api.ts';
import { resolvedTopicSetting } from './topic-setting.ts';
import type { ResolvedTopicSetting } from './topic-setting.ts';

/** The body of a request DESCRIBE_TOPIC. */
export interface DescribeTopicRequest {
  readonly name: string;
}

/** The body of the answer to DESCRIBE_TOPIC. */
export interface DescribeTopicResponse {
  readonly name: string;
  readonly topicId: string;
  readonly internal: boolean;
  readonly replicas: number;
  readonly messages: number;
  readonly messagesExact: boolean;
  readonly bytes: number;
  readonly configs: readonly ResolvedTopicSetting[];
  readonly partitions: readonly DescribedPartition[];
}

/** A partition of a topic, with its offsets. Sizes are in bytes. */
export interface DescribedPartition {
  readonly partition: number;
  readonly leaderId: number;
  readonly leaderEpoch: number;
  readonly replicas: readonly number[];
  readonly logStartOffset: number;
  readonly highWatermark: number;
  readonly logEndOffset: number;
  readonly segments: number;
  readonly bytes: number;
  readonly errorCode: number;
  /** -1: unknown. */
  readonly messages: number;
  readonly messagesExact: boolean;
}

const describeTopicRequest: Struct<DescribeTopicRequest> = struct('DescribeTopicRequest', {
  name: field(string, 'Topic name.'),
});

const describedPartition: Struct<DescribedPartition> = struct('DescribedPartition', {
  partition: field(i32, 'Partition number.'),
  leaderId: field(i32, 'Broker id of the leader; -1 = none at the moment.'),
  leaderEpoch: field(i32, 'Leader epoch.'),
  replicas: field(array(i32), 'Broker ids that hold the partition.'),
  logStartOffset: field(i64, 'First offset that is kept.'),
  highWatermark: field(i64, 'First offset that cannot be fetched yet.'),
  logEndOffset: field(i64, 'Offset that the next record gets.'),
  segments: field(i32, 'Segment files.'),
  bytes: field(i64, 'Bytes that deleting it gives back to the disk, its indexes aside.'),
  errorCode: field(i16, '0, or what is wrong with the partition.'),
  messages: field(i64, 'Records that can be read; an upper bound unless it is exact; -1 = unknown.', {
    since: 1,
    value: -1,
    ignorable: true,
  }),
  messagesExact: field(bool, 'That many can be read; false: there may be fewer.', {
    since: 1,
    value: false,
    ignorable: true,
  }),
});

const describeTopicResponse: Struct<DescribeTopicResponse> = struct('DescribeTopicResponse', {
  name: field(string, 'Topic name.'),
  topicId: field(uuid, 'Topic id.'),
  internal: field(bool, 'The topic belongs to the broker itself.'),
  replicas: field(i16, 'Replica count.'),
  messages: field(i64, 'Records that can be read, all partitions together; an upper bound unless it is exact.'),
  messagesExact: field(bool, 'That many can be read; false: there may be fewer.', {
    since: 1,
    value: false,
    ignorable: true,
  }),
  bytes: field(i64, 'Bytes that deleting it gives back to the disk, its indexes aside; all partitions together.'),
  configs: field(array(resolvedTopicSetting), 'Every setting in force.'),
  partitions: field(array(describedPartition), 'Every partition, in the order of their numbers.'),
});

/** Tells everything about one topic. */
export const DescribeTopic: Api<DescribeTopicRequest, DescribeTopicResponse> = {
  key: 8,
  name: 'DESCRIBE_TOPIC',
  versions: { min: 0, max: 1 },
  request: describeTopicRequest,
  response: describeTopicResponse,
  doc: 'Tells everything about one topic: settings, and each partition in full.',
};
