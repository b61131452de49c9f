import { array } from '../schema/array.ts';
import { i16, i32, i64, string } from '../schema/scalars.ts';
import { field, struct } from '../schema/struct.ts';
import type { Struct } from '../schema/struct.ts';
import type { Api } from './api.ts';
import { commitOffsetRequestTopic, commitOffsetResponseTopic } from './commit-offset.ts';
import type { CommitOffsetRequestTopic, CommitOffsetResponseTopic } from './commit-offset.ts';

/** The body of a request STAGE_OFFSETS. */
export interface StageOffsetsRequest {
  readonly transactionalId: string;
  readonly producerId: number;
  readonly producerEpoch: number;
  readonly groupId: string;
  /** Empty: not a member. That is taken only while the group has no members. */
  readonly memberId: string;
  /** -1 when not a member. */
  readonly memberEpoch: number;
  readonly topics: readonly CommitOffsetRequestTopic[];
}

/** The body of the answer to STAGE_OFFSETS. */
export interface StageOffsetsResponse {
  readonly topics: readonly CommitOffsetResponseTopic[];
}

const request: Struct<StageOffsetsRequest> = struct('StageOffsetsRequest', {
  transactionalId: field(string, 'Transactional id.'),
  producerId: field(i64, 'The producer of the transaction.'),
  producerEpoch: field(i16, 'Its epoch in this transaction.'),
  groupId: field(string, 'Group id.'),
  memberId: field(string, 'Id of the member; empty = not a member, which is taken only while the group has none.'),
  memberEpoch: field(i32, 'Epoch of the member; -1 = not a member.'),
  topics: field(array(commitOffsetRequestTopic), 'Offsets that the group gets if the transaction commits.'),
});

const response: Struct<StageOffsetsResponse> = struct('StageOffsetsResponse', {
  topics: field(array(commitOffsetResponseTopic), 'One entry per topic of the request, in its order.'),
});

/** Commits offsets with a transaction. */
export const StageOffsets: Api<StageOffsetsRequest, StageOffsetsResponse> = {
  key: 26,
  name: 'STAGE_OFFSETS',
  versions: { min: 0, max: 0 },
  request,
  response,
  doc: 'Makes offsets of a group part of a transaction: the group gets them if it commits, and not before. Who commits is checked as with COMMIT_OFFSET. When the answer comes, they are durable.',
};
