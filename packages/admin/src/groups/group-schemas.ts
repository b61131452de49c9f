import { z } from 'zod';
import { limits } from '../limits.ts';
import { nextSchema, pageQuery } from '../operation/query.ts';
import { count, groupId, offset, orUnknown, partError, partitionNumber, topicName } from '../operation/scalars.ts';
import { placeSchema } from '../records/place.ts';

export const groupParams = z.strictObject({ group: groupId });

const listedGroup = z
  .object({
    groupId,
    state: z.string().describe('empty, assigning, reconciling or stable.'),
    members: count,
    offsets: count.describe('Partitions with a committed offset.'),
  })
  .meta({ id: 'ListedGroup' });

export const listGroupsQuery = z.strictObject({
  prefix: z.string().max(1_000).optional().describe('Only ids that begin so.'),
  ...pageQuery,
});
export const groupList = z.object({ groups: z.array(listedGroup), next: nextSchema }).meta({ id: 'GroupList' });

const assignedTopic = z.object({ topicId: z.string(), name: z.string(), partitions: z.array(z.int()) });

export const memberSchema = z
  .object({
    memberId: z.string(),
    instanceId: z.string().nullable(),
    clientId: z.string(),
    host: z.string(),
    memberEpoch: z.int(),
    state: z.string(),
    topics: z.array(z.string()),
    assigned: z.array(assignedTopic),
    target: z.array(assignedTopic).describe('What it is to have once the others have let go.'),
    sinceHeartbeatMs: count,
    sessionTimeoutMs: count,
    stalledMs: z.number(),
    stalled: z.boolean().describe('Its application makes no progress, or its next heartbeat is overdue.'),
  })
  .meta({ id: 'GroupMember' });

const groupPartition = z
  .object({
    topicId: z.string(),
    name: z.string().describe('Of the topic; empty when that is gone.'),
    partition: z.int(),
    memberId: z.string().nullable().describe('Who has it.'),
    committedOffset: orUnknown.describe('-1: nothing was committed.'),
    leaderEpoch: z.int(),
    metadata: z.string().nullable(),
    logStartOffset: orUnknown,
    highWatermark: orUnknown,
    lag: orUnknown.describe('Records that wait; -1: unknown.'),
    lagExact: z.boolean().describe('False: there may be fewer.'),
    sinceProgressMs: z.number().describe('How long ago the committed offset last moved; -1: never.'),
  })
  .meta({ id: 'GroupPartition' });

export const describeGroupQuery = z.strictObject({ ...pageQuery });
export const groupDetails = z
  .object({
    groupId,
    state: z.string(),
    assignor: z.string(),
    groupEpoch: z.int(),
    targetEpoch: z.int(),
    lag: count.describe('Of all its partitions whose lag is known.'),
    lagExact: z.boolean(),
    members: z.array(memberSchema),
    partitionCount: count,
    partitions: z.array(groupPartition),
    next: nextSchema,
  })
  .meta({ id: 'GroupDetails' });

export const groupMembers = z.object({ members: z.array(memberSchema) }).meta({ id: 'GroupMembers' });

const partitions = z.array(partitionNumber).min(1).max(limits.pageMax).optional();
const seekTarget = z.union(
  [
    z.strictObject({ topic: topicName, partitions, to: placeSchema.describe('start, end, an offset, -10, @-1h, …') }),
    z.strictObject({ topic: topicName, partitions, shift: z.int().describe('So many offsets on, or back.') }),
    z.strictObject({
      topic: topicName,
      offsets: z
        .array(z.strictObject({ partition: partitionNumber, offset }))
        .min(1)
        .max(limits.pageMax),
    }),
  ],
  { error: 'a topic, and one of to, shift and offsets' },
);
export type SeekTarget = z.output<typeof seekTarget>;

export const seekBody = z
  .strictObject({
    targets: z.array(seekTarget).min(1).max(100),
    execute: z.boolean().optional().describe('Without it nothing is changed: the answer shows what would be.'),
  })
  .meta({ id: 'Seek' });
export const sought = z
  .object({
    executed: z.boolean(),
    offsets: z.array(
      z.object({
        topic: topicName,
        partition: z.int(),
        previousOffset: orUnknown.describe('-1: there was none.'),
        offset: z.int(),
        endOffset: orUnknown.describe('Where the partition ends.'),
        error: partError,
      }),
    ),
  })
  .meta({ id: 'Sought' });

export const deletedGroup = z.object({ offsets: count.describe('How many it had.') }).meta({ id: 'DeletedGroup' });

export const forgetBody = z
  .strictObject({
    topics: z
      .array(
        z.strictObject({
          topic: topicName.optional(),
          topicId: z.string().max(36).optional().describe('In place of its name: for a topic that is gone.'),
          partitions: partitions.describe('Without them all that have an offset.'),
        }),
      )
      .min(1)
      .max(limits.pageMax),
  })
  .meta({ id: 'Forget' });
export const forgotten = z
  .object({
    topics: z.array(z.object({ topicId: z.string(), offsets: count.describe('How many are gone.'), error: partError })),
  })
  .meta({ id: 'Forgotten' });
