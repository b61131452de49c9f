/** Groups: list, describe, seek with a preview, delete, forget offsets (row G3). */
import type { Asking, GroupDescription, MemberDescription, Services, TopicForgotten } from '@q/broker';
import type { QError } from '@q/protocol';
import type { z } from 'zod';
import { Problem } from '../http/problem.ts';
import { json, operation } from '../operation/operation.ts';
import { pageOf } from '../operation/query.ts';
import { partErrorOf } from '../operation/scalars.ts';
import {
  deletedGroup,
  describeGroupQuery,
  forgetBody,
  forgotten,
  groupDetails,
  groupList,
  groupMembers,
  groupParams,
  listGroupsQuery,
  seekBody,
  sought,
} from './group-schemas.ts';
import type { memberSchema } from './group-schemas.ts';
import { planSeek } from './seek-plan.ts';
import type { PlannedOffset } from './seek-plan.ts';

const listGroups = operation({
  id: 'listGroups',
  method: 'get',
  path: '/api/v1/groups',
  tag: 'groups',
  summary: 'Consumer groups with their states, members and offsets, by id.',
  query: listGroupsQuery,
  answer: json(groupList),
  handle: ({ query: { prefix = '', ...page } }, { services, who }) => {
    const { items, next } = pageOf(services.groups.list(prefix, who), page, (group) => group.groupId);
    return { groups: items, next };
  },
});

const describeGroup = operation({
  id: 'describeGroup',
  method: 'get',
  path: '/api/v1/groups/:group',
  tag: 'groups',
  summary: 'A group: its members, and each partition with its owner, committed offset and lag.',
  params: groupParams,
  query: describeGroupQuery,
  answer: json(groupDetails),
  errors: ['UNKNOWN_GROUP', 'INVALID_GROUP_ID'],
  handle: async ({ params, query }, { services, who }) =>
    groupOf(await services.groups.describe(params.group, who), query),
});

const listMembers = operation({
  id: 'listMembers',
  method: 'get',
  path: '/api/v1/groups/:group/members',
  tag: 'groups',
  summary: 'The members of a group, with what each has and is to have.',
  params: groupParams,
  answer: json(groupMembers),
  errors: ['UNKNOWN_GROUP', 'INVALID_GROUP_ID'],
  handle: async ({ params }, { services, who }) => {
    const { members } = await services.groups.describe(params.group, who);
    return { members: members.map(memberOf) };
  },
});

const seekGroup = operation({
  id: 'seekGroup',
  method: 'post',
  path: '/api/v1/groups/:group/seek',
  tag: 'groups',
  summary: 'Move the offsets of a group that has no members; without `execute`, show what would change.',
  params: groupParams,
  body: seekBody,
  answer: json(sought),
  errors: ['GROUP_NOT_EMPTY', 'UNKNOWN_TOPIC', 'UNKNOWN_PARTITION', 'OFFSET_OUT_OF_RANGE', 'GROUP_LIMIT'],
  handle: async ({ params, body: { targets, execute = false } }, context) => {
    using caller = context.openCaller();
    const { services, tools } = context;
    const options = { groupId: params.group, targets, nowMs: tools.clock.now() };
    const planned = await planSeek(services, caller, options);
    return await reset(services, { groupId: params.group, planned, execute }, caller);
  },
});

const deleteGroup = operation({
  id: 'deleteGroup',
  method: 'delete',
  path: '/api/v1/groups/:group',
  tag: 'groups',
  summary: 'Delete a group that has no members, with its offsets.',
  params: groupParams,
  answer: json(deletedGroup),
  errors: ['UNKNOWN_GROUP', 'GROUP_NOT_EMPTY', 'INVALID_GROUP_ID'],
  handle: async ({ params }, { services, who }) => ({
    offsets: await services.groups.changes.deleteGroup(params.group, who),
  }),
});

const forgetOffsets = operation({
  id: 'forgetOffsets',
  method: 'post',
  path: '/api/v1/groups/:group/forget',
  tag: 'groups',
  summary: 'Forget what a group has committed in topics that no member reads.',
  params: groupParams,
  body: forgetBody,
  answer: json(forgotten),
  errors: ['UNKNOWN_GROUP', 'UNKNOWN_TOPIC', 'INVALID_GROUP_ID'],
  handle: async ({ params, body }, { services, who }) => {
    const topics = body.topics.map(({ topic, topicId, partitions = null }, index) => ({
      topicId: topicIdOf(services, { topic, topicId, index }, who),
      partitions,
    }));
    const results: readonly TopicForgotten[] = await services.groups.changes.deleteOffsets(
      {
        groupId: params.group,
        topics,
      },
      who,
    );
    return { topics: results.map(({ error, ...result }) => ({ ...result, error: partErrorOf(error) })) };
  },
});

export const groupOperations = [listGroups, describeGroup, listMembers, seekGroup, deleteGroup, forgetOffsets] as const;

export function groupOf(
  { partitions, members, ...group }: GroupDescription,
  { limit, after }: { readonly limit?: number | undefined; readonly after?: string | undefined },
): z.input<typeof groupDetails> {
  // A blank sorts before every character of a name, so that these keys have the order of the list.
  const { items, next } = pageOf(partitions, { limit, after }, (place) => `${place.name} ${padded(place.partition)}`);
  const known = partitions.filter(({ lag }) => lag >= 0);
  return {
    ...group,
    lag: known.reduce((sum, { lag }) => sum + lag, 0),
    lagExact: partitions.every(({ lagExact }) => lagExact),
    members: members.map(memberOf),
    partitionCount: partitions.length,
    partitions: items,
    next,
  };
}

function padded(partition: number): string {
  return String(partition).padStart(10, '0');
}

function memberOf({ topics, assigned, target, ...member }: MemberDescription): z.input<typeof memberSchema> {
  const plain = (list: MemberDescription['assigned']): { topicId: string; name: string; partitions: number[] }[] =>
    list.map((topic) => ({ ...topic, partitions: [...topic.partitions] }));
  return { ...member, topics: [...topics], assigned: plain(assigned), target: plain(target) };
}

/** All or nothing: when one cannot be set, none is, and whoever wanted them set hears of an error. */
async function reset(
  { groups }: Services,
  { groupId, planned, execute }: { groupId: string; planned: readonly PlannedOffset[]; execute: boolean },
  who: Asking,
): Promise<z.input<typeof sought>> {
  const byTopic = Map.groupBy(planned, ({ topicId }) => topicId);
  const wanted = Array.from(byTopic, ([topicId, places]) => ({
    topicId,
    partitions: places.map(({ partition, offset }) => ({ partition, offset })),
  }));
  const results = await groups.changes.reset({ groupId, validateOnly: true, topics: wanted }, who);
  const offsets = results.flatMap(({ topicId, partitions }) => {
    const places = byTopic.get(topicId)!;
    return partitions.map(({ partition, previousOffset, offset, error }, index) => {
      const { topic, endOffset } = places[index]!;
      return { topic, partition, previousOffset, offset, endOffset, error };
    });
  });
  if (!execute) return { executed: false, offsets: offsets.map(told) };
  const wrong = offsets.filter(({ error }) => error !== null);
  if (wrong.length > 0) throw refused(wrong);
  const done = await groups.changes.reset({ groupId, validateOnly: false, topics: wanted }, who);
  const failed = done.flatMap(({ partitions }) => partitions).find(({ error }) => error !== null);
  if (failed?.error) throw failed.error;
  return { executed: true, offsets: offsets.map(told) };
}

type Checked = Omit<z.input<typeof sought>['offsets'][number], 'error'> & { readonly error: QError | null };

function told({ error, ...place }: Checked): z.input<typeof sought>['offsets'][number] {
  return { ...place, error: partErrorOf(error) };
}

function refused(wrong: readonly Checked[]): Problem {
  const [first] = wrong;
  const errors = wrong.slice(0, 20).map(({ topic, partition, offset, error }) => ({
    field: `body.targets ${topic} ${partition}`,
    value: String(offset),
    allowed: error!.message,
  }));
  return new Problem(first!.error!.code, `${first!.error!.message}; nothing was set`, { errors });
}

function topicIdOf(
  { topics }: Services,
  { topic, topicId, index }: { topic: string | undefined; topicId: string | undefined; index: number },
  who: Asking,
): string {
  if (topicId !== undefined && topic === undefined) return topicId;
  const field = `body.topics.${index}`;
  if (topic === undefined || topicId !== undefined) {
    throw new Problem('INVALID_REQUEST', `${field} names a topic by its name or by its id`, {
      errors: [{ field, value: null, allowed: 'either topic or topicId' }],
    });
  }
  const found = topics.idOf(topic);
  if (found !== undefined) return found;
  throw topics.missing(topic, who);
}
