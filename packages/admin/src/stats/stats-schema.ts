import { z } from 'zod';

const count = z.int().min(0);

/** A broker in numbers, as `q stats` shows it. Counts are those since its start. */
export const statsSchema = z
  .object({
    status: z.enum(['starting', 'ready', 'stopping', 'failed']),
    brokerId: z.int(),
    softwareVersion: z.string(),
    uptimeMs: count,
    durability: z.string().describe('What an acknowledgement means for topics that do not choose.'),
    holdings: z
      .object({
        topics: count,
        partitions: count,
        messages: count,
        messagesExact: z.boolean().describe('False: there may be fewer messages.'),
        bytes: count,
      })
      .describe("Of users' topics, without those that the broker keeps for itself."),
    usage: z.object({
      rssBytes: count,
      heapBytes: count,
      bufferBytes: count,
      cpuUserMs: count,
      cpuSystemMs: count,
    }),
    disk: z.object({ freeBytes: count, totalBytes: count }).nullable().describe('Null: the records are in memory.'),
    connections: count,
    recordsIn: count,
    recordsOut: count,
    bytesIn: count,
    bytesOut: count,
    apis: z.array(
      z.object({
        api: z.string(),
        requests: count,
        failed: count,
        totalMicros: count,
        maxMicros: count,
      }),
    ),
    errors: z.array(z.object({ error: z.string(), count })),
  })
  .meta({ id: 'Stats' });
