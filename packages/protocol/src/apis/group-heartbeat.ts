import { nullableArray } from '../schema/array.ts';
import { i32, nullableString, string } from '../schema/scalars.ts';
import { field, struct } from '../schema/struct.ts';
import type { Struct } from '../schema/struct.ts';
import type { Api } from './api.ts';
import { assignedTopic } from './assigned-topic.ts';
import type { AssignedTopic } from './assigned-topic.ts';

/** Values of `memberEpoch` that are not an epoch. Frozen. */
export const memberEpochCode = {
  /** Join the group, or join it again. */
  join: 0,
  /** Leave it for good. */
  leave: -1,
  /** Leave it for a while: a static member that comes back within the session timeout gets its partitions again. */
  leaveStatic: -2,
} as const;

/** The body of a request GROUP_HEARTBEAT. */
export interface GroupHeartbeatRequest {
  readonly groupId: string;
  /** Made by the client, once for each member: a UUID or the like. */
  readonly memberId: string;
  /** The epoch of the last answer, or one of {@link memberEpochCode}. */
  readonly memberEpoch: number;
  /** Name of a static member; null for a dynamic one. Counts when joining. */
  readonly instanceId: string | null;
  /**
   * Without a heartbeat for so long the member is taken for dead; -1 = unchanged, or the broker's default when joining.
   */
  readonly sessionTimeoutMs: number;
  /** How long the member may take to give a partition up; -1 = unchanged, or the broker's default when joining. */
  readonly rebalanceTimeoutMs: number;
  /** `uniform` or `range`; null = unchanged, or the broker's default when joining. */
  readonly assignor: string | null;
  /** Names of the topics wanted; null = unchanged. Needed when joining. */
  readonly topics: readonly string[] | null;
  /** What the member owns at this moment; null = unchanged since its last request. Needed when joining. */
  readonly owned: readonly AssignedTopic[] | null;
  /** How long the member's application has made no progress although records waited for it; 0 = it does. */
  readonly stalledMs: number;
  /** The broker holds the answer for so long unless it has something to say; 0 = answer at once. */
  readonly maxWaitMs: number;
}

/** The body of the answer to GROUP_HEARTBEAT. */
export interface GroupHeartbeatResponse {
  readonly memberEpoch: number;
  /**
   * The next heartbeat is due so soon after this answer. A client that lets the broker hold its heartbeats sends the
   * next at once.
   */
  readonly heartbeatIntervalMs: number;
  /** In force. */
  readonly sessionTimeoutMs: number;
  /** What the member may own from now on, all of it; null = unchanged. Give up what you own beyond it, then say so. */
  readonly assignment: readonly AssignedTopic[] | null;
}

const request: Struct<GroupHeartbeatRequest> = struct('GroupHeartbeatRequest', {
  groupId: field(string, 'Group id: 1 to 249 characters, none of them a control character.'),
  memberId: field(string, 'Id of the member, made by the client, 1 to 128 characters; the same in all its requests.'),
  memberEpoch: field(
    i32,
    'Epoch of the last answer; 0 = join (again), -1 = leave, -2 = leave for a while (static members).',
  ),
  instanceId: field(nullableString, 'Name of a static member, the same each time it starts; null = a dynamic member.'),
  sessionTimeoutMs: field(
    i32,
    'Without a heartbeat for so many ms the member is taken for dead; -1 = unchanged, or the default of the broker.',
  ),
  rebalanceTimeoutMs: field(
    i32,
    'How many ms the member may take to give partitions up; -1 = unchanged, or the default of the broker.',
  ),
  assignor: field(nullableString, '"uniform" or "range"; null = unchanged, or the default of the broker.'),
  topics: field(nullableArray(string), 'Names of all topics wanted; null = unchanged. Needed to join.'),
  owned: field(
    nullableArray(assignedTopic),
    'Everything that the member owns right now; null = as in its last request. Needed to join, and when the last answer was lost.',
  ),
  stalledMs: field(
    i32,
    'For how many ms the application has made no progress although records waited; 0 = it makes progress.',
  ),
  maxWaitMs: field(
    i32,
    'The broker holds the answer for at most so many ms while there is no news for the member; 0 = answer at once.',
  ),
});

const response: Struct<GroupHeartbeatResponse> = struct('GroupHeartbeatResponse', {
  memberEpoch: field(i32, 'Epoch of the member, for its next requests; -1 or -2 as asked for after it has left.'),
  heartbeatIntervalMs: field(
    i32,
    'The next heartbeat is due so many ms after this answer. With maxWaitMs, send it at once: the broker holds it.',
  ),
  sessionTimeoutMs: field(i32, 'Session timeout in force, ms.'),
  assignment: field(
    nullableArray(assignedTopic),
    'All that the member may own from now on; null = unchanged. What it owns beyond that it gives up, and says so with its next heartbeat.',
  ),
});

/** Joins a group, stays in it, reports what is owned, brings the assignment, leaves it. */
export const GroupHeartbeat: Api<GroupHeartbeatRequest, GroupHeartbeatResponse> = {
  key: 15,
  name: 'GROUP_HEARTBEAT',
  versions: { min: 0, max: 0 },
  request,
  response,
  doc: 'Joins a consumer group, stays in it, tells what the member owns and brings what it is to own, and leaves the group. The broker holds the answer until there is news or maxWaitMs have passed (long poll); a newer heartbeat of the same member ends the wait of the older one.',
};
