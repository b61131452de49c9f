import { z } from 'zod';
import { limits } from '../limits.ts';
import { placeSchema } from '../records/place.ts';
import { flag, nextSchema, pageQuery } from '../operation/query.ts';
import { transactionStates } from '../transactions/transaction-schemas.ts';
import { count, groupId, offset, orUnknown, partError, partitionNumber, topicName } from '../operation/scalars.ts';

const holdings = {
  messages: count.describe('Records that can be read.'),
  messagesExact: z.boolean().describe('False: there may be fewer.'),
  bytes: count,
};

export const settingInForce = z
  .object({
    key: z.string(),
    value: z.string(),
    source: z.enum(['default', 'broker', 'topic']).describe('Where the value comes from.'),
  })
  .meta({ id: 'SettingInForce' });

const topicSummary = z
  .object({
    name: topicName,
    topicId: z.string(),
    internal: z.boolean().describe('The broker keeps it for itself.'),
    partitions: count,
    replicas: count,
    ...holdings,
  })
  .meta({ id: 'TopicSummary' });

const partitionDetails = z
  .object({
    partition: partitionNumber,
    error: partError,
    leaderId: z.int(),
    leaderEpoch: z.int(),
    replicas: z.array(z.int()),
    inSyncReplicas: z.array(z.int()),
    logStartOffset: orUnknown,
    highWatermark: orUnknown,
    logEndOffset: orUnknown,
    segments: count,
    bytes: count,
    messages: orUnknown,
    messagesExact: z.boolean(),
  })
  .meta({ id: 'PartitionDetails', description: 'Offsets are -1, counts 0, where the log could not be opened.' });

export const topicParams = z.strictObject({ topic: topicName });

export const listTopicsQuery = z.strictObject({
  internal: flag.optional().describe('Also those that the broker keeps for itself.'),
  prefix: z.string().max(249).optional().describe('Only names that begin so.'),
  ...pageQuery,
});
export const topicList = z.object({ topics: z.array(topicSummary), next: nextSchema }).meta({ id: 'TopicList' });

const settingValues = z
  .record(z.string().max(200), z.string().max(10_000))
  .describe('Settings by name, as texts: `{"retention.ms": "1h"}`.');
const validateOnly = z.boolean().optional().describe('Check everything, change nothing.');

export const createTopicBody = z
  .strictObject({
    name: topicName,
    partitions: z.int().min(1).optional().describe("Without it the broker's default."),
    replicas: z.int().min(1).optional(),
    configs: settingValues.optional(),
    validateOnly,
  })
  .meta({ id: 'NewTopic' });
export const createdTopic = z
  .object({
    name: topicName,
    topicId: z.string(),
    partitions: count,
    replicas: count,
    configs: z.array(settingInForce),
    validateOnly: z.boolean(),
  })
  .meta({ id: 'CreatedTopic' });

export const describeTopicQuery = z.strictObject({ ...pageQuery });
export const topicDetails = z
  .object({
    name: topicName,
    topicId: z.string(),
    internal: z.boolean(),
    replicas: count,
    partitionCount: count,
    ...holdings,
    configs: z.array(settingInForce),
    partitions: z.array(partitionDetails),
    next: nextSchema,
  })
  .meta({ id: 'TopicDetails' });

const groupUse = z.object({
  groupId,
  state: z.string().describe('empty, assigning, reconciling or stable.'),
  lag: orUnknown.describe('Records of this topic that wait; -1: unknown.'),
  lagExact: z.boolean().describe('False: there may be fewer.'),
  sinceProgressMs: z.number().describe('How long ago a committed offset of this topic last moved; -1: never.'),
  members: z
    .array(
      z.object({
        memberId: z.string(),
        clientId: z.string(),
        host: z.string(),
        stalled: z.boolean(),
        partitions: z.array(z.int()).describe('Of this topic.'),
      }),
    )
    .describe('Those that have partitions of this topic.'),
});
const producerUse = z.object({
  producerId: z.int(),
  lastTimestampMs: z.number().describe('Of its last batch, ms since 1970; -1: unknown.'),
  partitions: z.array(z.int()),
});
const heldPartition = z.object({
  partition: partitionNumber,
  lastStableOffset: offset.describe('Whoever reads committed records gets those below it.'),
  highWatermark: offset,
  producerId: z.int().describe('Whose transaction is the first one that is open there.'),
  producerEpoch: z.int(),
  transactionalId: z.string().nullable().describe('Null: not known, or not for whoever asks.'),
  state: z.enum(transactionStates).nullable(),
  sinceMs: z.number().nullable().describe('When it began, ms since 1970; null: not known.'),
  forMs: z.number().nullable().describe('For how long it has been open.'),
});
export const topicUsers = z
  .object({
    topic: topicName,
    groups: z.array(groupUse),
    groupsLeftOut: count.describe('Groups that were not looked at, as there are too many.'),
    producers: z.array(producerUse).describe('Idempotent ones that partitions remember, the latest first.'),
    producersLeftOut: count,
    heldBack: z.array(heldPartition).describe('Partitions that open transactions hold back, the longest first.'),
    heldBackLeftOut: count,
  })
  .meta({ id: 'TopicUsers' });

export const alterTopicBody = z
  .strictObject({
    set: settingValues.optional(),
    unset: z.array(z.string().max(200)).max(100).optional().describe('Settings that go back to their default.'),
    validateOnly,
  })
  .meta({ id: 'TopicChanges' });
export const alteredTopic = z.object({ configs: z.array(settingInForce) }).meta({ id: 'AlteredTopic' });

export const deletedTopic = z.object({ topicId: z.string() }).meta({ id: 'DeletedTopic' });

export const addPartitionsBody = z
  .strictObject({ partitions: z.int().min(1).describe('How many there are afterwards.'), validateOnly })
  .meta({ id: 'MorePartitions' });
export const partitionTotal = z.object({ partitions: count }).meta({ id: 'PartitionTotal' });

export const trimBody = z
  .union(
    [
      z.strictObject({
        partitions: z
          .array(
            z.strictObject({
              partition: partitionNumber,
              before: z.union([offset, z.literal('end')]).describe('Records below it go; `end`: all that are there.'),
            }),
          )
          .min(1)
          .max(limits.pageMax),
        validateOnly,
      }),
      z.strictObject({
        before: placeSchema.describe('Records before this place go, such as `@-1d`.'),
        in: z.array(partitionNumber).min(1).max(limits.pageMax).optional().describe('Without it in all partitions.'),
        validateOnly,
      }),
    ],
    { error: 'partitions with an offset each, or one place before which records go' },
  )
  .meta({ id: 'Trim' });
export const trimmed = z
  .object({
    validateOnly: z.boolean(),
    partitions: z.array(
      z.object({
        partition: z.int(),
        logStartOffset: orUnknown.describe('Where it begins now, or would.'),
        error: partError,
      }),
    ),
  })
  .meta({ id: 'Trimmed' });

export const reopenBody = z
  .strictObject({
    partitions: z
      .array(partitionNumber)
      .min(1)
      .max(limits.pageMax)
      .optional()
      .describe('Without it all of the topic that are in trouble.'),
  })
  .meta({ id: 'Reopen' });
export const reopened = z
  .object({ partitions: z.array(z.object({ partition: z.int(), error: partError })) })
  .meta({ id: 'Reopened' });
