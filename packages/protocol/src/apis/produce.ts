import { array } from '../schema/array.ts';
import { bool, bytes, i16, i32, i64, i8, nullableString, string, uuid } from '../schema/scalars.ts';
import { field, struct } from '../schema/struct.ts';
import type { Struct, WrittenOut } from '../schema/struct.ts';
import type { Api } from './api.ts';

/** What an acknowledgement stands for. Frozen. */
export const durabilityCode = { fsync: 0, interval: 1, os: 2, memory: 3 } as const;

/** The body of a request PRODUCE. */
export interface ProduceRequest {
  /** How long the broker may take until the records are as durable as the topic asks, in ms. */
  readonly timeoutMs: number;
  readonly topics: readonly ProduceRequestTopic[];
  /**
   * Contexts of the traces that sampled records of the request belong to, as the header `traceparent` of W3C has them:
   * for the spans of the broker, which does not look into records. Most often none; 16 at most are used.
   */
  readonly traceContexts: readonly string[];
}

/** One topic of a request. */
export interface ProduceRequestTopic {
  readonly topicId: string;
  readonly partitions: readonly ProduceRequestPartition[];
}

/** One partition of a request. */
export interface ProduceRequestPartition {
  readonly partition: number;
  /** The leader epoch that the client believes in; -1 = do not check. */
  readonly leaderEpoch: number;
  /** Exactly one record batch. */
  readonly records: Buffer;
}

/** The body of the answer to PRODUCE. */
export interface ProduceResponse {
  readonly topics: readonly ProduceResponseTopic[];
  /** How long to wait before what was refused with a retriable error is sent again, in ms; 0 = as the client likes. */
  readonly retryAfterMs: number;
  /** How long the broker has held this answer because its client is beyond a quota, in ms; 0 = it has not. */
  readonly throttleTimeMs: number;
}

/** One topic of an answer. */
export interface ProduceResponseTopic {
  readonly topicId: string;
  readonly partitions: readonly ProduceResponsePartition[];
}

/** One partition of an answer. Error code 0: it went well. */
export interface ProduceResponsePartition {
  readonly partition: number;
  readonly errorCode: number;
  readonly errorMessage: string | null;
  /** Offset of the first record; -1 with an error. */
  readonly baseOffset: number;
  /** Time that the broker gave the records, ms since 1970; -1 unless the topic uses LogAppendTime. */
  readonly logAppendTimeMs: number;
  readonly logStartOffset: number;
  /** The batch had been stored before; `baseOffset` is where. */
  readonly duplicate: boolean;
  /** One of {@link durabilityCode}. */
  readonly durability: number;
}

const bytesCodec = bytes.codec(0);
const messageCodec = nullableString.codec(0);

const requestPartitionCodec: WrittenOut<ProduceRequestPartition> = {
  encode: (writer, { partition, leaderEpoch, records }) => {
    writer.i32(partition);
    writer.i32(leaderEpoch);
    bytesCodec.encode(writer, records);
  },
  decode: (reader) => ({ partition: reader.i32(), leaderEpoch: reader.i32(), records: bytesCodec.decode(reader) }),
};

const requestPartition: Struct<ProduceRequestPartition> = struct(
  'ProduceRequestPartition',
  {
    partition: field(i32, 'Partition number.'),
    leaderEpoch: field(i32, 'Leader epoch that the client believes in; -1 = do not check.'),
    records: field(bytes, 'Exactly one record batch.'),
  },
  requestPartitionCodec,
);

const requestTopic: Struct<ProduceRequestTopic> = struct('ProduceRequestTopic', {
  topicId: field(uuid, 'Topic id from METADATA.'),
  partitions: field(array(requestPartition), 'One entry per partition; a partition appears once.'),
});

const produceRequest: Struct<ProduceRequest> = struct('ProduceRequest', {
  timeoutMs: field(i32, 'How long the broker may take to make the records durable, in milliseconds.'),
  topics: field(array(requestTopic), 'Topics to write to.'),
  traceContexts: field(
    array(string),
    'Trace contexts (W3C traceparent) of sampled records in the request, for spans of the broker; most often none.',
    { since: 2, value: [], ignorable: true },
  ),
});

const responsePartitionCodec: WrittenOut<ProduceResponsePartition> = {
  encode: (writer, answer) => {
    writer.i32(answer.partition);
    writer.i16(answer.errorCode);
    messageCodec.encode(writer, answer.errorMessage);
    writer.i64(answer.baseOffset);
    writer.i64(answer.logAppendTimeMs);
    writer.i64(answer.logStartOffset);
    writer.bool(answer.duplicate);
    writer.i8(answer.durability);
  },
  decode: (reader) => ({
    partition: reader.i32(),
    errorCode: reader.i16(),
    errorMessage: messageCodec.decode(reader),
    baseOffset: reader.i64(),
    logAppendTimeMs: reader.i64(),
    logStartOffset: reader.i64(),
    duplicate: reader.bool(),
    durability: reader.i8(),
  }),
};

const responsePartition: Struct<ProduceResponsePartition> = struct(
  'ProduceResponsePartition',
  {
    partition: field(i32, 'Partition number.'),
    errorCode: field(i16, '0, or why this partition was not written.'),
    errorMessage: field(nullableString, 'The error in words; null without one.'),
    baseOffset: field(i64, 'Offset of the first record of the batch; -1 with an error.'),
    logAppendTimeMs: field(
      i64,
      'Time that the broker gave the records, ms since 1970; -1 unless the topic uses LogAppendTime.',
    ),
    logStartOffset: field(i64, 'First offset that the partition still holds; -1 when unknown.'),
    duplicate: field(bool, 'The batch had been stored before, at baseOffset; nothing was written now.'),
    durability: field(
      i8,
      'What the acknowledgement stands for: 0 fsync, 1 synced within an interval, 2 handed to the operating system, 3 memory.',
    ),
  },
  responsePartitionCodec,
);

const responseTopic: Struct<ProduceResponseTopic> = struct('ProduceResponseTopic', {
  topicId: field(uuid, 'Topic id as in the request.'),
  partitions: field(array(responsePartition), 'One entry per partition of the request, in its order.'),
});

const produceResponse: Struct<ProduceResponse> = struct('ProduceResponse', {
  topics: field(array(responseTopic), 'One entry per topic of the request, in its order.'),
  retryAfterMs: field(
    i32,
    'How long to wait before partitions that were refused with a retriable error are sent again, in milliseconds; 0 = as the client likes.',
    { since: 1, value: 0, ignorable: true },
  ),
  throttleTimeMs: field(
    i32,
    'How long the broker has held this answer because its client is beyond a quota, in milliseconds; 0 = it has not.',
    { since: 3, value: 0, ignorable: true },
  ),
});

/** Appends one record batch to each named partition. */
export const Produce: Api<ProduceRequest, ProduceResponse> = {
  key: 1,
  name: 'PRODUCE',
  versions: { min: 0, max: 3 },
  request: produceRequest,
  response: produceResponse,
  doc: 'Appends one record batch to each named partition. The answer comes when the batches are as durable as their topics ask; partitions fail or succeed one by one.',
};
