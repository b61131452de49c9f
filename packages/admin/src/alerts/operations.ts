/** What is wrong with the broker, and how it does (rows O4, M1). */
import type { ClearedCondition, Condition, GroupBehind } from '@q/broker';
import { z } from 'zod';
import { json, operation } from '../operation/operation.ts';
import { alertsSchema, healthSchema } from './alert-schema.ts';
import type { alertSchema, groupLagSchema } from './alert-schema.ts';

/** As much as fits a screen. */
const shownGroups = 10;
const shownTopics = 5;
const shownClients = 5;

const listAlerts = operation({
  id: 'listAlerts',
  method: 'get',
  path: '/api/v1/alerts',
  tag: 'health',
  summary: 'What is wrong with the broker now, since when, and what to do about it.',
  query: z.strictObject({
    state: z
      .enum(['raised', 'all'])
      .default('raised')
      .describe('`all`: what was cleared in this run as well, the latest first.'),
  }),
  answer: json(alertsSchema),
  handle: ({ query }, { services, tools, who }) => {
    const { status, conditions, cleared, omitted } = services.health.report(who);
    const past = query.state === 'all' ? cleared.map(clearedAlert) : [];
    return { status, nowMs: tools.clock.now(), alerts: [...conditions.map(raisedAlert), ...past], omitted };
  },
});

const getHealth = operation({
  id: 'getHealth',
  method: 'get',
  path: '/api/v1/health',
  tag: 'health',
  summary: 'Whether the broker is well, which groups are behind, what fills its disk, and who sends bad requests.',
  answer: json(healthSchema),
  handle: async (_input, { services, tools, who }) => {
    const { health, identity, dataFolder, stats } = services;
    const { status, conditions, omitted, lookedMs, writesRefused } = health.report(who);
    const [{ path, disk, topics }, { uptimeMs, network }] = await Promise.all([
      dataFolder.describe(who),
      stats.snapshot(who),
    ]);
    const behind = health.lags(who).filter(({ lag }) => lag > 0);
    const { brokerId, clusterId, softwareVersion: version } = identity;
    return {
      status,
      phase: tools.phase(),
      version,
      clusterId,
      brokerId,
      uptimeMs,
      nowMs: tools.clock.now(),
      lookedMs,
      writes: { taken: writesRefused === null, reason: writesRefused },
      alerts: conditions.map(raisedAlert),
      omitted,
      groups: most(behind, ({ lag }) => lag, shownGroups).map(groupLag),
      groupsBehind: behind.length,
      disk: path === null || disk === null ? null : { path, ...disk },
      topics: most(
        topics.map(({ name, partitionBytes }) => ({ topic: name, bytes: sum(partitionBytes) })),
        ({ bytes }) => bytes,
        shownTopics,
      ),
      clients: network.failingClients.slice(0, shownClients).map((client) => ({ ...client })),
    };
  },
});

export const alertOperations = [listAlerts, getHealth] as const;

function raisedAlert(condition: Condition): z.input<typeof alertSchema> {
  return { ...condition, state: 'raised', clearedMs: null };
}

function clearedAlert(condition: ClearedCondition): z.input<typeof alertSchema> {
  return { ...condition, state: 'cleared' };
}

function groupLag(group: GroupBehind): z.input<typeof groupLagSchema> {
  const { groupId, topic, members, lag, behindSinceMs, progressedMs } = group;
  return { group: groupId, topic, members, lag, behindSinceMs, progressedMs, trend: trendOf(group) };
}

function trendOf({ lag, lagBefore, isGrowing }: GroupBehind): z.input<typeof groupLagSchema>['trend'] {
  if (lag === 0) return 'caught-up';
  if (lagBefore === null) return 'unknown';
  // From nothing a lag has only risen.
  return isGrowing || lagBefore === 0 ? 'not-falling' : 'falling';
}

function most<T>(list: readonly T[], of: (each: T) => number, count: number): T[] {
  return list.toSorted((left, right) => of(right) - of(left)).slice(0, count);
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, each) => total + each, 0);
}
