import type { ConsumerOptions, Isolation, Q } from '@q/client';
import type { GlobalOptions } from '../command-context.ts';
import type { OffsetRange, Position } from '../input/offset-expression.ts';
import { timestampOf } from '../input/time-expression.ts';
import { resolveInPartitions } from './partition-positions.ts';
import type { PartitionPosition } from './partition-positions.ts';

/** For each partition that is read up to somewhere, the first offset that is not wanted any more. */
export type StopOffsets = ReadonlyMap<number, number>;

export interface ConsumePlan {
  readonly consumer: ConsumerOptions;
  readonly stopOffsets: StopOffsets;
  /** Up to where each partition is there, as far as it is wanted. */
  readonly ends: ReadonlyMap<number, number>;
}

/** What the options of `q consume` ask for. */
export interface ConsumeOptions extends GlobalOptions {
  readonly offset: OffsetRange;
  readonly count?: number;
  readonly exit?: boolean;
  readonly partition?: readonly number[];
  readonly format?: string;
  /** Reads as a member of this group, which gives out the partitions and keeps the offsets. */
  readonly group?: string;
  readonly isolation?: Isolation;
}

export type ConsumeRequest = Pick<ConsumeOptions, 'offset' | 'exit' | 'partition'> & { readonly nowMs: number };

/**
 * Turns `-o`, `-e` and `-p` into what the consumer needs; `null` when there is nothing to read.
 *
 * Without a range the consumer gets the position itself, so that an absolute offset that a partition does not have is
 * an error and partitions that are added later are found. With a range there is a fixed set of records: those of it
 * that exist now, so it is cut to what each partition has, and never waits.
 */
export async function planConsumption(q: Q, topic: string, request: ConsumeRequest): Promise<ConsumePlan | null> {
  const { from, to } = request.offset;
  if (to !== null) return planRange(q, topic, { ...request, from, to });
  // Asked for its checks alone: a consumer of a topic or partition that is not there would wait for it to appear.
  const positions = await resolveInPartitions(q, {
    topic,
    partitions: request.partition,
    position: { kind: 'end' },
    nowMs: request.nowMs,
  });
  if (from.kind === 'offset') await checkOffset(topic, from.offset, positions);
  const consumer: ConsumerOptions = {
    partitions: request.partition ?? 'all',
    from: startOf(from, request.nowMs),
    stopAtEnd: request.exit === true,
  };
  return { consumer, stopOffsets: new Map(), ends: new Map(positions.map((at) => [at.partition, at.endOffset])) };
}

/** With `-e` a consumer that begins after the end has nothing to do and nothing to say. */
async function checkOffset(topic: string, offset: number, positions: readonly PartitionPosition[]): Promise<void> {
  const missing = positions.find(({ startOffset, endOffset }) => offset < startOffset || offset > endOffset);
  if (missing === undefined) return;
  const { partition, startOffset, endOffset } = missing;
  const { QError } = await import('@q/client');
  const holds = startOffset === endOffset ? `is empty at ${endOffset}` : `has ${startOffset} to ${endOffset}`;
  throw new QError(
    'OFFSET_OUT_OF_RANGE',
    `offset ${offset} is not in ${topic}, partition ${partition}, which ${holds}`,
    {
      details: { topic, partition, offset, logStartOffset: startOffset, logEndOffset: endOffset },
    },
  );
}

function startOf(position: Position, nowMs: number): NonNullable<ConsumerOptions['from']> {
  switch (position.kind) {
    case 'start':
      return 'earliest';
    case 'end':
      return 'latest';
    case 'offset':
      return { offset: position.offset };
    case 'last':
      return { last: position.count };
    case 'time':
      return { timestampMs: timestampOf(position.time, nowMs) };
  }
}

async function planRange(
  q: Q,
  topic: string,
  o: ConsumeRequest & { from: Position; to: Position },
): Promise<ConsumePlan | null> {
  const query = { topic, partitions: o.partition, nowMs: o.nowMs };
  const starts = await resolveInPartitions(q, { ...query, position: o.from });
  const stops = await resolveInPartitions(q, { ...query, position: o.to });
  const offsets: Record<number, number> = {};
  const stopOffsets = new Map<number, number>();
  for (const [index, start] of starts.entries()) {
    const from = Math.max(start.offset, start.startOffset);
    const to = Math.min(stops[index]?.offset ?? start.endOffset, start.endOffset);
    if (from >= to) continue;
    offsets[start.partition] = from;
    stopOffsets.set(start.partition, to);
  }
  if (stopOffsets.size === 0) return null;
  // The end stops a partition whose last wanted records were compacted away, and which never yields its stop offset.
  const consumer = { partitions: [...stopOffsets.keys()], from: { offset: offsets }, stopAtEnd: true };
  return { consumer, stopOffsets, ends: stopOffsets };
}
