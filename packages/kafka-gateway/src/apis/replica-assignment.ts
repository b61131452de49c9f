import { KafkaError } from '../errors/kafka-errors.ts';

/**
 * Replicas that a client has chosen for one partition. There is one broker, so it alone may be named, once.
 * @throws KafkaError INVALID_REPLICA_ASSIGNMENT
 */
export function checkReplicaAssignment(brokerIds: readonly number[], brokerId: number): void {
  if (brokerIds.length === 0) {
    throw new KafkaError('INVALID_REPLICA_ASSIGNMENT', 'the replica list of a partition is empty');
  }
  if (new Set(brokerIds).size < brokerIds.length) {
    throw new KafkaError('INVALID_REPLICA_ASSIGNMENT', `the replica list ${brokerIds.join(', ')} names a broker twice`);
  }
  const other = brokerIds.find((id) => id !== brokerId);
  if (other === undefined) return;
  throw new KafkaError('INVALID_REPLICA_ASSIGNMENT', `there is no broker ${other}; the only one is ${brokerId}`);
}
