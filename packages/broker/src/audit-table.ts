/**
 * What the audit trail tells, in one table: who was let in or not, what was denied, and every change that somebody
 * made. It stands beside the folders because services note by it, and the table of log events is made of it.
 *
 * `facts` are what an entry may say of the thing before and after. Nothing else can stand there: no event has a fact
 * that a password, a token or the bytes of a record would fit.
 */
export const auditTable = {
  'audit.broker_started': { level: 'info', meaning: 'The broker serves.', facts: ['version', 'isSecured'] },
  'audit.broker_stopped': { level: 'info', meaning: 'The broker stops, as it was asked to.', facts: [] },
  'audit.entries_dropped': {
    level: 'warn',
    meaning: 'So many entries are not on the topic: the disk was full or failed, or too many came at once.',
    facts: [],
  },
  'audit.login_done': { level: 'info', meaning: 'Somebody has shown who they are.', facts: ['lifetimeMs'] },
  'audit.login_refused': {
    level: 'warn',
    meaning: 'Somebody could not show who they are. The principal is who they said they were.',
    facts: [],
  },
  'audit.logins_refused': {
    level: 'warn',
    meaning: 'As many more of the same refused logins have come since the one that was told.',
    facts: [],
  },
  'audit.denied': { level: 'warn', meaning: 'The access rules did not allow something.', facts: ['rule'] },
  'audit.denied_again': {
    level: 'warn',
    meaning: 'As many more of the same denials have come since the one that was told.',
    facts: [],
  },
  'audit.topic_created': {
    level: 'info',
    meaning: 'A topic was made.',
    facts: ['topicId', 'partitions', 'replicas', 'settings'],
  },
  'audit.topic_deleted': {
    level: 'info',
    meaning: 'A topic was deleted, with its records.',
    facts: ['topicId', 'partitions', 'settings'],
  },
  'audit.topic_altered': { level: 'info', meaning: 'Settings of a topic were changed.', facts: ['settings'] },
  'audit.topic_grown': { level: 'info', meaning: 'A topic got more partitions.', facts: ['partitions'] },
  'audit.records_deleted': {
    level: 'info',
    meaning: 'Records of a partition were deleted.',
    facts: ['partition', 'logStartOffset'],
  },
  'audit.partitions_reopened': {
    level: 'info',
    meaning: 'Partitions in trouble were opened again, or could not be.',
    facts: ['opened', 'inTrouble'],
  },
  'audit.group_deleted': { level: 'info', meaning: 'A consumer group was deleted.', facts: ['offsets'] },
  'audit.group_offsets_set': { level: 'info', meaning: 'Offsets of a group were set.', facts: ['offsets'] },
  'audit.group_offsets_deleted': { level: 'info', meaning: 'Offsets of a group were deleted.', facts: ['offsets'] },
  'audit.transaction_aborted': {
    level: 'info',
    meaning: 'A transaction was aborted by an operator.',
    facts: ['state', 'partitions'],
  },
  'audit.settings_changed': { level: 'info', meaning: 'Settings of the broker were changed.', facts: ['settings'] },
  'audit.settings_reloaded': {
    level: 'info',
    meaning: 'The settings were read again, or could not be.',
    facts: ['settings'],
  },
  'audit.user_created': { level: 'info', meaning: 'A user was made.', facts: ['mechanisms'] },
  'audit.user_deleted': { level: 'info', meaning: 'A user was deleted.', facts: ['mechanisms'] },
  'audit.user_credentials_changed': {
    level: 'info',
    meaning: 'A user got another password, or lost a way to log in.',
    facts: ['mechanisms'],
  },
  'audit.rule_added': { level: 'info', meaning: 'An access rule was added.', facts: ['rule'] },
  'audit.rule_removed': { level: 'info', meaning: 'An access rule was removed.', facts: ['rule'] },
  'audit.quota_set': { level: 'info', meaning: 'A quota was set, changed or removed.', facts: ['quota'] },
  'audit.certificates_reloaded': {
    level: 'info',
    meaning: 'The certificates of a listener were read again, or could not be.',
    facts: ['subject', 'serial', 'validTo'],
  },
  'audit.token_keys_changed': {
    level: 'info',
    meaning: 'Tokens are checked with other keys than before.',
    facts: ['keyIds'],
  },
  'audit.backup_started': { level: 'info', meaning: 'A backup has begun.', facts: ['backup', 'partitions'] },
  'audit.log_level_changed': {
    level: 'info',
    meaning: 'The level of the log was changed.',
    facts: ['level', 'subsystem'],
  },
} as const;

/** The name of an event of the audit trail. */
export type AuditEventName = keyof typeof auditTable;
