/**
 * Produce: one batch for each partition, and what became of it (row B1). Batches are stored as they came, but for base
 * offset and leader epoch. A partition that is refused disturbs no other. There is one broker, so nobody is told of
 * another leader: `currentLeader` and `nodeEndpoints` stay blank.
 */
import { retryAfterMs } from '@q/broker';
import type {
  AppendRequest,
  AppendResult,
  Appending,
  BrokerLimits,
  Caller,
  DoorTools,
  PartitionBatch,
  Services,
} from '@q/broker';
import type { QError } from '@q/protocol';
import { KafkaError, errorCodesOf, kafkaErrorCode, toKafkaError } from '../errors/kafka-errors.ts';
import { produce } from '../messages/produce.ts';
import type { AnswerOf, RequestOf } from '../messages/api.ts';
import { handler, Silence } from '../session/handler.ts';
import type { Handler, RequestContext } from '../session/handler.ts';
import { faultOfBatch } from './sent-batch.ts';

type Request = RequestOf<typeof produce>;
type Answer = AnswerOf<typeof produce>;
type PartitionAnswer = Answer['responses'][number]['partitionResponses'][number];

/** What of a request goes to the logs, and why the rest does not: one entry for each partition, null where it does. */
interface Sorted {
  readonly request: AppendRequest;
  readonly faults: readonly (KafkaError | null)[];
}

/** Older ones carried formats that nobody takes any more. */
const firstVersion = 3;
/** From here on a partition is part of a transaction by being written to (KIP-890). */
const joinsSince = 12;
/** From here on topics have ids instead of names. */
const byIdSince = 13;

export function produceHandler(
  { append, topics }: Pick<Services, 'append' | 'topics'>,
  { frames, limits }: Pick<DoorTools, 'frames' | 'limits'>,
): Handler {
  return handler(produce, {
    letsGo: true,
    // Appends are made in the order of arrival; only their answers wait for the disk.
    mayOverlap: true,
    uses: 'producerByteRate',
    handle: (request, { version, caller }) => {
      if (version < firstVersion || hasTooMany(request, limits)) return new Silence({ thenClose: true });
      checkAcks(request);
      const sorted = sort(request, { version, caller }, topics);
      const appending = append.append(sorted.request, caller);
      if (appending instanceof Promise) {
        return appending.then((late) => {
          // What was checked is looked at no more. Of a check that failed the thread pool may still be at work: that is
          // left to the collector.
          if (late.results.every(({ error }) => error === null)) letGoOfFrame(request, frames);
          return settled(request, sorted, late, version);
        });
      }
      // The logs look after their batches now.
      letGoOfFrame(request, frames);
      return settled(request, sorted, appending, version);
    },
    refuse: (code, request, context, message) => refused(code, request, context, message),
    errorCodesIn: ({ responses }) => {
      const codes: number[] = [];
      for (const { partitionResponses } of responses) errorCodesOf(partitionResponses, codes);
      return codes;
    },
  });
}

/**
 * A frame has room for a million partitions without a batch, each of which would be told what is wrong with it. Whoever
 * names more than the broker may have is no client of Kafka's.
 */
function hasTooMany({ topicData }: Request, { partitionsMax }: Pick<BrokerLimits, 'partitionsMax'>): boolean {
  let partitions = 0;
  for (const { partitionData } of topicData) partitions += partitionData.length;
  return partitions > partitionsMax;
}

/** @throws KafkaError */
function checkAcks({ acks }: Request): void {
  if (acks < -1 || acks > 1) throw new KafkaError('INVALID_REQUIRED_ACKS', `acks are -1, 0 or 1, not ${acks}`);
}

function sort(
  request: Request,
  { version, caller }: { readonly version: number; readonly caller: Caller },
  topics: Pick<Services['topics'], 'idOf' | 'missing'>,
): Sorted {
  const faults: (KafkaError | null)[] = [];
  const sent = request.topicData.map(({ name, topicId: givenId, partitionData }) => {
    const topicId = version < byIdSince ? topics.idOf(name) : givenId;
    const partitions: PartitionBatch[] = [];
    for (const { index, records } of partitionData) {
      const batch = records?.[0];
      const fault = topicId === undefined ? toKafkaError(topics.missing(name, caller)) : faultOfBatch(batch, version);
      faults.push(fault);
      if (fault === null) partitions.push({ partition: index, leaderEpoch: -1, records: batch! });
    }
    return { topicId: topicId ?? '', partitions };
  });
  const addsPartitions = version < joinsSince;
  return { request: { timeoutMs: request.timeoutMs, isLenient: true, addsPartitions, topics: sent }, faults };
}

/** All batches of a request lie in the memory of its frame. */
function letGoOfFrame({ topicData }: Request, frames: DoorTools['frames']): void {
  if (frames === null) return;
  for (const { partitionData } of topicData) {
    for (const { records } of partitionData) {
      if (records === null || records[0]!.length === 0) continue;
      frames.release(records[0]!);
      return;
    }
  }
}

async function settled(
  request: Request,
  { faults }: Sorted,
  appending: Appending,
  version: number,
): Promise<Answer | Silence> {
  await new Promise<void>((resolve) => appending.whenSettled(() => resolve()));
  const { results } = appending;
  if (request.acks !== 0) return answerOf(request, { faults, results, version });
  return silence(faults.some((fault) => fault !== null) || results.some(({ error }) => error !== null));
}

/** A client that takes no answers learns from the end of its connection that something has failed. */
function silence(hasFailed: boolean): Silence {
  return new Silence({ thenClose: hasFailed });
}

function answerOf(
  request: Request,
  { faults, results, version }: { faults: Sorted['faults']; results: readonly AppendResult[]; version: number },
): Answer {
  let partitions = 0;
  let appended = 0;
  return {
    throttleTimeMs: retryAfterMs(results),
    responses: request.topicData.map(({ name, topicId, partitionData }) => ({
      name,
      topicId,
      partitionResponses: partitionData.map(({ index }) => {
        const fault = faults[partitions++] ?? null;
        return fault === null ? resultOf(results[appended++]!, version) : failed(index, fault);
      }),
    })),
  };
}

function resultOf(result: AppendResult, version: number): PartitionAnswer {
  const { partition: index, error, baseOffset, logAppendTimeMs, logStartOffset } = result;
  if (error === null) {
    return { index, errorCode: kafkaErrorCode.NONE, baseOffset, logAppendTimeMs, logStartOffset };
  }
  const record = error.details['record'];
  const recordErrors =
    typeof record === 'number' ? [{ batchIndex: record, batchIndexErrorMessage: error.message }] : [];
  return { ...failed(index, asKafkaError(error, version)), logStartOffset, recordErrors };
}

function asKafkaError(error: QError, version: number): KafkaError {
  // It went between the look at its name and the append.
  if (error.code === 'UNKNOWN_TOPIC_ID' && version < byIdSince)
    return new KafkaError('UNKNOWN_TOPIC_OR_PARTITION', error.message);
  // Nothing else in a partition is called so but a topic of the broker's own, for which Kafka has this name.
  if (error.code === 'INVALID_REQUEST') return new KafkaError('INVALID_TOPIC_EXCEPTION', error.message);
  // The CRC was right, so it was written like that. At CORRUPT_MESSAGE clients send it again and again.
  if (error.code === 'CORRUPT_BATCH' && 'codec' in error.details)
    return new KafkaError('INVALID_RECORD', error.message);
  // Kafka's logs tell of a fenced producer by its epoch; clients go on from there.
  if (error.code === 'PRODUCER_FENCED') return new KafkaError('INVALID_PRODUCER_EPOCH', error.message);
  return toKafkaError(error);
}

function failed(index: number, { code, message }: KafkaError): PartitionAnswer {
  return { index, errorCode: code, baseOffset: -1, errorMessage: message };
}

/** Every partition has the error of the request. */
function refused(
  errorCode: number,
  { acks, topicData }: Request,
  { retryAfterMs: throttleTimeMs = 0 }: RequestContext,
  errorMessage: string,
): Answer | Silence {
  if (acks === 0) return silence(true);
  return {
    throttleTimeMs,
    responses: topicData.map(({ name, topicId, partitionData }) => ({
      name,
      topicId,
      partitionResponses: partitionData.map(({ index }) => ({ index, errorCode, baseOffset: -1, errorMessage })),
    })),
  };
}
