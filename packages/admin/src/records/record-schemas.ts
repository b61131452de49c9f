import { z } from 'zod';
import { limits } from '../limits.ts';
import { flag, partitionNumbers, whole } from '../operation/query.ts';
import { count, partError, partitionNumber, topicName } from '../operation/scalars.ts';
import { placeSchema } from './place.ts';

export const recordParams = z.strictObject({ topic: topicName });

/** Base64 in the usual alphabet or that of addresses, with or without padding. */
const base64 = z
  .string()
  .regex(/^[A-Za-z\d+/_-]*={0,2}$/, { error: 'Base64' })
  .describe('Bytes, as Base64.');

const header = z.strictObject({
  name: z.string().max(1_000),
  value: z.string().nullable().optional(),
  valueBase64: base64.optional(),
});

/** A record as `q consume --json` writes it; `topic` and `offset` are passed over when it is written back. */
export const newRecord = z
  .strictObject({
    key: z.string().nullable().optional(),
    keyBase64: base64.optional(),
    value: z.string().nullable().optional(),
    valueBase64: base64.optional(),
    headers: z.array(header).max(1_000).optional(),
    partition: partitionNumber.optional().describe('Without it the key chooses, as with every client.'),
    timestampMs: z.int().min(0).optional().describe('Without it: now.'),
    messageId: z
      .string()
      .min(1)
      .max(255)
      .optional()
      .describe('Names the record for a topic with `dedup.window.ms`: a second one of its name is not stored.'),
    topic: z.string().optional().describe('Passed over.'),
    offset: z.int().optional().describe('Passed over.'),
  })
  .meta({ id: 'NewRecord' });
export type NewRecord = z.output<typeof newRecord>;

export const produceBody = z
  .strictObject({ records: z.array(newRecord).min(1).max(limits.produceRecordsMax) })
  .meta({ id: 'NewRecords' });

export const produceQuery = z.strictObject({
  partition: whole(0, 2 ** 31 - 1)
    .optional()
    .describe('For all records that name none.'),
  compression: z.enum(['none', 'gzip', 'snappy', 'lz4', 'zstd']).optional(),
  timeoutMs: whole(1, 60_000).optional().describe('How long to wait until the records are durable.'),
});

export const produced = z
  .object({
    records: count.describe('How many were sent.'),
    stored: count.describe('How many of them are in the log.'),
    batches: z.array(
      z.object({
        partition: z.int(),
        records: count,
        baseOffset: z.int().describe('Of the first of them; -1 after an error.'),
        duplicate: z.boolean().describe('They were there already, from here.'),
        durability: z
          .enum(['fsync', 'interval', 'os', 'memory'])
          .nullable()
          .describe('What the answer was given under.'),
        error: partError,
      }),
    ),
  })
  .meta({ id: 'Produced' });

export const readQuery = z.strictObject({
  partition: partitionNumbers.optional().describe('Numbers of partitions: `0,3,7`. Without it all of the topic.'),
  from: placeSchema.optional().describe('Where to begin; `start` unless given, and `end` for a stream of events.'),
  to: placeSchema.optional().describe('Where to stop, exclusively. It ends a stream, too.'),
  limit: whole(1, limits.recordsMax)
    .optional()
    .describe(`Most records; ${limits.recordsDefault} unless given, and any number for a stream.`),
  follow: flag
    .optional()
    .describe('Wait for more at the end: NDJSON and events only. Events follow unless told otherwise.'),
  key: z.string().max(1_000).optional().describe('Only records with this key, as text.'),
  keyPrefix: z.string().max(1_000).optional().describe('Only records whose key begins so.'),
  contains: z.string().min(1).max(1_000).optional().describe('Only records whose value has this text in it.'),
  header: z.string().max(1_000).optional().describe('Only records with this header: `name`, or `name=value`.'),
  previewBytes: whole(0, 1 << 20)
    .optional()
    .describe('Values are cut to so many bytes; `valueBytes` tells how many there are.'),
  cursor: z.string().max(20_000).optional().describe('Go on where an answer said: its `next`.'),
});
export type ReadQuery = z.output<typeof readQuery>;

const readHeader = z.object({
  name: z.string(),
  value: z.string().nullable().optional(),
  valueBase64: z.string().optional(),
});

export const record = z
  .object({
    topic: topicName,
    partition: z.int(),
    offset: z.int(),
    timestampMs: z.int().describe('-1: it has none.'),
    key: z.string().nullable().optional(),
    keyBase64: z.string().optional().describe('In place of `key`, where that is not UTF-8.'),
    value: z.string().nullable().optional(),
    valueBase64: z.string().optional().describe('In place of `value`, where that is not UTF-8.'),
    valueBytes: count.optional().describe('How long the value is, where it was cut.'),
    headers: z.array(readHeader),
  })
  .meta({ id: 'Record' });

export const recordPage = z
  .object({
    records: z.array(record),
    next: z.string().nullable().describe('`cursor` of the next page; null: there is no more up to `to`, or the end.'),
    scanned: count.describe('Records that were looked at, whether they passed the filter or not.'),
  })
  .meta({ id: 'RecordPage' });
