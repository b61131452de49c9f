import { array } from '../schema/array.ts';
import { bool, i32, i64, nullableString, string } from '../schema/scalars.ts';
import { field, struct } from '../schema/struct.ts';
import type { Struct } from '../schema/struct.ts';
import type { Api } from './api.ts';
import {
  clientCount,
  distribution,
  failingClient,
  groupLag,
  refusalCount,
  topicTraffic,
  trafficWindows,
} from './stats-parts.ts';
import type {
  ClientCount,
  Distribution,
  FailingClient,
  GroupLag,
  RefusalCount,
  TopicTraffic,
  TrafficWindow,
} from './stats-parts.ts';

/** Nothing to ask for: the request has no fields. */
export type StatsRequest = Readonly<Record<string, never>>;

/** A broker in numbers since its start. Times are in ms, sizes in bytes. */
export interface StatsResponse {
  readonly brokerId: number;
  readonly softwareVersion: string;
  readonly uptimeMs: number;
  readonly topics: number;
  readonly partitions: number;
  readonly messages: number;
  readonly messagesExact: boolean;
  readonly bytes: number;
  readonly connections: number;
  readonly memoryRssBytes: number;
  readonly memoryHeapBytes: number;
  readonly memoryBufferBytes: number;
  readonly cpuUserMs: number;
  readonly cpuSystemMs: number;
  /** -1 = unknown. */
  readonly diskFreeBytes: number;
  /** -1 = unknown. */
  readonly diskTotalBytes: number;
  readonly recordsIn: number;
  readonly recordsOut: number;
  readonly bytesIn: number;
  readonly bytesOut: number;
  /** Default durability of an acknowledgement: fsync, interval, os or memory. */
  readonly durability: string;
  readonly apis: readonly ApiStats[];
  readonly errors: readonly ErrorStats[];
  /** Where the caller finds the admin HTTP interface; null = there is none, or none that it can dial. */
  readonly adminUrl: string | null;
  /** Memory outside the heap that belongs to objects in it; buffers are part of it. -1 = unknown. */
  readonly memoryExternalBytes: number;
  readonly connectionsRefused: number;
  /** -1 = unknown. */
  readonly openFiles: number;
  /** -1 = unknown. */
  readonly segments: number;
  /** Reads of records served from memory, and from files. -1 = unknown. */
  readonly readsFromMemory: number;
  readonly readsFromFiles: number;
  /** Times that partitions of a group were given out anew. -1 = unknown. */
  readonly rebalances: number;
  /** The last minute and the last five, all topics together. */
  readonly windows: readonly TrafficWindow[];
  /** Rounds that made appends durable: their times, and what each of them wrote (group commit). */
  readonly roundMicros: Distribution;
  readonly roundRecords: Distribution;
  readonly roundBytes: Distribution;
  /** Syncs of the disk. */
  readonly syncMicros: Distribution;
  /** How late the event loop came to its timers, in the last ten seconds or so. */
  readonly loopDelayMicros: Distribution;
  /** Collections of garbage, and the time that they took. -1 = not counted. */
  readonly garbageCollections: number;
  readonly garbageMicros: number;
  /** The busiest topics of the last minute first. */
  readonly topicTraffic: readonly TopicTraffic[];
  readonly topicsLeftOut: number;
  /** Those that are behind the longest first. */
  readonly groupLags: readonly GroupLag[];
  readonly groupLagsLeftOut: number;
  readonly clients: readonly ClientCount[];
  readonly refusals: readonly RefusalCount[];
  /** Who was answered with errors, the most first. */
  readonly failingClients: readonly FailingClient[];
}

/** Requests of one API since the broker's start. Times are in ms, sizes in bytes. */
export interface ApiStats {
  readonly api: string;
  readonly requests: number;
  readonly failed: number;
  readonly totalMicros: number;
  readonly maxMicros: number;
  /** Percentiles of the times, true to 2 %. -1 = unknown. */
  readonly p50Micros: number;
  readonly p99Micros: number;
  readonly p999Micros: number;
  /** What they failed with; parts of a request that failed count too. */
  readonly errors: readonly ErrorStats[];
}

/** How often one error was answered since the broker's start. */
export interface ErrorStats {
  readonly error: string;
  readonly count: number;
}

const statsRequest: Struct<StatsRequest> = struct<StatsRequest>('StatsRequest', {});

/** What a reader sees of a field that the version of the message does not have. */
function later<T>(value: T): { readonly since: 2; readonly value: T; readonly ignorable: true } {
  return { since: 2, value, ignorable: true };
}

const nothingCounted: Distribution = { count: 0, total: 0, p50: 0, p99: 0, p999: 0, max: 0 };

const errorStats: Struct<ErrorStats> = struct('ErrorStats', {
  error: field(string, 'Name of the error.'),
  count: field(i64, 'How often it was answered since the start.'),
});

const apiStats: Struct<ApiStats> = struct('ApiStats', {
  api: field(string, 'Name of the API.'),
  requests: field(i64, 'Requests answered since the start.'),
  failed: field(i64, 'Those answered with an error.'),
  totalMicros: field(i64, 'Time they took together, in microseconds.'),
  maxMicros: field(i64, 'Longest time that one took, in microseconds.'),
  p50Micros: field(i64, 'Half of them took no longer, in microseconds; -1 = unknown.', later(-1)),
  p99Micros: field(i64, '99 of 100 took no longer, in microseconds; -1 = unknown.', later(-1)),
  p999Micros: field(i64, '999 of 1000 took no longer, in microseconds; -1 = unknown.', later(-1)),
  errors: field(array(errorStats), 'What they failed with, parts of them included.', later([])),
});

const statsResponse: Struct<StatsResponse> = struct('StatsResponse', {
  brokerId: field(i32, 'Broker id.'),
  softwareVersion: field(string, 'Version of the broker software.'),
  uptimeMs: field(i64, 'Time since the start, in milliseconds.'),
  topics: field(i32, 'Topics.'),
  partitions: field(i32, 'Partitions, all topics together.'),
  messages: field(i64, 'Records that can be read, all partitions together; an upper bound unless it is exact.'),
  messagesExact: field(bool, 'That many can be read; false: there may be fewer.', {
    since: 1,
    value: false,
    ignorable: true,
  }),
  bytes: field(i64, 'Bytes that deleting them gives back to the disk, their indexes aside.'),
  connections: field(i32, 'Open connections.'),
  memoryRssBytes: field(i64, 'Resident memory of the process, in bytes.'),
  memoryHeapBytes: field(i64, 'Heap in use, in bytes.'),
  memoryBufferBytes: field(i64, 'Buffers outside the heap, in bytes.'),
  cpuUserMs: field(i64, 'CPU time of the process in user mode, in milliseconds.'),
  cpuSystemMs: field(i64, 'CPU time of the process in the system, in milliseconds.'),
  diskFreeBytes: field(i64, 'Free space of the disk, in bytes; -1 = unknown.'),
  diskTotalBytes: field(i64, 'Size of the disk, in bytes; -1 = unknown.'),
  recordsIn: field(i64, 'Records produced since the start.'),
  recordsOut: field(i64, 'Records fetched since the start.'),
  bytesIn: field(i64, 'Bytes of record batches produced since the start.'),
  bytesOut: field(i64, 'Bytes of record batches fetched since the start.'),
  durability: field(string, 'Default durability of an acknowledgement: fsync, interval, os or memory.'),
  apis: field(array(apiStats), 'One entry per API that was used.'),
  errors: field(array(errorStats), 'One entry per error that was answered.'),
  adminUrl: field(
    nullableString,
    'Where the caller finds the admin HTTP interface; null = there is none, or none that it can dial.',
    later(null),
  ),
  memoryExternalBytes: field(
    i64,
    'Memory outside the heap of objects in it, buffers included, in bytes; -1 = unknown.',
    later(-1),
  ),
  connectionsRefused: field(i64, 'Connections that were not let in since the start; -1 = unknown.', later(-1)),
  openFiles: field(i32, 'Files of the log that are open; -1 = unknown.', later(-1)),
  segments: field(i64, 'Segments of all partitions; -1 = unknown.', later(-1)),
  readsFromMemory: field(i64, 'Reads of records that were served from memory; -1 = unknown.', later(-1)),
  readsFromFiles: field(i64, 'Reads of records that were served from files; -1 = unknown.', later(-1)),
  rebalances: field(i64, 'Times that partitions of a group were given out anew; -1 = unknown.', later(-1)),
  windows: field(trafficWindows, 'The last minute and the last five, all topics together.', later([])),
  roundMicros: field(distribution, 'Times of the rounds that make appends durable.', later(nothingCounted)),
  roundRecords: field(distribution, 'Records that each of those rounds wrote.', later(nothingCounted)),
  roundBytes: field(distribution, 'Bytes that each of those rounds wrote.', later(nothingCounted)),
  syncMicros: field(distribution, 'Times of single syncs of the disk.', later(nothingCounted)),
  loopDelayMicros: field(
    distribution,
    'How late the event loop came to its timers, in the last ten seconds or so.',
    later(nothingCounted),
  ),
  garbageCollections: field(i64, 'Collections of garbage since the start; -1 = not counted.', later(-1)),
  garbageMicros: field(i64, 'Time that they took, in microseconds; -1 = not counted.', later(-1)),
  topicTraffic: field(array(topicTraffic), 'The busiest topics of the last minute first.', later([])),
  topicsLeftOut: field(i32, 'Topics that are not listed there.', later(0)),
  groupLags: field(array(groupLag), 'Groups and topics, those that are behind the longest first.', later([])),
  groupLagsLeftOut: field(i32, 'Pairs of group and topic that are not listed there.', later(0)),
  clients: field(array(clientCount), 'Open connections by the software at their other end.', later([])),
  refusals: field(array(refusalCount), 'Why connections were not let in.', later([])),
  failingClients: field(array(failingClient), 'Who was answered with errors, the most first.', later([])),
});

/** Tells what the broker holds and has done since its start. */
export const Stats: Api<StatsRequest, StatsResponse> = {
  key: 13,
  name: 'STATS',
  versions: { min: 0, max: 2 },
  request: statsRequest,
  response: statsResponse,
  doc: 'Tells what the broker holds, what it uses, and what it has done since its start.',
};
