import type { GroupDescription, Isolation } from '@q/client';
import type { CommandContext, GlobalOptions } from '../command-context.ts';
import { counted } from '../output/counted.ts';
import { formatCount, formatDuration } from '../output/units.ts';
import { findUsers } from './topic-users.ts';
import type { HeldBack } from './topic-users.ts';

/** A partition that an open transaction keeps a reader of committed records from reading to its end. */
export interface HeldPartition {
  readonly topic: string;
  readonly partition: number;
  /** The first offset that is held back. */
  readonly from: number;
  readonly end: number;
  /** Null: nobody says whose transaction it is. */
  readonly by: HeldBack | null;
}

/** Where somebody has stopped reading, and how far they wanted to. */
export interface Reached {
  readonly topic: string;
  /** Of the partitions that are read. */
  readonly ends: ReadonlyMap<number, number>;
  readonly position: (partition: number) => number;
  readonly isolation: Isolation | undefined;
}

/** More than these are counted only. */
const toldMax = 10;
const topicsMax = 5;

/** What is held back, a line for each partition; asks the admin interface whose transactions they are. */
export async function heldText(
  context: CommandContext,
  { topic, ends, position, isolation }: Reached,
  options: GlobalOptions,
): Promise<string> {
  if (isolation === 'read_uncommitted') return '';
  const short = [...ends]
    .map(([partition, end]) => ({ topic, partition, from: position(partition), end }))
    .filter(({ from, end }) => from < end);
  if (short.length === 0) return '';
  const users = await findUsers(context, topic, options);
  const { heldBack = [] } = typeof users === 'string' ? {} : users;
  const holderIn = (partition: number): HeldBack | null =>
    heldBack.find((each) => each.partition === partition) ?? null;
  return heldLines(short.map((each) => ({ ...each, by: holderIn(each.partition) })));
}

/** All of a topic; none where the admin interface cannot be asked. */
export async function findHeldIn(
  context: CommandContext,
  topic: string,
  options: GlobalOptions,
): Promise<HeldPartition[]> {
  const users = await findUsers(context, topic, options);
  const { heldBack = [] } = typeof users === 'string' ? {} : users;
  return heldBack.map((by) => ({
    topic,
    partition: by.partition,
    from: by.lastStableOffset,
    end: by.highWatermark,
    by,
  }));
}

/**
 * Of the partitions in which records wait for a group. Of a few topics: the broker looks at all its groups for each.
 */
export async function findHeldOf(
  context: CommandContext,
  { partitions }: Pick<GroupDescription, 'partitions'>,
  options: GlobalOptions,
): Promise<HeldPartition[]> {
  const waiting = partitions.filter(({ topic, lag }) => topic !== '' && lag !== null && lag > 0);
  const topics = [...new Set(waiting.map(({ topic }) => topic))].slice(0, topicsMax);
  const held = await Promise.all(topics.map((topic) => findHeldIn(context, topic, options)));
  return held
    .flat()
    .filter((each) => waiting.some(({ topic, partition }) => topic === each.topic && partition === each.partition));
}

/** One line for each. */
export function heldLines(held: readonly HeldPartition[]): string {
  const lines = held.slice(0, toldMax).map((each) => `${heldLine(each)}\n`);
  const more = held.length - toldMax;
  return lines.join('') + (more > 0 ? `${counted(formatCount(more), 'more partition')} so\n` : '');
}

function heldLine({ topic, partition, from, end, by }: HeldPartition): string {
  const what = `${topic}/${partition}`;
  if (by === null) return `records of ${what} are held back by a transaction: offsets ${from} to ${end - 1}`;
  const held = `${counted(formatCount(end - from), 'offset')} of ${what} ${end - from === 1 ? 'is' : 'are'} held back by ${holderOf(by)}`;
  return by.transactionalId === null ? held : `${held}; q transaction describe ${by.transactionalId}`;
}

/** For one line: the first one, and how many more. */
export function heldSummary([first, ...more]: readonly HeldPartition[]): string {
  if (first === undefined) return '';
  const by = first.by === null ? 'a transaction' : holderOf(first.by);
  return `${first.topic}/${first.partition} by ${by}${more.length === 0 ? '' : `, and ${more.length} more`}`;
}

/** Whose transaction it is, and since when. */
function holderOf({ transactionalId, producerId, sinceMs, forMs }: HeldBack): string {
  const who = transactionalId === null ? `a transaction of producer ${producerId}` : `transaction ${transactionalId}`;
  if (sinceMs === null || forMs === null) return who;
  return `${who}, open since ${new Date(sinceMs).toISOString()}, for ${formatDuration(forMs)}`;
}
