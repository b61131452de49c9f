import { z } from 'zod';

const count = z.int().min(0);

const distribution = z
  .object({
    count,
    total: count,
    p50: count.describe('Percentiles are true to 2 %.'),
    p99: count,
    p999: count,
    max: count,
  })
  .readonly()
  .meta({ id: 'Distribution' });

const trafficWindow = z
  .object({
    windowMs: count.describe('Nominal length: 60000 or 300000.'),
    elapsedMs: count.describe('True length; what follows divided by it is a rate.'),
    recordsIn: count,
    bytesIn: count,
    recordsOut: count,
    bytesOut: count,
  })
  .readonly()
  .meta({ id: 'TrafficWindow' });

const windows = z.array(trafficWindow).readonly().describe('The last minute, and the last five.');

const traffic = { recordsIn: count, recordsOut: count, bytesIn: count, bytesOut: count, windows };

const errors = z.array(z.object({ error: z.string(), count }).readonly()).readonly();

const api = z.object({
  api: z.string().describe('Those of other protocols begin with the name of their door: kafka.Produce.'),
  requests: count,
  failed: count.describe('Answered with an error, or with one for a part of them.'),
  totalMicros: count,
  maxMicros: count,
  p50Micros: count,
  p99Micros: count,
  p999Micros: count,
  errors,
});

const network = {
  connections: count,
  clients: z
    .array(z.object({ door: z.string(), software: z.string(), softwareVersion: z.string(), connections: count }))
    .readonly()
    .describe('Open connections by the software at their other end.'),
  connectionsRefused: count,
  refusals: z.array(z.object({ reason: z.string(), count })).readonly(),
  failingClients: z
    .array(
      z.object({
        door: z.string(),
        clientId: z.string(),
        address: z.string(),
        errors: count.describe('Since it was noticed; an upper bound.'),
        lastError: z.string(),
        sinceLastMs: count,
      }),
    )
    .readonly()
    .describe('Who was answered with errors, the most first.'),
  connectionsDelayed: count.describe('Connections that waited until they were let in.'),
  throttledUsers: z
    .array(
      z.object({
        user: z.string(),
        clientId: z.string().describe('Of the request that was slowed down last.'),
        address: z.string(),
        kind: z.enum(['producerByteRate', 'consumerByteRate', 'requestPercentage']),
        times: count.describe('Requests that were slowed down since it was noticed; an upper bound.'),
        throttledMs: count.describe('For how long, all added up.'),
        forMs: count.describe('For how long it has been slowed down again and again; 0: it is not any more.'),
        sinceLastMs: count,
      }),
    )
    .readonly()
    .describe('Users that were slowed down because of a quota, the longest first.'),
};

const storage = z.object({
  roundMicros: distribution.describe('Rounds that make appends durable.'),
  roundRecords: distribution.describe('Records that each of them wrote: group commit.'),
  roundBytes: distribution,
  syncMicros: distribution.describe('Single syncs of the disk.'),
  openFiles: count,
  readsFromMemory: count,
  readsFromFiles: count,
});

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
        segments: count,
      })
      .describe("Of users' topics, without those that the broker keeps for itself."),
    usage: z.object({
      rssBytes: count,
      heapBytes: count,
      externalBytes: count.describe('Memory outside the heap of objects in it; buffers are part of it.'),
      bufferBytes: count,
      cpuUserMs: count,
      cpuSystemMs: count,
    }),
    disk: z.object({ freeBytes: count, totalBytes: count }).nullable().describe('Null: the records are in memory.'),
    ...traffic,
    topicTraffic: z
      .array(z.object({ topic: z.string(), ...traffic }))
      .readonly()
      .describe('The busiest topics of the last minute first.'),
    topicsLeftOut: count,
    rebalances: count,
    groupLags: z
      .array(
        z.object({
          groupId: z.string(),
          topic: z.string(),
          lagRecords: count,
          lagExact: z.boolean().describe('False: there may be fewer.'),
          lagMs: z.int().min(-1).describe('Age of the oldest record that is not committed; -1: not known yet.'),
        }),
      )
      .readonly()
      .describe('Those that are behind the longest first.'),
    groupLagsLeftOut: count,
    ...network,
    storage,
    loopDelayMicros: distribution.describe('How late the event loop came to its timers in the last ten seconds.'),
    garbage: z
      .object({ collections: count, micros: count })
      .nullable()
      .describe('Collections of garbage, and the time that they took.'),
    apis: z.array(api).readonly(),
    errors,
  })
  .meta({ id: 'Stats' });
