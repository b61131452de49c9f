import type { ErrorName } from '@q/client';

/** An error of the Kafka protocol, as clients of Kafka print it. */
export interface KafkaCode {
  readonly number: number;
  readonly name: string;
  /** What it means at the Kafka door of this broker. */
  readonly meaning: string;
  /** Errors of q that a Kafka client is told in this way; their pages say what to do. */
  readonly stands: readonly ErrorName[];
}

type Row = readonly [number: number, meaning: string, ...stands: ErrorName[]];

const rows: Readonly<Record<string, Row>> = {
  UNKNOWN_SERVER_ERROR: [
    -1,
    'The broker met something that Kafka has no number for; its log has the error.',
    'UNKNOWN',
  ],
  OFFSET_OUT_OF_RANGE: [1, 'The offset is not kept any more, or lies behind the end.', 'OFFSET_OUT_OF_RANGE'],
  CORRUPT_MESSAGE: [2, 'A batch fails its checksum or its format.', 'CORRUPT_BATCH'],
  UNKNOWN_TOPIC_OR_PARTITION: [3, 'There is no such topic or partition.', 'UNKNOWN_TOPIC', 'UNKNOWN_PARTITION'],
  LEADER_NOT_AVAILABLE: [5, 'The topic is being made: ask again.'],
  NOT_LEADER_OR_FOLLOWER: [6, 'The broker does not lead the partition, or stops.', 'NOT_LEADER', 'SHUTTING_DOWN'],
  REQUEST_TIMED_OUT: [7, 'Not done in time, or the broker is too busy.', 'REQUEST_TIMED_OUT', 'BROKER_BUSY'],
  MESSAGE_TOO_LARGE: [10, 'A record or batch is too large.', 'RECORD_TOO_LARGE', 'BATCH_TOO_LARGE'],
  OFFSET_METADATA_TOO_LARGE: [12, 'The text beside a committed offset is too long.'],
  COORDINATOR_LOAD_IN_PROGRESS: [14, 'The broker is still reading its groups: ask again.'],
  COORDINATOR_NOT_AVAILABLE: [
    15,
    'A change of the group could not be stored, or the broker stops: ask again.',
    'STORAGE_FULL',
  ],
  NOT_COORDINATOR: [16, 'Another broker has the group.', 'NOT_LEADER'],
  INVALID_TOPIC_EXCEPTION: [17, 'The name of the topic is not allowed.', 'INVALID_TOPIC_NAME'],
  INVALID_REQUIRED_ACKS: [21, 'A producer may ask for acks 0, 1 or all (-1).'],
  ILLEGAL_GENERATION: [
    22,
    'The member speaks of a generation of its group that is over: it joins again.',
    'STALE_MEMBER_EPOCH',
  ],
  INCONSISTENT_GROUP_PROTOCOL: [
    23,
    'The members of the group have no way to divide partitions in common.',
    'GROUP_NOT_EMPTY',
  ],
  INVALID_GROUP_ID: [24, 'The id of the group is not allowed.', 'INVALID_GROUP_ID'],
  UNKNOWN_MEMBER_ID: [25, 'The group does not have this member any more.', 'UNKNOWN_MEMBER'],
  INVALID_SESSION_TIMEOUT: [26, 'The session timeout is outside of what the broker allows.'],
  REBALANCE_IN_PROGRESS: [27, 'Partitions are being divided anew: the member joins again.'],
  INVALID_COMMIT_OFFSET_SIZE: [28, 'A commit is too large.'],
  TOPIC_AUTHORIZATION_FAILED: [29, 'No rule allows this with the topic.', 'NOT_AUTHORIZED'],
  GROUP_AUTHORIZATION_FAILED: [30, 'No rule allows this with the group.', 'NOT_AUTHORIZED'],
  CLUSTER_AUTHORIZATION_FAILED: [31, 'No rule allows this with the cluster.', 'NOT_AUTHORIZED'],
  INVALID_TIMESTAMP: [32, 'A timestamp is not allowed.', 'INVALID_TIMESTAMP'],
  UNSUPPORTED_SASL_MECHANISM: [
    33,
    'Nobody is let in by this mechanism here; the answer names those that are.',
    'UNSUPPORTED_MECHANISM',
  ],
  ILLEGAL_SASL_STATE: [34, 'Nobody is asked who they are here, or whoever it is has said so for good.'],
  UNSUPPORTED_VERSION: [35, 'The broker does not serve this version of the request.', 'UNSUPPORTED_VERSION'],
  TOPIC_ALREADY_EXISTS: [36, 'The topic is there already.', 'TOPIC_EXISTS'],
  INVALID_PARTITIONS: [37, 'The count of partitions is not possible.', 'INVALID_PARTITIONS'],
  INVALID_REPLICATION_FACTOR: [38, 'One broker keeps one copy: use 1 or -1.', 'INVALID_REPLICAS'],
  INVALID_REPLICA_ASSIGNMENT: [39, 'Replicas can only be on this broker.', 'INVALID_REPLICAS'],
  INVALID_CONFIG: [40, 'A setting is unknown, or its value is not allowed.', 'INVALID_CONFIG'],
  NOT_CONTROLLER: [41, 'Another broker changes topics.', 'NOT_LEADER'],
  INVALID_REQUEST: [42, 'A value of the request makes no sense.', 'INVALID_REQUEST'],
  UNSUPPORTED_FOR_MESSAGE_FORMAT: [43, 'Records of before Kafka 0.11 are not taken.'],
  POLICY_VIOLATION: [44, 'The broker has as much as it may, or the setting of a topic forbids it.', 'TOPIC_LIMIT'],
  OUT_OF_ORDER_SEQUENCE_NUMBER: [45, 'A batch of the producer is missing in between.', 'OUT_OF_ORDER_SEQUENCE'],
  DUPLICATE_SEQUENCE_NUMBER: [46, 'The batch was stored before.'],
  INVALID_PRODUCER_EPOCH: [
    47,
    'A newer producer has taken over, or the transaction took too long and was aborted.',
    'STALE_PRODUCER_EPOCH',
    'PRODUCER_FENCED',
    'TRANSACTION_ABORTED',
  ],
  INVALID_TXN_STATE: [
    48,
    'There is no transaction that this could be done with, or it has as much as it may.',
    'INVALID_TRANSACTION_STATE',
    'TRANSACTION_LIMIT',
  ],
  INVALID_PRODUCER_ID_MAPPING: [
    49,
    'The producer id does not belong to this transactional id.',
    'UNKNOWN_TRANSACTIONAL_ID',
  ],
  INVALID_TRANSACTION_TIMEOUT: [50, 'transaction.timeout.ms is longer than the broker allows, or not above 0.'],
  CONCURRENT_TRANSACTIONS: [
    51,
    'The transaction before this one is still ending: send again.',
    'CONCURRENT_TRANSACTIONS',
  ],
  TRANSACTIONAL_ID_AUTHORIZATION_FAILED: [53, 'No rule allows this with the transactional id.', 'NOT_AUTHORIZED'],
  SECURITY_DISABLED: [54, 'The broker asks nobody who they are, so it has neither users nor access rules.'],
  OPERATION_NOT_ATTEMPTED: [55, 'Another partition of the request could not be added, so this one was not either.'],
  KAFKA_STORAGE_ERROR: [
    56,
    'The disk of the broker is full or failed, or the partition is damaged. Its log says which.',
    'STORAGE_FULL',
    'STORAGE_FAILED',
    'CORRUPT_LOG',
  ],
  LOG_DIR_NOT_FOUND: [57, 'The broker has one data folder, which cannot be chosen.'],
  SASL_AUTHENTICATION_FAILED: [
    58,
    'The user, the password or the token is not one that the broker takes.',
    'AUTHENTICATION_FAILED',
  ],
  UNKNOWN_PRODUCER_ID: [59, 'The broker has forgotten the producer.', 'UNKNOWN_PRODUCER_ID'],
  NON_EMPTY_GROUP: [68, 'The group has members.', 'GROUP_NOT_EMPTY'],
  GROUP_ID_NOT_FOUND: [69, 'There is no such group.', 'UNKNOWN_GROUP'],
  FETCH_SESSION_ID_NOT_FOUND: [70, 'The broker has forgotten what the consumer fetches: it says so again.'],
  INVALID_FETCH_SESSION_EPOCH: [71, 'The consumer and the broker disagree about what is fetched: it begins anew.'],
  FENCED_LEADER_EPOCH: [74, 'The client has not heard of the newest leader.', 'STALE_LEADER_EPOCH'],
  UNKNOWN_LEADER_EPOCH: [75, 'The client knows a newer leader than the broker.', 'UNKNOWN_LEADER_EPOCH'],
  UNSUPPORTED_COMPRESSION_TYPE: [76, 'The broker does not have this codec.', 'UNSUPPORTED_CODEC'],
  STALE_BROKER_EPOCH: [77, 'The broker was started anew meanwhile: ask again.'],
  OFFSET_NOT_AVAILABLE: [78, 'The offset is not known yet: ask again.'],
  MEMBER_ID_REQUIRED: [79, 'A new member is told its id, and joins with it. No failure.'],
  GROUP_MAX_SIZE_REACHED: [81, 'The group, or the broker, has as many as it may.', 'GROUP_LIMIT'],
  FENCED_INSTANCE_ID: [82, 'Another member of the same static name has taken its place.', 'UNRELEASED_INSTANCE'],
  GROUP_SUBSCRIBED_TO_TOPIC: [86, 'Members of the group consume the topic.', 'GROUP_NOT_EMPTY'],
  INVALID_RECORD: [
    87,
    'A record is not well formed, or has no key where one is needed.',
    'INVALID_RECORD',
    'KEY_REQUIRED',
  ],
  UNSTABLE_OFFSET_COMMIT: [88, 'The offset belongs to a transaction that is open.', 'UNSTABLE_OFFSETS'],
  THROTTLING_QUOTA_EXCEEDED: [89, 'Too many changes in a short time: ask again.'],
  PRODUCER_FENCED: [
    90,
    'A newer producer has taken over, or the transaction took too long.',
    'STALE_PRODUCER_EPOCH',
    'PRODUCER_FENCED',
    'TRANSACTION_ABORTED',
  ],
  RESOURCE_NOT_FOUND: [91, 'There is no such user, or the user has no password for this mechanism.'],
  DUPLICATE_RESOURCE: [92, 'The request names a user twice: send one change of a user, and then the next.'],
  UNACCEPTABLE_CREDENTIAL: [93, 'The password of a user was not salted as the broker takes it; the message says how.'],
  UNKNOWN_TOPIC_ID: [100, 'There is no topic of this id: the client looks the name up again.', 'UNKNOWN_TOPIC_ID'],
  INCONSISTENT_TOPIC_ID: [103, 'The topic has another id than the client believes.', 'UNKNOWN_TOPIC_ID'],
  TRANSACTIONAL_ID_NOT_FOUND: [105, 'Nobody uses the transactional id.', 'UNKNOWN_TRANSACTIONAL_ID'],
  FETCH_SESSION_TOPIC_ID_ERROR: [106, 'The consumer names topics by name and by id at once: it begins anew.'],
  STALE_MEMBER_EPOCH: [113, 'The group has moved on.', 'STALE_MEMBER_EPOCH', 'PARTITION_NOT_OWNED'],
  MISMATCHED_ENDPOINT_TYPE: [114, 'A controller was asked for, and this is a broker.'],
  UNSUPPORTED_ENDPOINT_TYPE: [115, 'There are no controllers here.'],
  TRANSACTION_ABORTABLE: [
    120,
    'The transaction took too long, or would have too much in it: abort it, and begin anew.',
    'TRANSACTION_ABORTED',
    'TRANSACTION_LIMIT',
  ],
  INVALID_REGULAR_EXPRESSION: [128, 'The pattern cannot be read by RE2, or is longer or larger than is taken.'],
  REBOOTSTRAP_REQUIRED: [129, 'The client begins anew with its first addresses.'],
};

/** The errors of Kafka that this broker knows, by number. */
export const kafkaCodes: readonly KafkaCode[] = Object.entries(rows).map(([name, [number, meaning, ...stands]]) => ({
  number,
  name,
  meaning,
  stands,
}));
