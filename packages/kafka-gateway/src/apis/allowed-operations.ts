/**
 * What a caller may do with a thing, as a set of bits: bit n is operation n of Kafka's AclOperation. Whoever reaches
 * this door may do everything.
 */

/** Every operation that there is on a topic: read, write, create, delete, alter, describe, and its settings. */
export const topicOperations = bits(3, 4, 5, 6, 7, 8, 10, 11);
/** On the cluster: create, alter, describe, act as a broker, its settings, idempotent writes. */
export const clusterOperations = bits(5, 7, 8, 9, 10, 11, 12);

function bits(...operations: readonly number[]): number {
  return operations.reduce((sum, operation) => sum + 2 ** operation, 0);
}
