/**
 * Every metric of a broker, once: what `/metrics` shows and docs/METRICS.md tells. Rules: prefix `q_`, base units,
 * `_total` for counters, and never a label whose values are keys of records or names that anybody can make up.
 */
import { counter, gauge, histogram } from './metric.ts';

const secondsBounds = [
  0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60,
];

export const metricTable = {
  buildInfo: gauge('q_build_info', 'Always 1; its label tells the version of the broker.', 'version'),
  ready: gauge('q_ready', '1 while the broker serves, 0 while it starts, stops or has failed.'),
  alerts: gauge('q_alerts', 'Alerts that are raised; the same as in /api/v1/alerts.', 'alert', 'severity'),
  writesRefused: gauge('q_writes_refused', '1 while records are refused for want of room or of a disk that answers.'),
  uptime: gauge('q_uptime_seconds', 'Time since the start of the broker.'),

  topics: gauge('q_topics', 'Topics, without those that the broker keeps for itself.'),
  partitions: gauge('q_partitions', 'Partitions of these topics.'),
  partitionsOffline: gauge('q_partitions_offline', 'Those that could not be opened, or are damaged.'),
  logBytes: gauge('q_log_size_bytes', 'Bytes that deleting these topics gives back to the disk.'),
  segments: gauge('q_segments', 'Segments of these topics.'),

  recordsIn: counter('q_records_in_total', 'Records produced.'),
  recordsOut: counter('q_records_out_total', 'Records fetched.'),
  bytesIn: counter('q_bytes_in_total', 'Bytes of record batches produced.'),
  bytesOut: counter('q_bytes_out_total', 'Bytes of record batches fetched.'),

  topicRecords: gauge(
    'q_topic_records',
    'Records that can be read; an upper bound in topics that are compacted or have transactions.',
    'topic',
  ),
  topicBytes: gauge('q_topic_size_bytes', 'Bytes that deleting the topic gives back to the disk.', 'topic'),
  topicPartitions: gauge('q_topic_partitions', 'Partitions of the topic.', 'topic'),
  topicRecordsIn: counter('q_topic_records_in_total', 'Records produced to the topic.', 'topic'),
  topicRecordsOut: counter('q_topic_records_out_total', 'Records fetched from the topic.', 'topic'),
  topicBytesIn: counter('q_topic_bytes_in_total', 'Bytes of record batches produced to the topic.', 'topic'),
  topicBytesOut: counter('q_topic_bytes_out_total', 'Bytes of record batches fetched from the topic.', 'topic'),

  partitionStart: gauge('q_partition_start_offset', 'First offset that can be read.', 'topic', 'partition'),
  partitionEnd: gauge('q_partition_high_watermark', 'Offset behind the last record to read.', 'topic', 'partition'),
  partitionBytes: gauge('q_partition_size_bytes', 'Bytes of the segments of the partition.', 'topic', 'partition'),

  requestSeconds: histogram(
    'q_request_duration_seconds',
    'Time from a complete request to its answer, waiting of long polls included.',
    secondsBounds,
    'door',
    'api',
  ),
  requestsFailed: counter(
    'q_requests_failed_total',
    'Requests answered with an error, or with one for a part of them.',
    'door',
    'api',
  ),
  requestErrors: counter(
    'q_request_errors_total',
    'Errors answered, by API; parts of a request that failed count each.',
    'door',
    'api',
    'error',
  ),
  errors: counter('q_errors_total', 'Errors answered, those included that answer no request.', 'error'),

  connections: gauge(
    'q_connections',
    'Open connections by the software at their other end.',
    'door',
    'software',
    'version',
  ),
  connectionsRefused: counter(
    'q_connections_refused_total',
    'Connections that were not let in, by the limit that was reached.',
    'reason',
  ),
  logins: counter(
    'q_logins_total',
    'Who was let in and who was not; of programs that ask the admin interface, once a minute.',
    'mechanism',
    'outcome',
  ),
  denials: counter(
    'q_denials_total',
    'What access rules did not allow, by the kind of thing and the operation.',
    'resource',
    'operation',
  ),
  auditDropped: counter(
    'q_audit_entries_dropped_total',
    'Entries of the audit trail that are not on its topic: the disk was full or failed, or too many came at once.',
  ),
  certificateExpiry: gauge(
    'q_certificate_expiry_seconds',
    'How long the certificates of the listener hold; below 0 for one that has ended.',
    'listener',
    'subject',
  ),
  noLogin: gauge(
    'q_security_listeners_without_login',
    'Listeners at which other machines come in without saying who they are.',
  ),
  insecure: gauge('q_security_insecure', '1 while whoever reaches the broker from other machines may do everything.'),

  connectionsDelayed: counter('q_connections_delayed_total', 'Connections that waited until they were let in.'),
  throttled: counter('q_throttled_total', 'Requests that were slowed down, by the kind of quota.', 'quota'),
  throttledSeconds: counter('q_throttled_seconds_total', 'For how long, all added up.', 'quota'),
  userThrottledSeconds: counter(
    'q_user_throttled_seconds_total',
    'For how long requests of a user were slowed down: the 20 users with the most.',
    'user',
  ),

  groups: gauge('q_groups', 'Consumer groups.', 'state'),
  groupMembers: gauge('q_group_members', 'Members of the group.', 'group'),
  groupStalled: gauge(
    'q_group_stalled_members',
    'Members that make no progress although records wait, or whose heartbeat is overdue.',
    'group',
  ),
  groupRebalances: counter('q_group_rebalances_total', 'Times that partitions of a group were given out anew.'),
  lagRecords: gauge('q_group_lag_records', 'Records that the group has not committed.', 'group', 'topic'),
  lagSeconds: gauge('q_group_lag_seconds', 'Age of the oldest record that is not committed.', 'group', 'topic'),

  transactions: gauge(
    'q_transactions',
    'Transactional ids by what is so: ongoing and prepare… have a transaction that has not ended.',
    'state',
  ),
  transactionOldest: gauge(
    'q_transaction_oldest_age_seconds',
    'For how long the oldest transaction has not ended; 0 when there is none.',
  ),
  transactionOffsets: gauge(
    'q_transaction_staged_offsets',
    'Offsets of groups that transactions commit if they commit.',
  ),
  transactionsCommitted: counter('q_transactions_committed_total', 'Transactions that were committed.'),
  transactionsAborted: counter(
    'q_transactions_aborted_total',
    'Transactions that were aborted: by their producer, their time-out, a fence (who took the id over) or an operator.',
    'cause',
  ),
  transactionSeconds: histogram(
    'q_transaction_duration_seconds',
    'Time from the first record or offset of a transaction until all that it touched was told how it ended.',
    secondsBounds,
    'outcome',
  ),
  transactionEndSeconds: histogram(
    'q_transaction_end_duration_seconds',
    'The part of it from the decision on: markers and offsets are written.',
    secondsBounds,
    'outcome',
  ),

  flushSeconds: histogram(
    'q_flush_duration_seconds',
    'Time of a round that makes appends durable, group commit.',
    secondsBounds,
  ),
  flushRecords: histogram('q_flush_records', 'Records that a round wrote.', [1, 10, 100, 1000, 10_000, 100_000]),
  flushBytes: histogram(
    'q_flush_size_bytes',
    'Bytes that a round wrote.',
    [1024, 16_384, 65_536, 262_144, 1_048_576, 4_194_304, 16_777_216, 67_108_864],
  ),
  fsyncSeconds: histogram('q_fsync_duration_seconds', 'Time of a single sync of the disk.', secondsBounds),
  reads: counter('q_reads_total', 'Reads of records, served from memory or from files.', 'source'),
  openFiles: gauge('q_open_files', 'Files of the log that are open.'),
  diskFree: gauge('q_disk_free_bytes', 'Free room on the disk that the data is on.'),
  diskSize: gauge('q_disk_size_bytes', 'Size of the disk that the data is on.'),

  loopDelayP99: gauge(
    'q_event_loop_delay_p99_seconds',
    'How late the event loop came to its timers: 99 of 100 times in the last ten seconds no later.',
  ),
  loopDelayMax: gauge('q_event_loop_delay_max_seconds', 'The same, at the worst.'),
  cpu: counter('q_process_cpu_seconds_total', 'Processor time of the process.', 'mode'),
  residentMemory: gauge('q_process_resident_memory_bytes', 'Resident memory of the process.'),
  heap: gauge('q_process_heap_bytes', 'Heap in use.'),
  externalMemory: gauge('q_process_external_memory_bytes', 'Memory outside the heap of objects in it.'),
  garbage: counter('q_process_garbage_collections_total', 'Collections of garbage.'),
  garbageSeconds: counter('q_process_garbage_collection_seconds_total', 'Time that they took.'),
  bufferMemory: gauge('q_process_buffer_bytes', 'Memory of buffers, which is part of the external memory.'),

  leftOut: gauge('q_metrics_left_out', 'What is not told one by one here, because there is too much of it.', 'kind'),
} as const;
