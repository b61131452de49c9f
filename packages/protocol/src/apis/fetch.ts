import { array } from '../schema/array.ts';
import { bytes, i16, i32, i64, i8, nullableString, uuid } from '../schema/scalars.ts';
import { field, struct } from '../schema/struct.ts';
import type { Struct } from '../schema/struct.ts';
import type { Api } from './api.ts';

/** What a fetch may see. Frozen. */
export const isolationCode = { readUncommitted: 0, readCommitted: 1 } as const;

/** The body of a request FETCH. */
export interface FetchRequest {
  /** How long the broker may wait for `minBytes`, in ms; 0 = answer at once. */
  readonly maxWaitMs: number;
  readonly minBytes: number;
  /** Bound of the whole answer, in bytes; the first batch may pass it, so that a large one gets through. */
  readonly maxBytes: number;
  /** One of {@link isolationCode}. */
  readonly isolation: number;
  readonly topics: readonly FetchRequestTopic[];
  /**
   * How long the broker may hold the request because its client is beyond a quota, in ms; then the answer names no
   * topic. -1 = as long as it likes, 10 seconds at most, and then it answers all the same.
   */
  readonly throttleWaitMs: number;
}

/** One topic of a request. */
export interface FetchRequestTopic {
  readonly topicId: string;
  readonly partitions: readonly FetchRequestPartition[];
}

/** One partition of a request. */
export interface FetchRequestPartition {
  readonly partition: number;
  /** The leader epoch that the client believes in; -1 = do not check. */
  readonly leaderEpoch: number;
  /** Offset of the first record wanted. */
  readonly fetchOffset: number;
  readonly maxBytes: number;
}

/** The body of the answer to FETCH. */
export interface FetchResponse {
  /** None: the request was held for as long as it may be, and has to be sent again; `throttleTimeMs` says how long. */
  readonly topics: readonly FetchResponseTopic[];
  /** How long the broker has held the request because its client is beyond a quota, in ms; 0 = it has not. */
  readonly throttleTimeMs: number;
}

/** One topic of an answer. */
export interface FetchResponseTopic {
  readonly topicId: string;
  readonly partitions: readonly FetchResponsePartition[];
}

/** One partition of an answer. Error code 0: it went well. */
export interface FetchResponsePartition {
  readonly partition: number;
  readonly errorCode: number;
  readonly errorMessage: string | null;
  /** First offset that cannot be fetched yet. */
  readonly highWatermark: number;
  readonly lastStableOffset: number;
  readonly logStartOffset: number;
  /** Whole batches as stored; the first may begin before the offset asked for. */
  readonly records: Buffer;
  /** What of the records is of aborted transactions, where committed ones are wanted. */
  readonly aborted: readonly FetchAborted[];
}

/** Transactional batches of a producer, from an offset up to the producer's next marker, were aborted. */
export interface FetchAborted {
  readonly producerId: number;
  /** It may lie before the offset asked for. */
  readonly firstOffset: number;
}

const requestPartition: Struct<FetchRequestPartition> = struct('FetchRequestPartition', {
  partition: field(i32, 'Partition number.'),
  leaderEpoch: field(i32, 'Leader epoch that the client believes in; -1 = do not check.'),
  fetchOffset: field(i64, 'Offset of the first record wanted.'),
  maxBytes: field(i32, 'Most bytes wanted from this partition; at least one batch is given all the same.'),
});

const requestTopic: Struct<FetchRequestTopic> = struct('FetchRequestTopic', {
  topicId: field(uuid, 'Topic id from METADATA.'),
  partitions: field(array(requestPartition), 'One entry per partition.'),
});

const fetchRequest: Struct<FetchRequest> = struct('FetchRequest', {
  maxWaitMs: field(i32, 'How long the broker may wait for minBytes, in milliseconds; 0 = answer at once.'),
  minBytes: field(i32, 'Fewest bytes worth an answer before maxWaitMs has passed.'),
  maxBytes: field(
    i32,
    'Most bytes wanted in the whole answer; the first batch may pass it, so that a large one gets through.',
  ),
  isolation: field(
    i8,
    '0 = everything; 1 = committed records, which end at lastStableOffset (from version 2 on, with an answer that says what to leave out).',
  ),
  topics: field(array(requestTopic), 'Topics to read from. With little room, partitions named first are served first.'),
  throttleWaitMs: field(
    i32,
    'How long the broker may hold the request because its client is beyond a quota, in milliseconds; then the answer names no topic. -1 = 10 seconds at most, and then it answers all the same.',
    { since: 1, value: -1, ignorable: true },
  ),
});

const aborted: Struct<FetchAborted> = struct('FetchAborted', {
  producerId: field(i64, 'Its transactional batches are left out, from firstOffset up to its next marker.'),
  firstOffset: field(i64, 'First offset of the transaction in this partition; it may lie before the offset asked for.'),
});

const responsePartition: Struct<FetchResponsePartition> = struct('FetchResponsePartition', {
  partition: field(i32, 'Partition number.'),
  errorCode: field(i16, '0, or why this partition was not read.'),
  errorMessage: field(nullableString, 'The error in words; null without one.'),
  highWatermark: field(i64, 'First offset that cannot be fetched yet; -1 with an error.'),
  lastStableOffset: field(i64, 'First offset that may belong to an open transaction; -1 with an error.'),
  logStartOffset: field(i64, 'First offset that the partition still holds; -1 when unknown.'),
  records: field(
    bytes,
    'Whole record batches, one after another, as stored. The first may begin before fetchOffset: skip its earlier records.',
  ),
  aborted: field(
    array(aborted),
    'What of these records was aborted, in ascending order of firstOffset; of isolation 1 only. A marker is a control batch.',
    { since: 2, value: [], ignorable: true },
  ),
});

const responseTopic: Struct<FetchResponseTopic> = struct('FetchResponseTopic', {
  topicId: field(uuid, 'Topic id as in the request.'),
  partitions: field(array(responsePartition), 'One entry per partition of the request, in its order.'),
});

const fetchResponse: Struct<FetchResponse> = struct('FetchResponse', {
  topics: field(
    array(responseTopic),
    'One entry per topic of the request, in its order; none when the request was held for throttleWaitMs.',
  ),
  throttleTimeMs: field(
    i32,
    'How long the broker has held the request because its client is beyond a quota, in milliseconds; 0 = it has not.',
    { since: 1, value: 0, ignorable: true },
  ),
});

/** Reads record batches, waiting for them if asked to. */
export const Fetch: Api<FetchRequest, FetchResponse> = {
  key: 2,
  name: 'FETCH',
  versions: { min: 0, max: 2 },
  request: fetchRequest,
  response: fetchResponse,
  doc: 'Reads record batches from the named partitions, from an offset on. Without enough data the broker waits, at most maxWaitMs (long poll).',
};
