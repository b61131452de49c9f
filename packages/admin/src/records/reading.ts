/** What somebody wants to read of a topic, and the three ways in which they get it: a page, lines, events. */
import type { OwnedCaller } from '@q/broker';
import { toWireError } from '@q/broker';
import { QError } from '@q/protocol';
import type { RecordView } from '@q/protocol';
import type { z } from 'zod';
import { Problem, problemBody } from '../http/problem.ts';
import { limits } from '../limits.ts';
import type { RequestContext } from '../operation/operation.ts';
import { eventGreeting, eventText } from '../stream/events.ts';
import { cursorText, readCursor } from './cursor.ts';
import type { Positions } from './cursor.ts';
import { choosePartitions, findPlaces } from './partition-place.ts';
import type { PartitionPlace } from './partition-place.ts';
import { recordFilter } from './record-filter.ts';
import { recordJson } from './record-json.ts';
import type { ReadQuery, recordPage } from './record-schemas.ts';
import { TopicReader } from './topic-reader.ts';

/** A reader at its beginning. */
export interface Reading {
  readonly topic: string;
  readonly reader: TopicReader;
  readonly query: ReadQuery;
  readonly follows: boolean;
  /** `Last-Event-ID` or `cursor` said where to begin. */
  readonly tools: RequestContext['tools'];
}

/**
 * Finds the topic, and where to begin and to stop in it. Without a stop a reader that does not follow ends where the
 * partitions end now.
 * @throws QError UNKNOWN_TOPIC, UNKNOWN_PARTITION, OFFSET_OUT_OF_RANGE. Problem INVALID_REQUEST
 */
export async function beginReading(
  { topic: name, query, follows }: { readonly topic: string; readonly query: ReadQuery; readonly follows: boolean },
  context: RequestContext,
  caller: OwnedCaller,
): Promise<Reading> {
  const { services, tools, request } = context;
  const [found] = services.topics.find([name], caller, { mayCreate: false });
  if (found!.error !== null) throw found!.error;
  const { route } = found!;
  const partitions = choosePartitions(route, query.partition);
  if (partitions.length > limits.readPartitionsMax) throw tooManyPartitions(name, partitions.length);
  const sought = { topicId: route.topicId, partitions, nowMs: tools.clock.now() };
  const from = query.from ?? { kind: follows ? 'end' : 'start' };
  const starts = await findPlaces(services, caller, { ...sought, place: from });
  checkOffsets(name, from.kind === 'offset', starts);
  const stops =
    follows && query.to === undefined
      ? null
      : await findPlaces(services, caller, { ...sought, place: query.to ?? { kind: 'end' } });
  const lastId = request.headers.get('last-event-id');
  const asked = lastId ?? query.cursor;
  const resumed =
    asked === undefined ? null : readCursor(asked, lastId === null ? 'query.cursor' : 'header.last-event-id');
  const reader = new TopicReader({
    context,
    caller,
    topic: { name, topicId: route.topicId },
    positions: positionsOf(starts, resumed),
    stops: stops === null ? null : stopsOf(stops),
    filter: recordFilter(query),
  });
  return { topic: name, reader, query, follows, tools };
}

/** One page: as many as are wanted, or as can be looked through in `pageMs`. */
export async function readPage({ reader, topic, query, tools }: Reading): Promise<z.input<typeof recordPage>> {
  const { limit = limits.recordsDefault, previewBytes } = query;
  const records: z.input<typeof recordPage>['records'] = [];
  const deadline = tools.clock.monotonic() + pageMs;
  let bytes = 0;
  const isFull = (): boolean => records.length >= limit || bytes >= pageBytesMax;
  while (!reader.isDone && !isFull() && tools.clock.monotonic() < deadline) {
    for await (const record of reader.look(0)) {
      records.push(recordJson(record, { topic, previewBytes }));
      bytes += sizeOf(record, previewBytes);
      if (isFull()) break;
    }
  }
  return { records, next: reader.isDone ? null : cursorText(reader.positions), scanned: reader.scanned };
}

/** How long a page is looked for, where a filter leaves out nearly everything. */
const pageMs = 5_000;
/** Bytes of keys and values from which on a page is full, however few records it has. */
const pageBytesMax = 8 << 20;

/** A record a line. */
export async function* readLines(reading: Reading): AsyncGenerator<string, void, undefined> {
  const { topic, query } = reading;
  for await (const record of wantedRecords(reading))
    if (record !== null) yield `${JSON.stringify(recordJson(record, { topic, previewBytes: query.previewBytes }))}\n`;
}

/**
 * A record an event. Its id is where to go on: of every record where that is short, else only at the end of a look, so
 * that a reader that comes back may see some again, and misses none.
 */
export async function* readEvents(reading: Reading, signal: AbortSignal): AsyncGenerator<string, void, undefined> {
  const { topic, query, reader } = reading;
  const hasShortIds = reader.positions.size <= limits.idPartitionsMax;
  const place = (): string => cursorText(reader.positions);
  yield eventGreeting;
  yield eventText({ event: 'begin', data: { positions: positionsJson(reader.positions) }, id: place() });
  try {
    for await (const record of wantedRecords(reading)) {
      if (record === null) {
        if (!hasShortIds) yield eventText({ event: 'place', data: {}, id: place() });
        continue;
      }
      const data = recordJson(record, { topic, previewBytes: query.previewBytes });
      yield eventText({ event: 'record', data, id: hasShortIds ? place() : undefined });
    }
    if (!signal.aborted) yield eventText({ event: 'end', data: { next: place() }, id: place() });
  } catch (error) {
    // The status was sent long ago: who reads events is told by one.
    const problem = error instanceof Problem ? error : Problem.from(toWireError(error));
    if (!signal.aborted) yield eventText({ event: 'error', data: problemBody(problem) });
  }
}

/** The records that are wanted, and null at the end of each look that has given some. */
async function* wantedRecords({
  reader,
  query,
  follows,
  tools,
}: Reading): AsyncGenerator<RecordView | null, void, undefined> {
  let left = query.limit ?? Number.MAX_SAFE_INTEGER;
  while (left > 0 && !reader.isDone && tools.phase() === 'ready') {
    const before = reader.scanned;
    for await (const record of reader.look(follows ? limits.heartbeatMs : 0)) {
      yield record;
      left -= 1;
      if (left === 0) return;
    }
    if (reader.scanned > before) yield null;
  }
}

function positionsOf(starts: readonly PartitionPlace[], resumed: Positions | null): Map<number, number> {
  return new Map(
    starts.map(({ partition, offset, startOffset }) => [
      partition,
      Math.max(startOffset, resumed?.get(partition) ?? offset),
    ]),
  );
}

/** What does not exist yet is not waited for: a stop is where the partition ends, at most. */
function stopsOf(stops: readonly PartitionPlace[]): Map<number, number> {
  return new Map(stops.map(({ partition, offset, endOffset }) => [partition, Math.min(offset, endOffset)]));
}

function positionsJson(positions: Positions): { partition: number; offset: number }[] {
  return Array.from(positions, ([partition, offset]) => ({ partition, offset }));
}

function sizeOf(record: RecordView, previewBytes = Number.MAX_SAFE_INTEGER): number {
  return Math.max(0, record.keyBytes) + Math.min(Math.max(0, record.valueBytes), previewBytes) + recordOverheadBytes;
}

/** Names, numbers and brackets around a record. */
const recordOverheadBytes = 150;

/** An offset that somebody has written must be there. */
function checkOffsets(topic: string, isWritten: boolean, places: readonly PartitionPlace[]): void {
  if (!isWritten) return;
  const wrong = places.find(({ offset, startOffset, endOffset }) => offset < startOffset || offset > endOffset);
  if (wrong === undefined) return;
  const { partition, offset, startOffset, endOffset } = wrong;
  const holds = startOffset === endOffset ? `is empty at ${endOffset}` : `has ${startOffset} to ${endOffset}`;
  throw new QError(
    'OFFSET_OUT_OF_RANGE',
    `offset ${offset} is not in partition ${partition} of topic ${topic}, which ${holds}`,
    {
      details: { topic, partition, offset, logStartOffset: startOffset, logEndOffset: endOffset },
    },
  );
}

function tooManyPartitions(topic: string, partitions: number): Problem {
  const allowed = `at most ${limits.readPartitionsMax} partitions at once`;
  return new Problem('INVALID_REQUEST', `topic ${topic} has ${partitions} partitions; name ${allowed}`, {
    errors: [{ field: 'query.partition', value: null, allowed }],
  });
}
