import { strict as assert } from 'node:assert';

/**
 * Every bound and default of the client, in one place. Units are in the names. What an application may change is an
 * option (options.ts); the rest bounds what a broken or hostile broker can cost us.
 */
export interface ClientLimits {
  // Addresses and connections
  readonly portDefault: number;
  readonly connectTimeoutMs: number;
  readonly requestTimeoutMs: number;
  readonly keepAliveInitialDelayMs: number;
  /** Largest answer that is accepted once HELLO has agreed on things. */
  readonly responseBytesMax: number;
  /** Requests waiting for an answer on one connection, whatever the broker allows. */
  readonly requestsInFlightMax: number;
  /** Requests waiting until the connection has room for them. */
  readonly requestsQueuedMax: number;
  /** Bytes handed to a connection that the system has not taken yet, before further requests wait. */
  readonly unsentBytesMax: number;
  /** Requests whose caller gave up while the answer may still come. */
  readonly requestsAbandonedMax: number;
  readonly clientIdLengthMax: number;
  /** Of the name of a user, and of a password, in characters. */
  readonly usernameLengthMax: number;
  readonly passwordLengthMax: number;
  readonly seedsMax: number;

  // Retries
  /** Tries of `connect` at each address that fail of what TLS does not forgive, before it ends. */
  readonly tlsMistakesMax: number;
  readonly retryInitialMs: number;
  readonly retryMaxMs: number;

  // Metadata
  readonly metadataMaxAgeMs: number;
  /** Topics named in one METADATA request. */
  readonly metadataTopicsMax: number;
  /** Topics kept in the cache; the ones not asked for longest go first. */
  readonly metadataTopicsCachedMax: number;
  readonly brokersMax: number;
  /** Partitions of one topic that are believed. */
  readonly partitionsMax: number;

  // Transactions
  readonly transactionalIdLengthMax: number;
  readonly transactionTimeoutMs: number;
  /** What `process` puts into one transaction. */
  readonly processRecords: number;
  readonly processMs: number;
  /** Without a message it looks so often whether markers of transactions were passed. */
  readonly processIdleMs: number;

  // Producer
  readonly batchBytesMax: number;
  readonly batchBytesMin: number;
  /** Memory of acknowledged batches that a producer keeps for its next ones, at most as much as it may buffer. */
  readonly batchMemoryBytesMax: number;
  /** The same while it has nothing to deliver. */
  readonly batchMemoryIdleBytesMax: number;
  /** How long after a transaction its memory is kept for the next one, milliseconds. */
  readonly batchMemoryIdleMs: number;
  /** Frames from this size on lie in memory that is used again, where batches are lent. */
  readonly frameMemoryBytesMin: number;
  /** Memory of frames that a client keeps for the next ones. */
  readonly frameMemoryBytesMax: number;
  readonly maxBufferedBytes: number;
  /** `enqueue` refuses with BUFFER_FULL beyond this multiple of maxBufferedBytes. */
  readonly bufferedHardFactor: number;
  /** Records that wait for metadata, for room or for an asynchronous schema. */
  readonly parkedRecordsMax: number;
  /** What a parked record costs beside its key and value. */
  readonly parkedRecordOverheadBytes: number;
  readonly maxInFlight: number;
  /** Requests in flight to a leader up to which a batch that is not full is sent; beyond, it goes on gathering. */
  readonly partialBatchesInFlightMax: number;
  readonly deliveryTimeoutMs: number;
  readonly producerCloseTimeoutMs: number;
  /** Records of one PRODUCE request, however much the broker would take. */
  readonly produceRequestBytesMax: number;
  /** What a PRODUCE request costs beside its batches. */
  readonly produceOverheadBytes: number;
  /** A partition that was quiet for so long starts again with one batch in flight. */
  readonly quietPartitionMs: number;
  /** How often one batch may be given a new sequence before its producer gives up on it. */
  readonly restampsMax: number;
  /** Message ids, in bytes of UTF-8. */
  readonly messageIdBytesMax: number;

  /** Bytes that one read from a socket takes at most; each connection has a buffer of this size. */
  readonly readBufferBytes: number;

  // Consumer
  readonly prefetchBytes: number;
  readonly prefetchBytesMin: number;
  readonly fetchMaxWaitMs: number;
  /** As long as nothing comes, each fetch may be held twice as long as the one before, up to this. */
  readonly fetchIdleWaitMs: number;
  readonly fetchMinBytes: number;
  /** A broker may hold a FETCH so long because of a quota, but no longer than half a request may take. */
  readonly throttleWaitMs: number;
  /** Asked of each partition in a FETCH, if there is room for it at all: a batch of the usual largest size. */
  readonly fetchPartitionBytes: number;
  /** A partition that holds less may be asked for more, however many share the budget. */
  readonly fetchBufferBytesMin: number;
  /** FETCH requests under way to one leader, of partitions that have records. */
  readonly fetchesPerLeaderMax: number;
  /** FETCH requests under way to one leader, of partitions that were read to their end. */
  readonly pollsPerLeaderMax: number;
  /** All of them, with those whose answers nobody waits for any more. */
  readonly fetchesWithAbandonedMax: number;
  /** A loop over what is buffered lets the event loop turn this often, in milliseconds. */
  readonly consumerTurnMs: number;
  /** Messages, which take a fraction of a microsecond each, between two looks at the clock. */
  readonly messagesPerLook: number;
  readonly uncompressedBytesMax: number;
  /** Changes of a partition's leader that are remembered while what was read under them may still be committed. */
  readonly leaderEpochsMax: number;
  readonly partitionRefreshMs: number;

  // Groups
  readonly groupIdLengthMax: number;
  readonly instanceIdLengthMax: number;
  /**
   * Of any time that an option of a group consumer sets: longer ones are typing errors, and the longest of all overflow
   * timers.
   */
  readonly groupTimeoutMsMax: number;
  readonly rebalanceTimeoutMs: number;
  /** How long a heartbeat is held until the broker has said how long it should be. */
  readonly heartbeatMs: number;
  /** Heartbeats answered before their time, one after another, up to which the next is sent at once. */
  readonly earlyHeartbeatsMax: number;
  readonly commitIntervalMs: number;
  /** Messages handed out and not acknowledged: unless told otherwise, and at most. */
  readonly unackedDefault: number;
  readonly unackedMax: number;
  /** Messages that wait behind others of their key, for each that may be in work. */
  readonly laneAheadFactor: number;
  readonly stallTimeoutMs: number;
  /** How often progress is looked at, at most. */
  readonly stallCheckMs: number;
  readonly drainTimeoutMs: number;
  /** What the last commit and the leaving of a group may take when a consumer closes, beyond the drain. */
  readonly leaveTimeoutMs: number;
  readonly offsetMetadataLengthMax: number;

  /** Links of one span: as many as an SDK keeps by default. */
  readonly traceLinksMax: number;
  /** Records of a batch that are looked at for links, which means to decode their headers. */
  readonly tracedRecordsMax: number;
  /** Traces that one PRODUCE names: a broker takes no more. */
  readonly traceContextsMax: number;
  /** A longer header is no trace context. That of W3C has 55 bytes, and a baggage at most 8,192. */
  readonly traceHeaderBytesMax: number;
}

/** Limits and defaults of every client. Times are in ms, sizes in bytes. */
export const clientLimits: ClientLimits = Object.freeze({
  portDefault: 7_420,
  connectTimeoutMs: 10_000,
  requestTimeoutMs: 30_000,
  keepAliveInitialDelayMs: 15_000,
  responseBytesMax: 128 << 20,
  requestsInFlightMax: 1_000,
  requestsQueuedMax: 10_000,
  unsentBytesMax: 16 << 20,
  requestsAbandonedMax: 1_000,
  clientIdLengthMax: 255,
  usernameLengthMax: 249,
  passwordLengthMax: 1_024,
  seedsMax: 100,

  tlsMistakesMax: 3,
  retryInitialMs: 50,
  retryMaxMs: 2_000,

  metadataMaxAgeMs: 300_000,
  metadataTopicsMax: 1_000,
  metadataTopicsCachedMax: 10_000,
  brokersMax: 10_000,
  partitionsMax: 100_000,

  transactionalIdLengthMax: 249,
  transactionTimeoutMs: 10_000,
  processRecords: 500,
  processMs: 100,
  processIdleMs: 1_000,

  batchBytesMax: 1 << 20,
  batchBytesMin: 512,
  batchMemoryBytesMax: 32 << 20,
  batchMemoryIdleBytesMax: 4 << 20,
  batchMemoryIdleMs: 1_000,
  frameMemoryBytesMin: 64 << 10,
  frameMemoryBytesMax: 8 << 20,
  maxBufferedBytes: 32 << 20,
  bufferedHardFactor: 2,
  parkedRecordsMax: 1_000_000,
  parkedRecordOverheadBytes: 100,
  maxInFlight: 5,
  partialBatchesInFlightMax: 2,
  deliveryTimeoutMs: 120_000,
  producerCloseTimeoutMs: 5_000,
  produceRequestBytesMax: 4 << 20,
  produceOverheadBytes: 4_096,
  quietPartitionMs: 60_000,
  restampsMax: 10,
  messageIdBytesMax: 1_024,

  readBufferBytes: 64 << 10,
  prefetchBytes: 4 << 20,
  prefetchBytesMin: 1_024,
  fetchMaxWaitMs: 500,
  fetchIdleWaitMs: 5_000,
  fetchMinBytes: 1,
  throttleWaitMs: 5_000,
  fetchPartitionBytes: 1 << 20,
  fetchBufferBytesMin: 4 << 10,
  fetchesPerLeaderMax: 4,
  pollsPerLeaderMax: 64,
  fetchesWithAbandonedMax: 80,
  consumerTurnMs: 2,
  messagesPerLook: 32,
  uncompressedBytesMax: 64 << 20,
  leaderEpochsMax: 64,
  partitionRefreshMs: 30_000,

  groupIdLengthMax: 249,
  instanceIdLengthMax: 249,
  groupTimeoutMsMax: 24 * 3_600_000,
  rebalanceTimeoutMs: 60_000,
  heartbeatMs: 3_000,
  earlyHeartbeatsMax: 5,
  commitIntervalMs: 1_000,
  unackedDefault: 10_000,
  unackedMax: 1_000_000,
  laneAheadFactor: 64,
  stallTimeoutMs: 30_000,
  stallCheckMs: 1_000,
  drainTimeoutMs: 5_000,
  leaveTimeoutMs: 2_000,
  offsetMetadataLengthMax: 4_096,

  traceLinksMax: 128,
  tracedRecordsMax: 1_000,
  traceContextsMax: 16,
  traceHeaderBytesMax: 8_192,
});

/** What must hold between limits; called when this module loads, and by the tests with broken ones. */
export function assertClientLimits(limits: ClientLimits): void {
  for (const [name, value] of Object.entries(limits))
    assert(Number.isSafeInteger(value) && value > 0, `${name} must be a positive integer`);
  assert(limits.retryInitialMs <= limits.retryMaxMs, 'the first wait must not exceed the longest');
  // The broker remembers the last five batches of a producer in a partition; one more in flight could come back
  // unrecognised.
  assert(limits.maxInFlight <= 5, 'a resent batch must be among the last five that the broker remembers');
  assert(
    limits.partialBatchesInFlightMax <= limits.maxInFlight,
    'batches that are not full are sent in the same window',
  );
  assert(limits.batchBytesMin <= limits.batchBytesMax, 'batchBytesMin <= batchBytesMax');
  assert(
    limits.batchBytesMax + limits.produceOverheadBytes <= limits.produceRequestBytesMax,
    'a full batch must fit in a request',
  );
  assert(limits.batchBytesMax <= limits.maxBufferedBytes, 'a full batch must fit in the buffer');
  assert(limits.fetchBufferBytesMin <= limits.fetchPartitionBytes, 'fetchBufferBytesMin <= fetchPartitionBytes');
  assert(limits.prefetchBytesMin <= limits.prefetchBytes, 'prefetchBytesMin <= prefetchBytes');
  assert(limits.prefetchBytes < limits.responseBytesMax, 'a whole prefetch must fit in one answer');
  assert(limits.unackedDefault <= limits.unackedMax, 'unackedDefault <= unackedMax');
  assert(
    limits.heartbeatMs < limits.requestTimeoutMs,
    'a held heartbeat must be answered before its request times out',
  );
  assert(
    limits.fetchesPerLeaderMax + limits.pollsPerLeaderMax < limits.fetchesWithAbandonedMax,
    'fetches that nobody waits for must leave room',
  );
  assert(limits.fetchMaxWaitMs <= limits.fetchIdleWaitMs, 'fetchMaxWaitMs <= fetchIdleWaitMs');
  assert(limits.fetchIdleWaitMs < limits.requestTimeoutMs, 'a long poll must end before its request times out');
}

assertClientLimits(clientLimits);
