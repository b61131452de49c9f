/**
 * What STATS tells from version 2 on, part by part. What is listed one by one is bounded: the counts of what was left
 * out stand beside it.
 */
import { array } from '../schema/array.ts';
import { i32, i64, string } from '../schema/scalars.ts';
import { field, struct } from '../schema/struct.ts';
import type { Struct } from '../schema/struct.ts';

/** Sizes or times of one kind, and how they spread. The unit stands in the name of what is measured. */
export interface Distribution {
  readonly count: number;
  readonly total: number;
  /** Percentiles are true to 2 %; all are 0 where nothing was counted. */
  readonly p50: number;
  readonly p99: number;
  readonly p999: number;
  readonly max: number;
}

/** What went in and out within a time that ends now. Divided by `elapsedMs` it is a rate. */
export interface TrafficWindow {
  /** Nominal length: a minute or five. */
  readonly windowMs: number;
  /** True length: somewhat more, and less while the broker is younger. */
  readonly elapsedMs: number;
  readonly recordsIn: number;
  readonly bytesIn: number;
  readonly recordsOut: number;
  readonly bytesOut: number;
}

/** The traffic of one topic. */
export interface TopicTraffic {
  readonly topic: string;
  /** Since the broker's start. */
  readonly recordsIn: number;
  readonly bytesIn: number;
  readonly recordsOut: number;
  readonly bytesOut: number;
  readonly windows: readonly TrafficWindow[];
}

/** How far one group is behind in one topic, all its partitions together. */
export interface GroupLag {
  readonly groupId: string;
  readonly topic: string;
  /** Records behind the committed offsets, or behind the starts without one; an upper bound in compacted topics. */
  readonly lagRecords: number;
  /** Age of the oldest record that is not committed, in ms; 0 = there is none; -1 = not known yet. */
  readonly lagMs: number;
}

/** Connections of one kind of client. */
export interface ClientCount {
  /** Protocol: `native`, `kafka`. */
  readonly door: string;
  /** Name of the client library as it says; empty = it does not say; `other` = all that are not told apart. */
  readonly software: string;
  readonly softwareVersion: string;
  readonly connections: number;
}

/** Connections that were not let in. */
export interface RefusalCount {
  /** The limit that was reached, or `acceptFailed`. */
  readonly reason: string;
  readonly count: number;
}

/** Who was answered with errors. */
export interface FailingClient {
  readonly door: string;
  /** As it named itself; empty when it did not. */
  readonly clientId: string;
  readonly address: string;
  /** Errors since it was noticed; an upper bound where it took the place of another in the list. */
  readonly errors: number;
  readonly lastError: string;
  readonly sinceLastMs: number;
}

export const distribution: Struct<Distribution> = struct('Distribution', {
  count: field(i64, 'How many were counted.'),
  total: field(i64, 'Their sum.'),
  p50: field(i64, 'Half of them are no greater.'),
  p99: field(i64, '99 of 100 are no greater.'),
  p999: field(i64, '999 of 1000 are no greater.'),
  max: field(i64, 'The greatest.'),
});

const trafficWindow: Struct<TrafficWindow> = struct('TrafficWindow', {
  windowMs: field(i32, 'Nominal length, in milliseconds: 60000 or 300000.'),
  elapsedMs: field(i32, 'True length, in milliseconds; it ends now.'),
  recordsIn: field(i64, 'Records produced within it.'),
  bytesIn: field(i64, 'Bytes of record batches produced within it.'),
  recordsOut: field(i64, 'Records fetched within it.'),
  bytesOut: field(i64, 'Bytes of record batches fetched within it.'),
});

export const trafficWindows: ReturnType<typeof array<TrafficWindow>> = array(trafficWindow);

export const topicTraffic: Struct<TopicTraffic> = struct('TopicTraffic', {
  topic: field(string, 'Topic name.'),
  recordsIn: field(i64, 'Records produced since the start.'),
  bytesIn: field(i64, 'Bytes of record batches produced since the start.'),
  recordsOut: field(i64, 'Records fetched since the start.'),
  bytesOut: field(i64, 'Bytes of record batches fetched since the start.'),
  windows: field(trafficWindows, 'The last minute, and the last five.'),
});

export const groupLag: Struct<GroupLag> = struct('GroupLag', {
  groupId: field(string, 'Group id.'),
  topic: field(string, 'Topic name.'),
  lagRecords: field(i64, 'Records behind the committed offsets, all partitions together.'),
  lagMs: field(i64, 'Age of the oldest record that is not committed, in ms; 0 = there is none; -1 = not known yet.'),
});

export const clientCount: Struct<ClientCount> = struct('ClientCount', {
  door: field(string, 'Protocol that the connections speak.'),
  software: field(string, 'Name of the client library, as it says; "other" = all that are not told apart.'),
  softwareVersion: field(string, 'Its version, as it says.'),
  connections: field(i32, 'Open connections.'),
});

export const refusalCount: Struct<RefusalCount> = struct('RefusalCount', {
  reason: field(string, 'The limit that was reached, or "acceptFailed".'),
  count: field(i64, 'Connections that were not let in since the start.'),
});

export const failingClient: Struct<FailingClient> = struct('FailingClient', {
  door: field(string, 'Protocol that it speaks.'),
  clientId: field(string, 'As it named itself; empty = it did not.'),
  address: field(string, 'Where it calls from.'),
  errors: field(i64, 'Errors that it was answered since it was noticed; an upper bound.'),
  lastError: field(string, 'Name of the latest one.'),
  sinceLastMs: field(i64, 'Milliseconds since then.'),
});
