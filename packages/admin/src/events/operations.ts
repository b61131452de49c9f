/** Events that tell how something is, again and again: statistics and groups. */
import { z } from 'zod';
import { groupOf } from '../groups/operations.ts';
import { groupDetails, groupList, groupParams } from '../groups/group-schemas.ts';
import { limits } from '../limits.ts';
import { operation, own } from '../operation/operation.ts';
import type { RequestContext } from '../operation/operation.ts';
import { pageOf, whole } from '../operation/query.ts';
import { statsOf } from '../stats/operations.ts';
import { statsSchema } from '../stats/stats-schema.ts';
import { eventHeartbeat, eventStream } from '../stream/events.ts';
import { snapshots } from '../stream/snapshots.ts';

const intervalMsDefault = 2_000;
const intervalMs = whole(limits.intervalMsMin, limits.intervalMsMax)
  .optional()
  .describe(`Between two events, in ms; ${intervalMsDefault} unless given.`);
const eventsQuery = z.strictObject({ intervalMs });

const watchStats = operation({
  id: 'watchStats',
  method: 'get',
  path: '/api/v1/events/stats',
  tag: 'events',
  summary: 'What the broker holds, uses and has done, as it changes: events `stats`.',
  query: eventsQuery,
  answer: own({
    [eventStream]: { schema: statsSchema, description: 'Events `stats`, each as GET /api/v1/stats has it.' },
  }),
  handle: ({ query }, context) => {
    const { services, tools, who } = context;
    return watched('stats', query, context, async () => statsOf(await services.stats.snapshot(who), tools.phase()));
  },
});

const watchGroups = operation({
  id: 'watchGroups',
  method: 'get',
  path: '/api/v1/events/groups',
  tag: 'events',
  summary: 'The list of groups, as it changes: events `groups`.',
  query: z.strictObject({ intervalMs, prefix: z.string().max(1_000).optional().describe('Only ids that begin so.') }),
  answer: own({
    [eventStream]: { schema: groupList, description: 'Events `groups`, each the first page of GET /api/v1/groups.' },
  }),
  handle: ({ query }, context) =>
    watched('groups', query, context, () => {
      const { items, next } = pageOf(
        context.services.groups.list(query.prefix ?? '', context.who),
        { limit: limits.pageMax },
        (group) => group.groupId,
      );
      return { groups: items, next };
    }),
});

const watchGroup = operation({
  id: 'watchGroup',
  method: 'get',
  path: '/api/v1/events/groups/:group',
  tag: 'events',
  summary: 'A group, as it changes: events `group`.',
  params: groupParams,
  query: eventsQuery,
  answer: own({
    [eventStream]: { schema: groupDetails, description: 'Events `group`, each as GET /api/v1/groups/{group} has it.' },
  }),
  errors: ['UNKNOWN_GROUP', 'INVALID_GROUP_ID'],
  handle: async ({ params, query }, context) => {
    const look = async (): Promise<object> =>
      groupOf(await context.services.groups.describe(params.group, context.who), { limit: limits.pageMax });
    // A group that is not there is an error of the request, before anything is sent.
    await look();
    return watched('group', query, context, look);
  },
});

export const eventOperations = [watchStats, watchGroups, watchGroup] as const;

function watched(
  event: string,
  { intervalMs: interval = intervalMsDefault }: { readonly intervalMs?: number | undefined },
  { streams, who, tools: { clock }, holds, onChange, cut }: RequestContext,
  look: () => unknown,
): Response {
  return streams.respond({
    type: eventStream,
    who,
    heartbeat: eventHeartbeat,
    holds,
    onChange,
    cut,
    source: (signal) => snapshots({ event, clock, intervalMs: interval, signal, look }),
  });
}
