import { array } from '../schema/array.ts';
import { bool, i32, i64, string } from '../schema/scalars.ts';
import { field, struct } from '../schema/struct.ts';
import type { Struct } from '../schema/struct.ts';
import type { Api } from './api.ts';

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
}

/** Requests of one API since the broker's start. Times are in ms, sizes in bytes. */
export interface ApiStats {
  readonly api: string;
  readonly requests: number;
  readonly failed: number;
  readonly totalMicros: number;
  readonly maxMicros: number;
}

/** How often one error was answered since the broker's start. */
export interface ErrorStats {
  readonly error: string;
  readonly count: number;
}

const statsRequest: Struct<StatsRequest> = struct<StatsRequest>('StatsRequest', {});

const apiStats: Struct<ApiStats> = struct('ApiStats', {
  api: field(string, 'Name of the API.'),
  requests: field(i64, 'Requests answered since the start.'),
  failed: field(i64, 'Those answered with an error.'),
  totalMicros: field(i64, 'Time they took together, in microseconds.'),
  maxMicros: field(i64, 'Longest time that one took, in microseconds.'),
});

const errorStats: Struct<ErrorStats> = struct('ErrorStats', {
  error: field(string, 'Name of the error.'),
  count: field(i64, 'How often it was answered since the start.'),
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
});

/** Tells what the broker holds and has done since its start. */
export const Stats: Api<StatsRequest, StatsResponse> = {
  key: 13,
  name: 'STATS',
  versions: { min: 0, max: 1 },
  request: statsRequest,
  response: statsResponse,
  doc: 'Tells what the broker holds, what it uses, and what it has done since its start.',
};
