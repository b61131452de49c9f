import { z } from 'zod';

const count = z.int().min(0);
const moment = z.number().describe('In ms since 1970.');

export const alertSchema = z
  .object({
    name: z.string().describe('Of the kind of trouble, such as `disk.full`. Stable.'),
    subject: z.string().describe('What it is about, such as `orders/3`; empty for the broker as a whole.'),
    state: z.enum(['raised', 'cleared']),
    severity: z.enum(['warning', 'critical']),
    sinceMs: moment,
    clearedMs: moment.nullable(),
    reason: z.string().describe('What is so, in one sentence.'),
    action: z.string().describe('What to do about it.'),
    figures: z
      .record(z.string(), z.union([z.number(), z.string()]))
      .describe('The same for programs; units are in the names.'),
  })
  .meta({ id: 'Alert' });

export const statusSchema = z
  .enum(['healthy', 'degraded', 'critical'])
  .describe('`degraded`: something wants a look. `critical`: something is lost, or will be soon.');

export const alertsSchema = z
  .object({
    status: statusSchema,
    nowMs: moment.describe('By the clock of the broker, in ms since 1970.'),
    alerts: z.array(alertSchema).describe('Raised ones: the critical ones first, then by when they were raised.'),
    omitted: count.describe('Raised ones beyond what can be told.'),
  })
  .meta({ id: 'Alerts' });

export const groupLagSchema = z
  .object({
    group: z.string(),
    topic: z.string(),
    members: count,
    lag: count.describe('Records that it has not committed; may be more than there are in a compacted topic.'),
    behindSinceMs: moment.nullable().describe('Since when there is any, as this run of the broker has seen it.'),
    progressedMs: moment.nullable().describe('When a commit last moved it on.'),
    trend: z
      .enum(['caught-up', 'falling', 'not-falling', 'unknown'])
      .describe('Over the last `lagWindowMs`; unknown until half of it has passed.'),
  })
  .meta({ id: 'GroupBehind' });

export const healthSchema = z
  .object({
    status: statusSchema,
    phase: z.enum(['starting', 'ready', 'stopping', 'failed']),
    version: z.string(),
    clusterId: z.string(),
    brokerId: z.int(),
    uptimeMs: count,
    nowMs: moment.describe('By the clock of the broker, as all moments here; in ms since 1970.'),
    lookedMs: moment.nullable().describe('When the broker last looked at itself.'),
    writes: z.object({
      taken: z.boolean(),
      reason: z.string().nullable().describe('Why records are refused. Reads go on.'),
    }),
    alerts: z.array(alertSchema),
    omitted: count,
    groups: z.array(groupLagSchema).describe('The groups that are furthest behind.'),
    groupsBehind: count.describe('All that are behind, topic by topic.'),
    disk: z
      .object({ path: z.string(), freeBytes: count, totalBytes: count })
      .nullable()
      .describe('Where the records are; null: in memory.'),
    topics: z.array(z.object({ topic: z.string(), bytes: count })).describe('What takes most of the room.'),
    clients: z
      .array(
        z.object({
          door: z.string().describe('The protocol that it speaks.'),
          clientId: z.string().describe('As it names itself; empty when it does not.'),
          address: z.string(),
          errors: count.describe('What it was answered with; an upper bound.'),
          lastError: z.string(),
          sinceLastMs: count,
        }),
      )
      .describe('Who is answered with errors, the worst first.'),
  })
  .meta({ id: 'Health' });
