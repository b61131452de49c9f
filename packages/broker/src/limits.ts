import { strict as assert } from 'node:assert';
import { coordinatorLimits } from '@q/coordinator';
import { protocolLimits } from '@q/protocol';

/**
 * Every bound of a broker. Each is finite; none can be switched off, only moved. The comments are the meanings in the
 * table of docs/CONFIGURATION.md, which apps/broker/scripts/write-documents.ts writes.
 */
export interface BrokerLimits {
  // Connections
  /** Open connections in total; one more is answered TOO_MANY_CONNECTIONS and closed. */
  readonly connectionsMax: number;
  /** Open connections from one address. */
  readonly connectionsPerAddressMax: number;
  /** Open connections of one user. Those who have not shown who they are are not counted. */
  readonly connectionsPerUserMax: number;
  /** Connections that are let in within a second, from all addresses; more wait, for ten seconds at most. */
  readonly connectionsPerSecondMax: number;
  /** Refused connections that are being told so; one more is closed without a word. */
  readonly refusalsMax: number;
  /** From the accepted connection to a complete HELLO. */
  readonly helloTimeoutMs: number;
  /** Of a TLS handshake, from the accepted connection to its end, however its bytes trickle. */
  readonly handshakeTimeoutMs: number;
  /** From the beginning of a connection until it is known whose it is. What the broker holds back does not count. */
  readonly authenticationTimeoutMs: number;
  /** A connection that sends nothing for so long, and waits for nothing, is closed. */
  readonly idleTimeoutMs: number;
  /** From the first byte of a frame to its last, not counting the time in which the broker did not read. */
  readonly frameTimeoutMs: number;
  /** How long a peer may take to hang up after the broker said goodbye. */
  readonly lingerTimeoutMs: number;
  /** How often time limits of connections are looked at. */
  readonly sweepIntervalMs: number;
  /** Connections that are looked at in one turn of the event loop. */
  readonly sweepSliceMax: number;

  // Bytes and requests on their way in
  /** Largest frame after HELLO, without its length field; the HELLO answer tells it. */
  readonly frameBytesMax: number;
  /**
   * Requests of one connection that are worked on; above it the broker stops reading the socket. Held ones count apart.
   */
  readonly requestsInFlightMax: number;
  /**
   * Partitions that long polls of one connection wait for, and members that its held heartbeats belong to. A request
   * beyond it is not held: it is answered at once with what there is.
   */
  readonly connectionHeldMax: number;
  /**
   * A connection that waits for no more than this is held also when the broker holds too much: who waits for little is
   * served.
   */
  readonly connectionHeldFree: number;
  /** As `connectionHeldMax`, for all connections together. */
  readonly brokerHeldMax: number;
  /**
   * Bytes of one connection that are buffered or not durable yet; above it the broker stops reading the socket. A frame
   * that is larger than that, which a door may allow, is read when nothing else of its connection is held.
   */
  readonly connectionBytesMax: number;
  /**
   * A connection that holds no more than this is read also when the broker holds too much: who only fetches is served.
   */
  readonly connectionBytesFree: number;
  /** As `connectionBytesMax`, for all connections together. */
  readonly brokerBytesMax: number;
  /** Above this a PRODUCE that has arrived is refused with BROKER_BUSY. */
  readonly brokerBytesHardMax: number;

  // Bytes on their way out
  /** Unsent answers of one connection; above it the broker takes no more requests from it. */
  readonly outputBytesMax: number;
  /** Unsent answers of all connections; above it fetches wait, or get little. */
  readonly brokerOutputBytesMax: number;
  /** Room above `brokerOutputBytesMax`, for fetches of connections that have taken all their answers. */
  readonly brokerOutputBytesHardMax: number;
  /** What a fetch gets that is served out of that room, in record bytes, or one batch. */
  readonly outputBytesLeast: number;
  /** Most bytes handed to the operating system in one write: the step in which progress is measured. */
  readonly writeBytesMax: number;
  /** A peer that takes none of its answers for so long is disconnected. */
  readonly outputStallMs: number;
  /** The same while `brokerOutputBytesMax` is used up, and others wait for the room of those who take nothing. */
  readonly outputStallShortMs: number;

  // Work on the one thread that serves everybody
  /**
   * How long requests of one connection are worked on before the others get a turn: whole requests and whole batches.
   */
  readonly turnMsMax: number;
  /**
   * Bytes that compressed batches become on the spot in one turn of the event loop, all connections together. What is
   * beyond is checked apart: in the thread pool and in slices. Also the largest batch that is checked on the spot,
   * plain or not.
   */
  readonly checkTurnBytesMax: number;
  /** Partitions of long polls that go on in one turn of the event loop, when many are woken at once. */
  readonly wakesPerTurnMax: number;
  /** Batches that are checked apart at once; others wait, one of each connection. */
  readonly checksMax: number;
  /** A batch that takes more than this, in bytes that it is and becomes, waits for one of `largeChecksMax` places. */
  readonly largeCheckBytesMin: number;
  /** Such large batches that are checked at once. */
  readonly largeChecksMax: number;
  /** Searches for records by their time at once, all requests together; others wait. */
  readonly timeSearchesMax: number;

  // Requests
  /** Most record bytes in one FETCH answer. */
  readonly fetchBytesMax: number;
  /** Longest long poll; a request for more gets this much. */
  readonly fetchWaitMsMax: number;
  /** Longest wait for durability before REQUEST_TIMED_OUT; a request for more gets this much. */
  readonly produceTimeoutMsMax: number;
  /** How far a record's timestamp may lie in the future: one far ahead would keep its segment from ever expiring. */
  readonly timestampAheadMsMax: number;
  /** Most records of a batch that has message ids, for a topic that looks at them. */
  readonly messageIdsPerBatchMax: number;

  // Topics
  /** Topics in total, those of the broker itself included. */
  readonly topicsMax: number;
  /** Partitions of one topic. */
  readonly partitionsPerTopicMax: number;
  /** Partitions of all topics together. */
  readonly partitionsMax: number;
  /** Partitions of a topic that is created without a number. */
  readonly partitionsDefault: number;
  /** Partition logs that are opened or deleted at once. */
  readonly logOpensMax: number;
  /**
   * A partition that could not be opened is tried again after this time, which doubles from one failure to the next.
   */
  readonly reopenPauseMsMin: number;
  /** The longest of these times: below that for which producers try by default. */
  readonly reopenPauseMsMax: number;

  // Groups
  /** Consumer groups, those without members included. */
  readonly groupsMax: number;
  /** Session timeout of members that name none. */
  readonly groupSessionTimeoutMs: number;
  /** Longest hold of a heartbeat; a request for more gets this much. */
  readonly heldHeartbeatMsMax: number;
  /** How long the offsets of a group are kept after its last member left and its last offset was committed. */
  readonly groupExpiryMs: number;
  /** Transactional ids that the broker knows at once. */
  readonly transactionalIdsMax: number;
  /** Longest time-out that a producer may ask for its transactions; Kafka's `transaction.max.timeout.ms`. */
  readonly transactionTimeoutMsMax: number;
  /** How long a transactional id is kept that nobody uses; Kafka's `transactional.id.expiration.ms`. */
  readonly transactionalIdExpiryMs: number;
  /** How long a request waits until the transaction before it has ended. */
  readonly transactionWaitMsMax: number;
  /** Pause between two looks for groups that have expired. */
  readonly groupSweepIntervalMs: number;
  /**
   * How long the first generation of a classic group waits for more members, from the first one on; put off by the same
   * as long as they come. 0: it does not wait.
   */
  readonly groupInitialDelayMs: number;
  /** What members of classic groups say of themselves and were given, and 1 KiB for each, all groups together. */
  readonly classicGroupsBytesMax: number;
  /** Least time between two looks for sessions that have run out. */
  readonly groupDeadlinePauseMs: number;

  // Life
  /** Pause between two rounds of retention, compaction and checkpoints. */
  readonly maintenanceIntervalMs: number;
  /** A backup that nobody reads for so long is ended, and what it held back from retention and compaction let go. */
  readonly backupStallMs: number;
  /** How often the broker looks at its own health. */
  readonly healthIntervalMs: number;
  /** Pause between two tries to note the broker's start, where the disk was too full for it. */
  readonly termRetryMs: number;
  /** How long close() waits for requests in flight unless told otherwise. */
  readonly closeTimeoutMs: number;
}

const KiB = 1024;
const MiB = 1024 * KiB;
const secondMs = 1000;
const minuteMs = 60 * secondMs;

/** Room in a frame for the fields around the records. */
export const frameOverheadBytes: number = 64 * KiB;

/** The limits of a broker that is given none. Times are in ms, sizes in bytes. */
export const defaultLimits: BrokerLimits = {
  connectionsMax: 10_000,
  connectionsPerAddressMax: 2_000,
  connectionsPerUserMax: 2_000,
  connectionsPerSecondMax: 2_000,
  refusalsMax: 256,
  helloTimeoutMs: 3 * secondMs,
  handshakeTimeoutMs: 2 * secondMs,
  authenticationTimeoutMs: 5 * secondMs,
  idleTimeoutMs: 10 * minuteMs,
  frameTimeoutMs: minuteMs,
  lingerTimeoutMs: 2 * secondMs,
  sweepIntervalMs: 500,
  sweepSliceMax: 500,

  frameBytesMax: protocolLimits.frameBytesMax,
  requestsInFlightMax: 2048,
  connectionHeldMax: 65_536,
  connectionHeldFree: 32,
  brokerHeldMax: 524_288,
  connectionBytesMax: 64 * MiB,
  connectionBytesFree: 4 * KiB,
  brokerBytesMax: 256 * MiB,
  brokerBytesHardMax: 384 * MiB,

  outputBytesMax: 8 * MiB,
  brokerOutputBytesMax: 256 * MiB,
  brokerOutputBytesHardMax: 384 * MiB,
  outputBytesLeast: 64 * KiB,
  // A batch of the usual largest size and the head of its answer leave together.
  writeBytesMax: MiB + frameOverheadBytes,
  outputStallMs: 30 * secondMs,
  outputStallShortMs: 3 * secondMs,

  turnMsMax: 4,
  checkTurnBytesMax: 2 * MiB,
  wakesPerTurnMax: 4_096,
  checksMax: 2,
  largeCheckBytesMin: 8 * MiB,
  largeChecksMax: 1,
  timeSearchesMax: 16,

  fetchBytesMax: 15 * MiB,
  fetchWaitMsMax: minuteMs,
  produceTimeoutMsMax: 2 * minuteMs,
  timestampAheadMsMax: 60 * minuteMs,
  messageIdsPerBatchMax: 20_000,

  topicsMax: 10_000,
  partitionsPerTopicMax: 10_000,
  partitionsMax: 20_000,
  partitionsDefault: 1,
  logOpensMax: 16,
  reopenPauseMsMin: 10 * secondMs,
  reopenPauseMsMax: minuteMs,

  groupsMax: coordinatorLimits.groupsMax,
  groupSessionTimeoutMs: coordinatorLimits.sessionTimeoutMs,
  heldHeartbeatMsMax: 30 * secondMs,
  groupExpiryMs: coordinatorLimits.groupExpiryMs,
  transactionalIdsMax: 100_000,
  transactionTimeoutMsMax: coordinatorLimits.transactionTimeoutMsMax,
  transactionalIdExpiryMs: coordinatorLimits.transactionalIdExpiryMs,
  transactionWaitMsMax: 25 * secondMs,
  groupSweepIntervalMs: minuteMs,
  groupInitialDelayMs: coordinatorLimits.classicInitialDelayMs,
  classicGroupsBytesMax: 64 * MiB,
  groupDeadlinePauseMs: 50,

  maintenanceIntervalMs: 10 * secondMs,
  backupStallMs: 90 * secondMs,
  healthIntervalMs: secondMs,
  termRetryMs: secondMs,
  closeTimeoutMs: 10 * secondMs,
};

/** What statistics tell one by one, at most. What is beyond is counted together, or as left out. */
export const statisticsLimits = {
  /** Clients that were answered with errors. */
  failingClientsMax: 64,
  /** Users that were slowed down because of a quota. */
  throttledUsersMax: 64,
  /** Kinds of client software that are told apart, since the start. */
  clientKindsMax: 32,
  /** Topics in an answer of STATS, and pairs of a group and a topic. */
  topicsMax: 100,
  groupLagsMax: 100,
  /** How far groups are behind is looked at again after this time. */
  lagAgeMsMax: 5_000,
  /** Partitions whose age is known, and batches that one look reads from files for it. */
  laggingPartitionsMax: 10_000,
  lagFilesMax: 64,
} as const;

/**
 * These are what they were at the start until the broker is started again: what was made from them stands, such as
 * queues and timers, or what was promised to clients. All others are looked at each time.
 */
export const restartLimits: ReadonlySet<keyof BrokerLimits> = new Set([
  'frameBytesMax',
  'brokerHeldMax',
  'wakesPerTurnMax',
  'checksMax',
  'largeChecksMax',
  'timeSearchesMax',
  'logOpensMax',
  'reopenPauseMsMin',
  'reopenPauseMsMax',
  'groupDeadlinePauseMs',
  'maintenanceIntervalMs',
  'healthIntervalMs',
  'termRetryMs',
]);

/**
 * Says what is wrong with a set of limits, or `null`. Relations, not only ranges: a limit that contradicts another
 * one would show as a hang much later.
 */
export function checkLimits(limits: BrokerLimits): string | null {
  for (const [name, value] of Object.entries(limits)) {
    const least = name === 'groupInitialDelayMs' ? 0 : 1;
    if (!Number.isSafeInteger(value) || value < least)
      return `limits.${name} = ${value}: must be a whole number of at least ${least}`;
  }
  const { sessionTimeoutMsMin, sessionTimeoutMsMax } = coordinatorLimits;
  const relations: readonly (readonly [boolean, string])[] = [
    [
      limits.frameBytesMax >= protocolLimits.helloFrameBytesMax + frameOverheadBytes,
      'frameBytesMax must be at least 128 KiB',
    ],
    [
      limits.fetchBytesMax + frameOverheadBytes <= limits.frameBytesMax,
      'fetchBytesMax must be at least 64 KiB below frameBytesMax',
    ],
    [limits.connectionBytesMax >= 2 * limits.frameBytesMax, 'connectionBytesMax must be at least twice frameBytesMax'],
    [
      limits.connectionBytesMax > limits.connectionBytesFree,
      'connectionBytesMax must be more than connectionBytesFree',
    ],
    [limits.brokerBytesMax >= limits.connectionBytesMax, 'brokerBytesMax must be at least connectionBytesMax'],
    [limits.brokerBytesHardMax >= limits.brokerBytesMax, 'brokerBytesHardMax must be at least brokerBytesMax'],
    [limits.brokerOutputBytesMax >= limits.outputBytesMax, 'brokerOutputBytesMax must be at least outputBytesMax'],
    [
      limits.connectionsMax >= limits.connectionsPerAddressMax,
      'connectionsMax must be at least connectionsPerAddressMax',
    ],
    [limits.connectionHeldMax >= limits.connectionHeldFree, 'connectionHeldMax must be at least connectionHeldFree'],
    [
      limits.brokerOutputBytesHardMax >= limits.brokerOutputBytesMax,
      'brokerOutputBytesHardMax must be at least brokerOutputBytesMax',
    ],
    [limits.brokerHeldMax >= limits.connectionHeldMax, 'brokerHeldMax must be at least connectionHeldMax'],
    [limits.reopenPauseMsMax >= limits.reopenPauseMsMin, 'reopenPauseMsMax must be at least reopenPauseMsMin'],
    [limits.largeCheckBytesMin >= limits.checkTurnBytesMax, 'largeCheckBytesMin must be at least checkTurnBytesMax'],
    [limits.partitionsMax >= limits.partitionsPerTopicMax, 'partitionsMax must be at least partitionsPerTopicMax'],
    [
      limits.partitionsPerTopicMax >= limits.partitionsDefault,
      'partitionsPerTopicMax must be at least partitionsDefault',
    ],
    [
      limits.groupSessionTimeoutMs >= sessionTimeoutMsMin && limits.groupSessionTimeoutMs <= sessionTimeoutMsMax,
      `groupSessionTimeoutMs must be from ${sessionTimeoutMsMin} to ${sessionTimeoutMsMax}`,
    ],
  ];
  for (const [holds, rule] of relations) {
    if (!holds) return `limits: ${rule} (${valuesIn(rule, limits)})`;
  }
  return null;
}

/** What the limits are that a rule names: one of them may be a default that nobody has thought of. */
function valuesIn(rule: string, limits: BrokerLimits): string {
  const named = Object.entries(limits).filter(([name]) => rule.split(' ').includes(name));
  return named.map(([name, value]) => `${name}=${value}`).join(', ');
}

assert.equal(checkLimits(defaultLimits), null);
