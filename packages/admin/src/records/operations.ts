/** Records: send some, read some, and follow what comes (rows P1, C1, C2). */
import type { AppendResult, Appending, Asking, Services } from '@q/broker';
import { QError } from '@q/protocol';
import type { z } from 'zod';
import { json, operation, own } from '../operation/operation.ts';
import type { RequestContext } from '../operation/operation.ts';
import { partErrorOf } from '../operation/scalars.ts';
import { eventHeartbeat, eventStream, lineStream } from '../stream/events.ts';
import { batchesOf } from './batches-to-send.ts';
import type { BatchToSend } from './batches-to-send.ts';
import { readNewRecords, recordTypes } from './new-records.ts';
import { beginReading, readEvents, readLines, readPage } from './reading.ts';
import type { Reading } from './reading.ts';
import { produceBody, produceQuery, produced, readQuery, record, recordPage, recordParams } from './record-schemas.ts';

const produceTimeoutMs = 30_000;
/** A batch that is sent is about so large, or as large as the topic takes. */
const batchBytesMax = 1 << 20;

const produceRecords = operation({
  id: 'produceRecords',
  method: 'post',
  path: '/api/v1/topics/:topic/records',
  tag: 'records',
  summary: 'Send records.',
  description:
    'JSON (`{"records": […]}`, up to 1 MiB) or one JSON object a line (up to 16 MiB). What GET gives can be sent as it is. Nothing is sent when one of them is not well formed; each batch then succeeds or fails by itself.',
  params: recordParams,
  query: produceQuery,
  body: produceBody,
  bodyTypes: recordTypes,
  answer: json(produced),
  errors: ['UNKNOWN_TOPIC', 'UNKNOWN_PARTITION', 'UNSUPPORTED_CODEC', 'BROKER_BUSY'],
  handle: async ({ params, query }, context) => {
    using caller = context.openCaller();
    const given = await readNewRecords(context.request, {
      hold: (bytes) => caller.hold(bytes),
      clock: context.tools.clock,
    });
    const records = given.map((each) => ({ ...each, partition: each.partition ?? query.partition }));
    const { services, tools } = context;
    const target = targetOf(services, params.topic, caller);
    const batches: BatchToSend[] = [];
    const { compression: codec = 'none', timeoutMs = produceTimeoutMs } = query;
    const keyless = Math.floor(tools.random.next() * target.partitions);
    const options = { ...target, topic: params.topic, keyless, codec, nowMs: tools.clock.now() };
    for (const batch of batchesOf(records, options)) {
      batches.push(batch);
      // Packing takes ms: others have their turn.
      await new Promise<void>((resolve) => tools.clock.defer(resolve));
    }
    const partitions = batches.map(({ partition, bytes }) => ({ partition, leaderEpoch: -1, records: bytes }));
    const appending = await services.append.append(
      { timeoutMs, topics: [{ topicId: target.topicId, partitions }] },
      caller,
    );
    // What is beyond a quota is stored like everything else, and answered later.
    const holding = services.throttle.hold(caller, 'producerByteRate', Math.min(appending.throttleMs, timeoutMs / 2));
    const results = await settled(appending);
    await holding;
    return producedOf(batches, results);
  },
});

const readRecords = operation({
  id: 'readRecords',
  method: 'get',
  path: '/api/v1/topics/:topic/records',
  tag: 'records',
  summary: 'Read records: a page, lines, or events as they come.',
  description:
    'A page of JSON ends with `next`, to go on from. Lines end at the end that the topic has now, or follow. Events follow; each has an id, so that a reader that comes back with `Last-Event-ID` goes on where it was.',
  params: recordParams,
  query: readQuery,
  answer: own({
    'application/json': { schema: recordPage, description: 'A page.' },
    [lineStream]: { schema: record, description: 'A record a line.' },
    [eventStream]: {
      schema: record,
      description: 'Events: `begin`, `record` (a record), `place` (an id alone), `end`, `error` (a problem).',
    },
  }),
  errors: ['UNKNOWN_TOPIC', 'UNKNOWN_PARTITION', 'OFFSET_OUT_OF_RANGE'],
  handle: async ({ params, query }, context) => {
    const { accepted } = context;
    const follows = accepted !== 'application/json' && (query.follow ?? accepted === eventStream);
    const caller = context.openCaller();
    try {
      const reading = await beginReading({ topic: params.topic, query, follows }, context, caller);
      if (accepted === 'application/json') return Response.json(await readPage(reading));
      return streamed(reading, context, () => caller.end());
    } catch (error) {
      caller.end();
      throw error;
    } finally {
      if (accepted === 'application/json') caller.end();
    }
  },
});

export const recordOperations = [produceRecords, readRecords] as const;

/** The stream ends its caller, so that a look that waits is over at once. */
function streamed(
  reading: Reading,
  { accepted, streams, who, holds, onChange, cut }: RequestContext,
  end: () => void,
): Response {
  const isEvents = accepted === eventStream;
  return streams.respond({
    type: accepted,
    who,
    heartbeat: isEvents ? eventHeartbeat : null,
    holds,
    onChange,
    cut,
    source: (signal) => (isEvents ? readEvents(reading, signal) : readLines(reading)),
    ended: end,
  });
}

function targetOf(
  { topics }: Services,
  name: string,
  who: Asking,
): { topicId: string; partitions: number; bytesMax: number } {
  const [found] = topics.find([name], who, { mayCreate: false });
  if (found!.error !== null) throw found!.error;
  const { topicId, partitions, maxMessageBytes, internal } = found!.route;
  if (internal) throw new QError('INVALID_REQUEST', `topic ${name} is written by the broker alone`);
  return { topicId, partitions: partitions.length, bytesMax: Math.min(batchBytesMax, maxMessageBytes) };
}

function settled(appending: Appending): Promise<readonly AppendResult[]> {
  return new Promise((resolve) => {
    appending.whenSettled(() => resolve(appending.results));
  });
}

function producedOf(batches: readonly BatchToSend[], results: readonly AppendResult[]): z.input<typeof produced> {
  const told = batches.map(({ partition, records }, index) => {
    const { error, baseOffset, duplicate, durability } = results[index]!;
    return { partition, records, baseOffset, duplicate, durability, error: partErrorOf(error) };
  });
  const sum = (list: typeof told): number => list.reduce((total, { records }) => total + records, 0);
  return { records: sum(told), stored: sum(told.filter(({ error }) => error === null)), batches: told };
}
