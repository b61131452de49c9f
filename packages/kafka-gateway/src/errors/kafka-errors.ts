/**
 * Errors as the Kafka protocol numbers them, and which of them stands for each of ours. Numbers are those of Kafka 4.4
 * (org.apache.kafka.common.protocol.Errors).
 */
import type { ErrorName } from '@q/protocol';
import type { ResourceType } from '@q/security';

export const kafkaErrorCode = {
  UNKNOWN_SERVER_ERROR: -1,
  NONE: 0,
  OFFSET_OUT_OF_RANGE: 1,
  CORRUPT_MESSAGE: 2,
  UNKNOWN_TOPIC_OR_PARTITION: 3,
  LEADER_NOT_AVAILABLE: 5,
  NOT_LEADER_OR_FOLLOWER: 6,
  REQUEST_TIMED_OUT: 7,
  MESSAGE_TOO_LARGE: 10,
  OFFSET_METADATA_TOO_LARGE: 12,
  COORDINATOR_LOAD_IN_PROGRESS: 14,
  COORDINATOR_NOT_AVAILABLE: 15,
  NOT_COORDINATOR: 16,
  INVALID_TOPIC_EXCEPTION: 17,
  INVALID_REQUIRED_ACKS: 21,
  ILLEGAL_GENERATION: 22,
  INCONSISTENT_GROUP_PROTOCOL: 23,
  INVALID_GROUP_ID: 24,
  UNKNOWN_MEMBER_ID: 25,
  INVALID_SESSION_TIMEOUT: 26,
  REBALANCE_IN_PROGRESS: 27,
  INVALID_COMMIT_OFFSET_SIZE: 28,
  TOPIC_AUTHORIZATION_FAILED: 29,
  GROUP_AUTHORIZATION_FAILED: 30,
  CLUSTER_AUTHORIZATION_FAILED: 31,
  INVALID_TIMESTAMP: 32,
  UNSUPPORTED_SASL_MECHANISM: 33,
  ILLEGAL_SASL_STATE: 34,
  UNSUPPORTED_VERSION: 35,
  TOPIC_ALREADY_EXISTS: 36,
  INVALID_PARTITIONS: 37,
  INVALID_REPLICATION_FACTOR: 38,
  INVALID_REPLICA_ASSIGNMENT: 39,
  INVALID_CONFIG: 40,
  NOT_CONTROLLER: 41,
  INVALID_REQUEST: 42,
  UNSUPPORTED_FOR_MESSAGE_FORMAT: 43,
  POLICY_VIOLATION: 44,
  OUT_OF_ORDER_SEQUENCE_NUMBER: 45,
  DUPLICATE_SEQUENCE_NUMBER: 46,
  INVALID_PRODUCER_EPOCH: 47,
  INVALID_TXN_STATE: 48,
  INVALID_PRODUCER_ID_MAPPING: 49,
  INVALID_TRANSACTION_TIMEOUT: 50,
  CONCURRENT_TRANSACTIONS: 51,
  TRANSACTIONAL_ID_AUTHORIZATION_FAILED: 53,
  SECURITY_DISABLED: 54,
  OPERATION_NOT_ATTEMPTED: 55,
  KAFKA_STORAGE_ERROR: 56,
  LOG_DIR_NOT_FOUND: 57,
  SASL_AUTHENTICATION_FAILED: 58,
  UNKNOWN_PRODUCER_ID: 59,
  NON_EMPTY_GROUP: 68,
  GROUP_ID_NOT_FOUND: 69,
  FETCH_SESSION_ID_NOT_FOUND: 70,
  INVALID_FETCH_SESSION_EPOCH: 71,
  FENCED_LEADER_EPOCH: 74,
  UNKNOWN_LEADER_EPOCH: 75,
  UNSUPPORTED_COMPRESSION_TYPE: 76,
  STALE_BROKER_EPOCH: 77,
  OFFSET_NOT_AVAILABLE: 78,
  MEMBER_ID_REQUIRED: 79,
  GROUP_MAX_SIZE_REACHED: 81,
  FENCED_INSTANCE_ID: 82,
  GROUP_SUBSCRIBED_TO_TOPIC: 86,
  INVALID_RECORD: 87,
  UNSTABLE_OFFSET_COMMIT: 88,
  THROTTLING_QUOTA_EXCEEDED: 89,
  PRODUCER_FENCED: 90,
  RESOURCE_NOT_FOUND: 91,
  DUPLICATE_RESOURCE: 92,
  UNACCEPTABLE_CREDENTIAL: 93,
  UNKNOWN_TOPIC_ID: 100,
  INCONSISTENT_TOPIC_ID: 103,
  TRANSACTIONAL_ID_NOT_FOUND: 105,
  FETCH_SESSION_TOPIC_ID_ERROR: 106,
  STALE_MEMBER_EPOCH: 113,
  MISMATCHED_ENDPOINT_TYPE: 114,
  UNSUPPORTED_ENDPOINT_TYPE: 115,
  TRANSACTION_ABORTABLE: 120,
  INVALID_REGULAR_EXPRESSION: 128,
  REBOOTSTRAP_REQUIRED: 129,
} as const;

export type KafkaErrorName = keyof typeof kafkaErrorCode;

/** An answer's error as Kafka names it: what a handler throws, or tells of a part of its answer. */
export class KafkaError extends Error {
  override readonly name = 'KafkaError';
  readonly kafkaName: KafkaErrorName;

  constructor(kafkaName: KafkaErrorName, message: string, options?: ErrorOptions) {
    super(message, options);
    this.kafkaName = kafkaName;
  }

  get code(): number {
    return kafkaErrorCode[this.kafkaName];
  }
}

/** Ours that have a namesake or a near relation; every other one is UNKNOWN_SERVER_ERROR. */
const counterparts: Partial<Record<ErrorName, KafkaErrorName>> = {
  UNSUPPORTED_VERSION: 'UNSUPPORTED_VERSION',
  INVALID_REQUEST: 'INVALID_REQUEST',
  REQUEST_TIMED_OUT: 'REQUEST_TIMED_OUT',
  // The one error by which every client sends the same again after a pause.
  BROKER_BUSY: 'REQUEST_TIMED_OUT',
  SHUTTING_DOWN: 'NOT_LEADER_OR_FOLLOWER',
  UNKNOWN_TOPIC: 'UNKNOWN_TOPIC_OR_PARTITION',
  UNKNOWN_TOPIC_ID: 'UNKNOWN_TOPIC_ID',
  UNKNOWN_PARTITION: 'UNKNOWN_TOPIC_OR_PARTITION',
  TOPIC_EXISTS: 'TOPIC_ALREADY_EXISTS',
  INVALID_TOPIC_NAME: 'INVALID_TOPIC_EXCEPTION',
  INVALID_PARTITIONS: 'INVALID_PARTITIONS',
  INVALID_REPLICAS: 'INVALID_REPLICATION_FACTOR',
  INVALID_CONFIG: 'INVALID_CONFIG',
  TOPIC_LIMIT: 'POLICY_VIOLATION',
  NOT_LEADER: 'NOT_LEADER_OR_FOLLOWER',
  STALE_LEADER_EPOCH: 'FENCED_LEADER_EPOCH',
  UNKNOWN_LEADER_EPOCH: 'UNKNOWN_LEADER_EPOCH',
  OFFSET_OUT_OF_RANGE: 'OFFSET_OUT_OF_RANGE',
  CORRUPT_BATCH: 'CORRUPT_MESSAGE',
  INVALID_RECORD: 'INVALID_RECORD',
  UNSUPPORTED_CODEC: 'UNSUPPORTED_COMPRESSION_TYPE',
  RECORD_TOO_LARGE: 'MESSAGE_TOO_LARGE',
  BATCH_TOO_LARGE: 'MESSAGE_TOO_LARGE',
  INVALID_TIMESTAMP: 'INVALID_TIMESTAMP',
  KEY_REQUIRED: 'INVALID_RECORD',
  CORRUPT_LOG: 'KAFKA_STORAGE_ERROR',
  STORAGE_FULL: 'KAFKA_STORAGE_ERROR',
  STORAGE_FAILED: 'KAFKA_STORAGE_ERROR',
  OUT_OF_ORDER_SEQUENCE: 'OUT_OF_ORDER_SEQUENCE_NUMBER',
  STALE_PRODUCER_EPOCH: 'INVALID_PRODUCER_EPOCH',
  UNKNOWN_PRODUCER_ID: 'UNKNOWN_PRODUCER_ID',
  UNKNOWN_TRANSACTIONAL_ID: 'INVALID_PRODUCER_ID_MAPPING',
  PRODUCER_FENCED: 'PRODUCER_FENCED',
  INVALID_TRANSACTION_STATE: 'INVALID_TXN_STATE',
  CONCURRENT_TRANSACTIONS: 'CONCURRENT_TRANSACTIONS',
  // Clients that know no better are fenced by it, as Kafka does it.
  TRANSACTION_ABORTED: 'INVALID_PRODUCER_EPOCH',
  TRANSACTION_LIMIT: 'INVALID_TXN_STATE',
  UNSTABLE_OFFSETS: 'UNSTABLE_OFFSET_COMMIT',
  UNKNOWN_GROUP: 'GROUP_ID_NOT_FOUND',
  INVALID_GROUP_ID: 'INVALID_GROUP_ID',
  UNKNOWN_MEMBER: 'UNKNOWN_MEMBER_ID',
  STALE_MEMBER_EPOCH: 'STALE_MEMBER_EPOCH',
  // It had the partition at an epoch that is over.
  PARTITION_NOT_OWNED: 'STALE_MEMBER_EPOCH',
  GROUP_NOT_EMPTY: 'NON_EMPTY_GROUP',
  GROUP_LIMIT: 'GROUP_MAX_SIZE_REACHED',
  UNSUPPORTED_MECHANISM: 'UNSUPPORTED_SASL_MECHANISM',
  AUTHENTICATION_FAILED: 'SASL_AUTHENTICATION_FAILED',
};

/** Of whoever may not, by what it is about. */
const refusals: Readonly<Record<ResourceType, KafkaErrorName>> = {
  topic: 'TOPIC_AUTHORIZATION_FAILED',
  group: 'GROUP_AUTHORIZATION_FAILED',
  cluster: 'CLUSTER_AUTHORIZATION_FAILED',
  transactionalId: 'TRANSACTIONAL_ID_AUTHORIZATION_FAILED',
};

/** What there is to tell from one of our errors. */
interface OurError {
  readonly code: ErrorName;
  readonly details?: Readonly<Record<string, unknown>>;
}

function counterpartOf({ code, details }: OurError): KafkaErrorName {
  if (code === 'NOT_AUTHORIZED') return refusals[details?.['resourceType'] as ResourceType] ?? refusals.cluster;
  return counterparts[code] ?? 'UNKNOWN_SERVER_ERROR';
}

/** How Kafka would say it. */
export function toKafkaError(error: OurError & { readonly message: string }): KafkaError {
  return new KafkaError(counterpartOf(error), error.message, { cause: error });
}

/** Its number alone, which costs no error: an answer may have thousands of them. */
export function kafkaCodeOf(error: OurError): number {
  return kafkaErrorCode[counterpartOf(error)];
}

/** Of several that Kafka has one number for, the first. */
const names: ReadonlyMap<number, ErrorName> = new Map([
  ...Object.entries(counterparts)
    .map(([name, kafkaName]) => [kafkaErrorCode[kafkaName], name as ErrorName] as const)
    .reverse(),
  ...Object.values(refusals).map((kafkaName) => [kafkaErrorCode[kafkaName], 'NOT_AUTHORIZED'] as const),
]);

/** What we call an error that was told by its number; INVALID_REQUEST where we have no name for it. */
export function errorNameOf(code: number): ErrorName {
  return names.get(code) ?? 'INVALID_REQUEST';
}

/** Those in the parts of an answer. Most have none. */
export function errorCodesOf(parts: readonly { readonly errorCode: number }[], codes: number[] = []): number[] {
  for (const { errorCode } of parts) if (errorCode !== kafkaErrorCode.NONE) codes.push(errorCode);
  return codes;
}

/** The same for whoever names a topic by its name: an id that is gone is a name that is gone. */
export function toKafkaErrorByName(error: OurError & { readonly message: string }): KafkaError {
  if (error.code !== 'UNKNOWN_TOPIC_ID') return toKafkaError(error);
  return new KafkaError('UNKNOWN_TOPIC_OR_PARTITION', error.message, { cause: error });
}
