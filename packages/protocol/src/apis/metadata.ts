import { array, nullableArray } from '../schema/array.ts';
import { bool, i16, i32, nullableString, string, uuid } from '../schema/scalars.ts';
import { field, struct } from '../schema/struct.ts';
import type { Struct } from '../schema/struct.ts';
import type { Api } from './api.ts';

/** The body of a request METADATA. */
export interface MetadataRequest {
  /** Topic names; null = every topic. */
  readonly topics: readonly string[] | null;
}

/** The body of the answer to METADATA. */
export interface MetadataResponse {
  readonly clusterId: string;
  readonly brokers: readonly MetadataBroker[];
  readonly topics: readonly MetadataTopic[];
}

/** A broker, and the address that it is reached at. */
export interface MetadataBroker {
  readonly id: number;
  /** Empty = the address that the client dialled. */
  readonly host: string;
  readonly port: number;
}

/** A topic, with its partitions. */
export interface MetadataTopic {
  readonly errorCode: number;
  readonly errorMessage: string | null;
  readonly name: string;
  /** {@link noTopicId} with an error. */
  readonly topicId: string;
  readonly internal: boolean;
  readonly cleanupPolicy: string;
  readonly maxMessageBytes: number;
  readonly partitions: readonly MetadataPartition[];
}

/** A partition, and the broker that leads it. */
export interface MetadataPartition {
  readonly partition: number;
  readonly errorCode: number;
  /** Broker id of the leader; -1 = none at the moment. */
  readonly leaderId: number;
  readonly leaderEpoch: number;
  readonly replicas: readonly number[];
  readonly inSyncReplicas: readonly number[];
}

/** Stands where there is no topic id. */
export const noTopicId = '00000000-0000-0000-0000-000000000000';

const metadataRequest: Struct<MetadataRequest> = struct('MetadataRequest', {
  topics: field(nullableArray(string), 'Topic names; null = every topic.'),
});

const broker: Struct<MetadataBroker> = struct('MetadataBroker', {
  id: field(i32, 'Broker id.'),
  host: field(string, 'Host name or address; empty = the one that you dialled.'),
  port: field(i32, 'TCP port.'),
});

const partition: Struct<MetadataPartition> = struct('MetadataPartition', {
  partition: field(i32, 'Partition number.'),
  errorCode: field(i16, '0, or why the partition cannot be used at the moment.'),
  leaderId: field(i32, 'Broker id of the leader; -1 = none at the moment.'),
  leaderEpoch: field(i32, 'Leader epoch, to be named in PRODUCE, FETCH and LIST_OFFSETS.'),
  replicas: field(array(i32), 'Broker ids that hold the partition.'),
  inSyncReplicas: field(array(i32), 'Broker ids whose copy is complete.'),
});

const topic: Struct<MetadataTopic> = struct('MetadataTopic', {
  errorCode: field(i16, '0, or why there is nothing to tell about the topic.'),
  errorMessage: field(nullableString, 'The error in words; null without one.'),
  name: field(string, 'Topic name.'),
  topicId: field(
    uuid,
    'Topic id, to be used in requests; all zeros with an error. A topic that is deleted and created again gets a new one.',
  ),
  internal: field(bool, 'The topic belongs to the broker itself.'),
  cleanupPolicy: field(string, 'delete, compact, or both with a comma.'),
  maxMessageBytes: field(i32, 'Largest record batch that the topic takes, in bytes.'),
  partitions: field(array(partition), 'Every partition, in the order of their numbers.'),
});

const metadataResponse: Struct<MetadataResponse> = struct('MetadataResponse', {
  clusterId: field(string, 'Id of the cluster.'),
  brokers: field(array(broker), 'Every broker.'),
  topics: field(array(topic), 'One entry per topic of the request, in its order.'),
});

/** Tells brokers, topics, partitions and their leaders. */
export const Metadata: Api<MetadataRequest, MetadataResponse> = {
  key: 3,
  name: 'METADATA',
  versions: { min: 0, max: 0 },
  request: metadataRequest,
  response: metadataResponse,
  doc: 'Tells brokers, topics, partitions and who leads them. Topics are named here and by id in the data requests.',
};
