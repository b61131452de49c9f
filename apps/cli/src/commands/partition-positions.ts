import type { Q } from '@q/client';
import { CommandError } from '../command-error.ts';
import { ExitCode } from '../exit-code.ts';
import { resolvePosition, timestampToLookUp } from '../input/offset-expression.ts';
import type { PartitionEnds, Position } from '../input/offset-expression.ts';

export interface PartitionPosition extends PartitionEnds {
  readonly partition: number;
  /** What the position means in this partition; an absolute offset may lie outside of it. */
  readonly offset: number;
}

export interface PositionQuery {
  readonly topic: string;
  /** `undefined` asks about all of them. */
  readonly partitions: readonly number[] | undefined;
  readonly position: Position;
  readonly nowMs: number;
}

/** Asks the broker what a position means in each partition at this moment. */
export async function resolveInPartitions(q: Q, query: PositionQuery): Promise<PartitionPosition[]> {
  const described = await q.admin.describeTopic(query.topic);
  checkPartitions(query, described.partitions.length);
  const wanted = described.partitions.filter(({ partition }) => query.partitions?.includes(partition) ?? true);
  const timestampMs = timestampToLookUp(query.position, query.nowMs);
  const atTime = timestampMs === null ? null : await q.admin.offsetsForTimestamp(query.topic, timestampMs);
  return wanted.map(({ partition, logStartOffset, highWatermark, messages, messagesExact }) => {
    const isGapless = messagesExact && messages === highWatermark - logStartOffset;
    const ends = { startOffset: logStartOffset, endOffset: highWatermark, isGapless };
    return { partition, ...ends, offset: resolvePosition(query.position, ends, atTime?.[partition] ?? null) };
  });
}

function checkPartitions(query: PositionQuery, count: number): void {
  const unknown = query.partitions?.find((partition) => partition >= count);
  if (unknown === undefined) return;
  const range = count === 1 ? 'only partition 0' : `partitions 0 to ${count - 1}`;
  const hint = `it has ${range}`;
  throw new CommandError(ExitCode.notFound, `${query.topic} has no partition ${unknown}`, {
    code: 'UNKNOWN_PARTITION',
    hint,
  });
}
