/**
 * Fetch: batches as they are stored, waited for if asked (row B1).
 */
import type { DoorTools, Fetched, PartitionRead, Services } from '@q/broker';
import { errorCodesOf, kafkaCodeOf, kafkaErrorCode, toKafkaError, toKafkaErrorByName } from '../errors/kafka-errors.ts';
import { SessionRoom } from '../fetch/fetch-session.ts';
import type { WantedTopic } from '../fetch/fetch-session.ts';
import { idsSince, viewOf } from '../fetch/fetch-view.ts';
import type { FetchView } from '../fetch/fetch-view.ts';
import { kafkaLimits } from '../limits.ts';
import { fetch } from '../messages/fetch.ts';
import type { AnswerOf, RequestOf } from '../messages/api.ts';
import { handler } from '../session/handler.ts';
import type { Handler, KafkaCaller, RequestContext } from '../session/handler.ts';
import { isReadCommitted } from '../session/isolation.ts';
import { refuseTooManyPartitions } from './one-by-one.ts';

type Request = RequestOf<typeof fetch>;
type Answer = AnswerOf<typeof fetch>;
type AnsweredPartition = Answer['responses'][number]['partitions'][number];

/** From this version on an answer has an error of the whole request. */
const requestErrorsSince = 7;

/** From this version on a reader is told who leads what it has asked in vain. */
const leadersSince = 16;

/** A topic that is wanted, under the id that it has now; undefined: there is none, and what its reader is told. */
interface Resolved {
  readonly wanted: WantedTopic;
  readonly topicId: string | undefined;
  readonly missing: number;
}

/** What an answer goes by. */
interface Asking {
  readonly view: FetchView;
  readonly topics: readonly Resolved[];
  readonly isReadCommitted: boolean;
  readonly context: RequestContext;
}

export function fetchHandler(
  services: Pick<Services, 'fetch' | 'topics'>,
  tools: Pick<DoorTools, 'limits' | 'clock'>,
): Handler {
  const room = new SessionRoom({ partitionsMax: kafkaLimits.fetchSessionPartitionsMax });
  return handler(fetch, {
    handle: (request, context) => {
      const refusal = refuseTooManyPartitions(request.topics, tools);
      if (refusal !== null) return refusal;
      const { caller, version } = context;
      const readsCommitted = isReadCommitted(request.isolationLevel);
      if (isReplica(request)) return refusedEach(request, replicaError);
      const view = viewOf(request, { slot: caller, room, version });
      const topics = view.topics.map((wanted) => {
        const topicId = currentId(wanted, services, version);
        return { wanted, topicId, missing: topicId === undefined ? missingCode(wanted, services, context) : 0 };
      });
      const answer = fetchFor(request, { view, topics, isReadCommitted: readsCommitted, context }, services);
      return answer.then((told) => (isOnlyRefused(told) ? later(told, caller, tools) : told));
    },
    refuse: (errorCode, request, { version }) =>
      version < requestErrorsSince ? refusedEach(request, () => errorCode) : { errorCode, responses: [] },
    errorCodesIn: ({ responses }) => {
      const codes: number[] = [];
      for (const { partitions } of responses) errorCodesOf(partitions, codes);
      return codes;
    },
    mayOverlap: true,
    uses: 'consumerByteRate',
  });
}

function currentId({ topic, topicId }: WantedTopic, { topics }: Pick<Services, 'topics'>, version: number) {
  if (version < idsSince) return topics.idOf(topic);
  return topics.nameOf(topicId) === undefined ? undefined : topicId;
}

/** Whoever may not see a topic is not told whether it is there. */
function missingCode(
  { topic }: WantedTopic,
  { topics }: Pick<Services, 'topics'>,
  { version, caller }: RequestContext,
): number {
  return version < idsSince ? kafkaCodeOf(topics.missing(topic, caller)) : kafkaErrorCode.UNKNOWN_TOPIC_ID;
}

function isOnlyRefused({ responses }: Answer): boolean {
  let isRefused = false;
  for (const { partitions } of responses) {
    for (const { errorCode, records } of partitions) {
      if (records !== null && records.length > 0) return false;
      isRefused ||= errorCode === kafkaErrorCode.TOPIC_AUTHORIZATION_FAILED;
    }
  }
  return isRefused;
}

/**
 * franz-go asks for what it may not read again at once, 1,900 times a second. So its answer waits, unless there are too
 * many that wait, or nobody to hear it.
 */
async function later(answer: Answer, caller: KafkaCaller, { clock }: Pick<DoorTools, 'clock'>): Promise<Answer> {
  const goOn = caller.budget.park(1);
  if (goOn === null) return answer;
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = clock.schedule(kafkaLimits.refusedFetchMs, resolve);
  const forget = caller.signal.onAbort(resolve);
  await promise;
  timer.cancel();
  forget();
  goOn();
  return answer;
}

async function fetchFor(
  request: Request,
  asking: Asking,
  { fetch: service }: Pick<Services, 'fetch'>,
): Promise<Answer> {
  const { caller } = asking.context;
  const there = asking.topics.flatMap(({ wanted: { partitions }, topicId }) =>
    topicId === undefined ? [] : { topicId, partitions },
  );
  const query = {
    // Nothing can come where there is nothing. Otherwise an unknown topic is no reason to answer at once: its reader
    // would ask again at once, too.
    maxWaitMs: there.length === 0 ? 0 : request.maxWaitMs,
    minBytes: request.minBytes,
    maxBytes: Math.max(1, request.maxBytes),
    turn: caller.nextFetchTurn(),
    topics: there,
    readsCommitted: asking.isReadCommitted,
    // As Kafka does it: whoever is beyond a quota is told so at once, and not listened to for that time.
    quotaWaitMs: 0,
  };
  const fetched = await service.fetch(query, caller);
  if (fetched.release !== null) caller.budget.whenTaken(fetched.release);
  if (fetched.isWithheld) return { sessionId: asking.view.session?.id ?? 0, responses: [] };
  return answerOf(fetched, asking);
}

function answerOf({ reads }: Fetched, asking: Asking): Answer {
  const { view, topics, context } = asking;
  let next = 0;
  let namesLeaders = false;
  const responses: Answer['responses'][number][] = [];
  for (const { wanted, topicId, missing } of topics) {
    const partitions: AnsweredPartition[] = [];
    for (const { partition } of wanted.partitions) {
      const read = topicId === undefined ? null : reads[next++]!;
      if (!isNews(wanted, { partition, read }, view)) continue;
      const answer =
        read === null
          ? { ...nothing(partition, missing), abortedTransactions: [] }
          : partitionAnswer(partition, read, asking);
      namesLeaders ||= answer.currentLeader !== undefined;
      partitions.push(answer);
    }
    if (partitions.length > 0) responses.push({ topic: wanted.topic, topicId: wanted.topicId, partitions });
  }
  return {
    sessionId: view.session?.id ?? 0,
    responses,
    ...(namesLeaders && { nodeEndpoints: [endpointOf(responses, context.caller)] }),
  };
}

/** Whether the answer is to have the partition; notes what its reader knows then. */
function isNews(
  topic: WantedTopic,
  { partition, read }: { readonly partition: number; readonly read: PartitionRead | null },
  { session, isFull }: FetchView,
): boolean {
  if (session === null) return true;
  if (read === null || read.error !== null) {
    session.untell(topic, partition);
    return true;
  }
  return session.tell(topic, partition, read) || isFull || read.bytes > 0 || read.divergesAt !== undefined;
}

function partitionAnswer(partitionIndex: number, read: PartitionRead, asking: Asking): AnsweredPartition {
  const { error, buffers, highWatermark, lastStableOffset, logStartOffset, divergesAt, aborted } = read;
  if (error !== null) return failedPartition(partitionIndex, read, asking.context.version);
  return {
    partitionIndex,
    errorCode: kafkaErrorCode.NONE,
    highWatermark,
    lastStableOffset,
    logStartOffset,
    abortedTransactions: asking.isReadCommitted ? (aborted ?? []) : null,
    records: buffers,
    ...(divergesAt !== undefined && { divergingEpoch: divergesAt }),
  };
}

function failedPartition(
  partitionIndex: number,
  { error, leader }: Pick<PartitionRead, 'error' | 'leader'>,
  version: number,
): AnsweredPartition {
  const { code, kafkaName } = version < idsSince ? toKafkaErrorByName(error!) : toKafkaError(error!);
  const isElsewhere = kafkaName === 'NOT_LEADER_OR_FOLLOWER' || kafkaName === 'FENCED_LEADER_EPOCH';
  return {
    ...nothing(partitionIndex, code),
    ...(isElsewhere
      && version >= leadersSince
      && leader !== undefined && { currentLeader: { leaderId: leader.brokerId, leaderEpoch: leader.epoch } }),
  };
}

function nothing(partitionIndex: number, errorCode: number): AnsweredPartition {
  return {
    partitionIndex,
    errorCode,
    highWatermark: -1,
    lastStableOffset: -1,
    logStartOffset: -1,
    abortedTransactions: null,
    records: [],
  };
}

/** This broker leads everything, so that its own address is all there is to tell. */
function endpointOf(responses: Answer['responses'], caller: KafkaCaller): NonNullable<Answer['nodeEndpoints']>[number] {
  const leaders = responses.flatMap(({ partitions }) => partitions.flatMap(({ currentLeader }) => currentLeader ?? []));
  return { nodeId: leaders[0]!.leaderId, ...caller.advertised, rack: null };
}

function isReplica({ replicaId, replicaState }: Request): boolean {
  return replicaId >= 0 || replicaState.replicaId >= 0;
}

/** Partitions have no other replicas here: who says it is one hears what Kafka tells a replica that it removed. */
function replicaError({ leaderEpoch }: { readonly leaderEpoch: number }): number {
  return leaderEpoch < 0 ? kafkaErrorCode.NOT_LEADER_OR_FOLLOWER : kafkaErrorCode.UNKNOWN_LEADER_EPOCH;
}

function refusedEach({ topics }: Request, errorOf: (partition: { readonly leaderEpoch: number }) => number): Answer {
  return {
    responses: topics.map(({ topic, topicId, partitions }) => ({
      topic,
      topicId,
      partitions: partitions.map(({ partition, currentLeaderEpoch }) =>
        nothing(partition, errorOf({ leaderEpoch: currentLeaderEpoch })),
      ),
    })),
  };
}
