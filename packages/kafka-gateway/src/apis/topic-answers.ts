/** What every answer about topics says of them. */
import type { PartitionRoute } from '@q/broker';
import { checkTopicName } from '@q/protocol';
import type { QError } from '@q/protocol';
import { KafkaError, kafkaCodeOf, kafkaErrorCode, toKafkaError } from '../errors/kafka-errors.ts';

/** Where a partition is served, as Metadata and DescribeTopicPartitions tell it. */
export interface PartitionAnswer {
  readonly errorCode: number;
  readonly partitionIndex: number;
  readonly leaderId: number;
  readonly leaderEpoch: number;
  readonly replicaNodes: readonly number[];
  readonly isrNodes: readonly number[];
  readonly offlineReplicas: readonly number[];
}

const none: readonly number[] = [];

export function partitionAnswer(route: PartitionRoute): PartitionAnswer {
  const { partition, error, leaderId, leaderEpoch, replicas, inSyncReplicas } = route;
  return {
    errorCode: error === null ? kafkaErrorCode.NONE : kafkaCodeOf(error),
    partitionIndex: partition,
    leaderId,
    leaderEpoch,
    replicaNodes: replicas,
    isrNodes: inSyncReplicas,
    // A copy that could not be opened is on a disk that fails, as far as a client can tell.
    offlineReplicas: error === null ? none : replicas,
  };
}

/** Why there is no topic of this name: of some names there never can be. */
export function missingTopic(name: string, error: QError): KafkaError {
  const reason = error.code === 'UNKNOWN_TOPIC' ? checkTopicName(name) : null;
  return reason === null ? toKafkaError(error) : new KafkaError('INVALID_TOPIC_EXCEPTION', reason);
}

/** The number of that alone, which costs no error. */
export function missingTopicCode(name: string, error: QError): number {
  const isImpossible = error.code === 'UNKNOWN_TOPIC' && checkTopicName(name) !== null;
  return isImpossible ? kafkaErrorCode.INVALID_TOPIC_EXCEPTION : kafkaCodeOf(error);
}
