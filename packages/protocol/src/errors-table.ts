/**
 * The one table of errors (row W2). Numbers are frozen: they travel on the wire and are written in logs and
 * dashboards. A number is never reused and never changes its meaning; a test pins every one of them.
 *
 *   -1, 0       unknown, none              50-69   data
 *   1-19        framing and protocol       70-79   producers
 *   20-39       topics                     80-99   storage
 *   40-49       leadership                 100-119 consumer groups
 *                                          120-139 authentication and access
 *                                          140-159 transactions
 *                                          200-    made by a client, never sent
 */
import type { ErrorName } from './error-name.ts';

export type { ErrorName } from './error-name.ts';

/**
 * What to do about an error, in three words:
 * `retry` - the same request may succeed later, send it again after a pause;
 * `fix`   - the same request will fail again, change the request or the configuration;
 * `fatal` - this producer, connection or partition cannot go on.
 */
export type ErrorKind = 'retry' | 'fix' | 'fatal';

/** One line of the table of errors. */
export interface ErrorEntry {
  /** The number on the wire. Frozen. */
  readonly code: number;
  readonly name: ErrorName;
  readonly kind: ErrorKind;
  /** What has happened, in plain words. */
  readonly description: string;
  /** What to do next, in plain words. */
  readonly action: string;
}

type Row = readonly [code: number, kind: ErrorKind, description: string, action: string];

const rows: Readonly<Record<ErrorName, Row>> = {
  NONE: [0, 'fix', 'There is no error.', 'Nothing to do.'],
  UNKNOWN: [
    -1,
    'fatal',
    'The broker failed in a way that has no code of its own, or the code is newer than this library.',
    'Read the message and the log of the broker; report it if it repeats.',
  ],

  FRAME_TOO_LARGE: [
    1,
    'fix',
    'A frame announced more bytes than the receiver accepts.',
    'Send smaller requests or ask for fewer bytes; the limit is in the HELLO answer. Check that the peer speaks this protocol.',
  ],
  MALFORMED_FRAME: [
    2,
    'fix',
    'The bytes of a frame are not what its API and version call for.',
    'Compare the encoder with the specification and the test vectors; the message names the field.',
  ],
  HELLO_REQUIRED: [
    3,
    'fix',
    'A connection must begin with a HELLO request.',
    'Send HELLO first and wait for its answer.',
  ],
  UNSUPPORTED_VERSION: [
    4,
    'fix',
    'The broker does not speak this version of the API.',
    'Use a version inside the range that the HELLO answer gives for this API.',
  ],
  UNKNOWN_API: [
    5,
    'fix',
    'The broker does not know this API key.',
    'Use an API that the HELLO answer lists, or upgrade the broker.',
  ],
  INVALID_REQUEST: [
    6,
    'fix',
    'The request is well formed, but a value in it makes no sense.',
    'Correct the value that the message names.',
  ],
  REQUEST_TIMED_OUT: [
    7,
    'retry',
    'The request was not finished within its time limit; it may still take effect.',
    'Send it again. An idempotent producer does so without making duplicates.',
  ],
  BROKER_BUSY: [
    8,
    'retry',
    'The broker has no room for more work at the moment.',
    'Send it again after a pause; send less at once if it goes on.',
  ],
  SHUTTING_DOWN: [
    9,
    'retry',
    'The broker is stopping and takes no new work.',
    'Connect again after a pause, or to another broker.',
  ],
  TOO_MANY_CONNECTIONS: [
    10,
    'retry',
    'The broker has as many connections as it accepts.',
    'Close connections that are not needed, or raise the limit of the broker.',
  ],

  UNKNOWN_TOPIC: [20, 'fix', 'There is no topic of this name.', 'Check the spelling, or create the topic first.'],
  UNKNOWN_TOPIC_ID: [
    21,
    'retry',
    'There is no topic with this id; it was deleted, perhaps created again under the same name.',
    'Ask for metadata again and use the id it gives.',
  ],
  UNKNOWN_PARTITION: [
    22,
    'fix',
    'The topic has no partition of this number.',
    'Use a number from 0 to one less than the partition count that the metadata gives.',
  ],
  TOPIC_EXISTS: [23, 'fix', 'A topic of this name exists already.', 'Use it, choose another name, or delete it first.'],
  INVALID_TOPIC_NAME: [
    24,
    'fix',
    'The topic name is not allowed.',
    'Use 1 to 249 characters of A-Z a-z 0-9 . _ - and neither "." nor "..".',
  ],
  INVALID_PARTITIONS: [
    25,
    'fix',
    'The partition count is not possible.',
    'Use at least 1, at most the limit of the broker; the count of a topic can only grow.',
  ],
  INVALID_REPLICAS: [
    26,
    'fix',
    'The replica count is not possible.',
    'Use at least 1 and at most the number of brokers.',
  ],
  INVALID_CONFIG: [
    27,
    'fix',
    'A setting is unknown, or its value is not allowed.',
    'Correct the setting that the message names.',
  ],
  TOPIC_LIMIT: [
    28,
    'fix',
    'The broker holds as many topics or partitions as it may.',
    'Delete topics that are not needed, or raise the limit of the broker.',
  ],

  NOT_LEADER: [
    40,
    'retry',
    'This broker does not lead the partition.',
    'Ask for metadata again and send the request to the leader.',
  ],
  STALE_LEADER_EPOCH: [
    41,
    'retry',
    'The request names an older leader epoch than the current one.',
    'Ask for metadata again and use the epoch it gives.',
  ],
  UNKNOWN_LEADER_EPOCH: [
    42,
    'retry',
    'The request names a newer leader epoch than this broker knows.',
    'Send it again after a pause: the broker has not heard of the change yet.',
  ],

  OFFSET_OUT_OF_RANGE: [
    50,
    'fix',
    'The offset is before the first record that is kept, or after the end.',
    'Use an offset that the partition has, or start from the beginning or the end.',
  ],
  CORRUPT_BATCH: [
    51,
    'fix',
    'A record batch fails its checks: length, format, checksum or counts.',
    'Encode the batch again. If it came from a broker, fetch it again and check the disk of the broker.',
  ],
  INVALID_RECORD: [52, 'fix', 'A record inside a batch is not well formed.', 'Correct the encoder of the producer.'],
  UNSUPPORTED_CODEC: [
    53,
    'fix',
    'The batch names a compression codec that is not known.',
    'Use none, gzip, snappy, lz4 or zstd. Install the package snappy for snappy, and lz4-napi for lz4.',
  ],
  RECORD_TOO_LARGE: [
    54,
    'fix',
    'A record is larger than the topic or the producer allows.',
    'Send a smaller record, or raise max.message.bytes of the topic.',
  ],
  BATCH_TOO_LARGE: [
    55,
    'fix',
    'A record batch is larger than the topic allows, or unpacks to more than the limit.',
    'Send smaller batches, or raise max.message.bytes of the topic.',
  ],
  INVALID_TIMESTAMP: [56, 'fix', 'A timestamp is not allowed.', 'Use milliseconds since 1970, not negative.'],
  KEY_REQUIRED: [
    57,
    'fix',
    'A record without a key was sent to a topic that is compacted by key.',
    'Give every record a key, or take "compact" out of cleanup.policy.',
  ],
  CORRUPT_LOG: [
    58,
    'fatal',
    'Stored data is damaged; the partition is set aside so that nothing is lost unseen.',
    'Read the log of the broker: it names the file and the position. Restore the data or give up the damaged part by hand.',
  ],

  OUT_OF_ORDER_SEQUENCE: [
    70,
    'fix',
    'A batch of an idempotent producer does not follow the last one that was stored: something in between is missing.',
    'Send the missing batch first, or start again with a new producer epoch.',
  ],
  STALE_PRODUCER_EPOCH: [71, 'fatal', 'A newer producer with the same id has taken over.', 'Stop this producer.'],
  UNKNOWN_PRODUCER_ID: [72, 'fix', 'The broker has no such producer id.', 'Ask for a new producer id.'],

  STORAGE_FULL: [
    80,
    'retry',
    'The disk, or the space that the broker may use, is full.',
    'Make room: lower retention, delete topics, add space. Producers may keep retrying meanwhile.',
  ],
  STORAGE_FAILED: [
    81,
    'fatal',
    'Writing to or reading from the disk failed.',
    'Check the disk and the log of the broker, then start the broker again.',
  ],

  UNKNOWN_GROUP: [
    100,
    'fix',
    'There is no such consumer group.',
    'Check the group id; a group comes into being when its first member joins or its first offset is committed.',
  ],
  INVALID_GROUP_ID: [
    101,
    'fix',
    'The group id is empty, too long, or holds control characters.',
    'Use 1 to 249 characters, none of them a control character.',
  ],
  UNKNOWN_MEMBER: [
    102,
    'fix',
    'The group has no such member: it left, or did not send heartbeats for longer than its session timeout.',
    'Give up what you own and join again with member epoch 0.',
  ],
  FENCED_MEMBER_EPOCH: [
    103,
    'fix',
    'The member epoch is not the one that the group has for this member.',
    'Give up what you own and join again with member epoch 0.',
  ],
  STALE_MEMBER_EPOCH: [
    104,
    'fix',
    'An offset request names an older epoch of its member, or one that the member has not reached.',
    'Send it again with the epoch of the last heartbeat answer, for the partitions that are still owned.',
  ],
  PARTITION_NOT_OWNED: [
    105,
    'fix',
    'The member does not own the partition, or owns it no more.',
    'Do not commit it: its records are delivered again to the member that owns it now.',
  ],
  GROUP_NOT_EMPTY: [
    106,
    'fix',
    'The group has members, or they want the topic in question.',
    'Stop its consumers first, or wait until their sessions have expired.',
  ],
  UNRELEASED_INSTANCE: [
    107,
    'fix',
    'Another live member of the group has the same static name.',
    'Give each member a name of its own; after a crash, wait until the session of the old one has expired.',
  ],
  UNSUPPORTED_ASSIGNOR: [
    108,
    'fix',
    'The broker does not have the assignor that the member asks for.',
    'Use "uniform" or "range".',
  ],
  GROUP_LIMIT: [
    109,
    'fix',
    'The broker has as many groups, or the group as many members, as it may.',
    'Delete groups that nobody needs, or raise the limit of the broker.',
  ],

  AUTHENTICATION_REQUIRED: [
    120,
    'fix',
    'The broker serves only those who have shown who they are, or the time for which it was shown is over.',
    'Authenticate on the connection first, with one of the mechanisms that the answer to HELLO names.',
  ],
  AUTHENTICATION_FAILED: [
    121,
    'fix',
    'The user, the password, the token or the certificate is not one that the broker takes.',
    'Check user and password, or whether the token or certificate is still valid; the log of the broker says more.',
  ],
  UNSUPPORTED_MECHANISM: [
    122,
    'fix',
    'The broker does not let anybody in by this mechanism on this connection.',
    'Use one of the mechanisms that the message names. PLAIN is taken over TLS only.',
  ],
  NOT_AUTHORIZED: [
    123,
    'fix',
    'The user may not do this with this topic, group, transactional id or cluster.',
    'Ask whoever runs the broker for an access rule; q acl test says which rule decides.',
  ],

  UNKNOWN_TRANSACTIONAL_ID: [
    140,
    'fix',
    'Nobody has begun to use the transactional id, or not for so long that it was forgotten.',
    'Begin anew; a q producer does so by itself before its next transaction.',
  ],
  PRODUCER_FENCED: [
    141,
    'fatal',
    'Another producer has taken over the transactional id.',
    'Give each running instance a transactional id of its own; the fenced one must end.',
  ],
  INVALID_TRANSACTION_STATE: [
    142,
    'fix',
    'There is no transaction that this could be done with.',
    'Abort, and begin anew.',
  ],
  CONCURRENT_TRANSACTIONS: [
    143,
    'retry',
    'The transaction before this one is still ending.',
    'Send it again after a pause.',
  ],
  TRANSACTION_ABORTED: [
    144,
    'fix',
    'The transaction took longer than its time-out, or an operator has aborted it.',
    'Do its work anew, in a shorter transaction. Where a client does not abort by itself, as transaction() does, an abort brings the producer back.',
  ],
  TRANSACTION_LIMIT: [
    145,
    'fix',
    'The transaction would have more partitions or offsets than one may have.',
    'Abort it, and do its work in several transactions.',
  ],
  UNSTABLE_OFFSETS: [
    146,
    'retry',
    'A transaction that has not ended yet may commit other offsets for the group.',
    'Ask again after a pause.',
  ],

  CONNECTION_LOST: [
    200,
    'retry',
    'The connection ended before the answer came; the request may have taken effect.',
    'Connect and send it again.',
  ],
  DELIVERY_TIMED_OUT: [
    201,
    'fix',
    'A record was not acknowledged within the delivery timeout, retries included; it may still have been stored.',
    'Look at its cause, which is the last failure, or raise the delivery timeout.',
  ],
  BUFFER_FULL: [
    202,
    'retry',
    'The send buffer of the producer is full.',
    'Wait until the producer is ready, or give it a larger buffer.',
  ],
  CLOSED: [203, 'fix', 'The object was closed.', 'Open a new one.'],
  ABORTED: [204, 'fix', 'The caller aborted the operation.', 'Nothing to do.'],
  SCHEMA_MISMATCH: [
    205,
    'fix',
    'A key or value does not match the schema of its topic.',
    'Correct the value or the schema; the message names what does not fit.',
  ],
  NO_BROKER: [206, 'retry', 'No broker could be reached.', 'Check the address, and that the broker runs.'],
  NO_COMMITTED_OFFSET: [
    207,
    'fix',
    'The group has committed no offset for the partition, and the consumer was told not to choose one.',
    "Start with from: 'earliest' or 'latest', or set the offset first, for example with q group seek.",
  ],
};

/** Every error, in ascending order of its number. */
export const errorTable: readonly ErrorEntry[] = Object.entries(rows)
  .map(([name, [code, kind, description, action]]) => ({ code, name: name as ErrorName, kind, description, action }))
  .sort((a, b) => a.code - b.code);

const byCode: ReadonlyMap<number, ErrorEntry> = new Map(errorTable.map((entry) => [entry.code, entry]));
const byName: ReadonlyMap<string, ErrorEntry> = new Map(errorTable.map((entry) => [entry.name, entry]));

function unknownEntry(): ErrorEntry {
  const [code, kind, description, action] = rows.UNKNOWN;
  return { code, name: 'UNKNOWN', kind, description, action };
}

/** The entry of a number from the wire; the entry of `UNKNOWN` for a number that this version does not know. */
export function errorEntry(code: number): ErrorEntry {
  return byCode.get(code) ?? unknownEntry();
}

/** The entry of a name; the entry of `UNKNOWN` for a name that this version does not know. */
export function errorEntryByName(name: string): ErrorEntry {
  return byName.get(name) ?? unknownEntry();
}

/** The number that stands for a name on the wire. */
export function errorCode(name: ErrorName): number {
  return errorEntryByName(name).code;
}
