/** The cluster: its brokers, and where their data is. */
import { z } from 'zod';
import { json, operation } from '../operation/operation.ts';
import { count } from '../operation/scalars.ts';

const clusterSchema = z
  .object({
    clusterId: z.string(),
    software: z.string(),
    softwareVersion: z.string(),
    brokers: z.array(
      z.object({
        brokerId: z.int(),
        status: z.enum(['starting', 'ready', 'stopping', 'failed']),
        term: count.describe('Goes up with each start.'),
        adminUrl: z.string(),
        dataDir: z.string().nullable().describe('Null: the records are in memory.'),
        disk: z.object({ freeBytes: count, totalBytes: count }).nullable(),
        durability: z.string().describe('What an acknowledgement means for topics that do not choose.'),
        uptimeMs: count,
      }),
    ),
    topics: count,
    partitions: count,
    groups: count,
  })
  .meta({ id: 'Cluster' });

const describeCluster = operation({
  id: 'describeCluster',
  method: 'get',
  path: '/api/v1/cluster',
  tag: 'cluster',
  summary: 'The brokers of the cluster, and how much it holds.',
  answer: json(clusterSchema),
  handle: async (_input, { services, tools, who }) => {
    const { clusterId, brokerId, software, softwareVersion, term } = services.identity;
    const { holdings, durability, uptimeMs, disk } = await services.stats.snapshot(who);
    const { dataDir } = services.facts;
    const broker = { brokerId, status: tools.phase(), term, adminUrl: tools.url, dataDir, disk, durability, uptimeMs };
    const { topics, partitions } = holdings;
    const groups = services.groups.list('', who).length;
    return { clusterId, software, softwareVersion, brokers: [broker], topics, partitions, groups };
  },
});

export const clusterOperations = [describeCluster] as const;
