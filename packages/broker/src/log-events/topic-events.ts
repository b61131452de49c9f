/** What becomes of topics and their partitions. */
export const topicEvents = {
  'topic.created': {
    level: 'info',
    meaning: 'A topic was made.',
    fields: ['topic', 'topicId', 'partitions', 'settings', 'clientId?', 'address?', 'connectionId?'],
  },
  'topic.deleted': {
    level: 'info',
    meaning: 'A topic was deleted, with its records.',
    fields: ['topic', 'topicId', 'partitions', 'clientId?', 'address?', 'connectionId?'],
  },
  'topic.altered': {
    level: 'info',
    meaning: 'Settings of a topic were changed.',
    fields: ['topic', 'settings', 'clientId?', 'address?', 'connectionId?'],
  },
  'topic.grown': {
    level: 'info',
    meaning: 'A topic has more partitions than before.',
    fields: ['topic', 'partitions', 'partitionsBefore', 'clientId?', 'address?', 'connectionId?'],
  },
  'topic.trimmed': {
    level: 'info',
    meaning: 'Records of a partition were deleted by command.',
    fields: ['topic', 'partition', 'logStartOffset', 'clientId?', 'address?', 'connectionId?'],
  },
  'topic.change_failed': {
    level: 'error',
    meaning: 'A change of a topic could not be put in force.',
    fields: ['change', 'err'],
  },
  'topic.not_deleted': {
    level: 'error',
    meaning: 'A topic could not be deleted for good. It is tried later.',
    fields: ['topic', 'err'],
  },
  'topic.deletion_not_noted': {
    level: 'warn',
    meaning: 'The disk is full. That the topic is gone is noted later.',
    fields: ['topic', 'err'],
  },
  'partition.opened_again': {
    level: 'info',
    meaning: 'A partition that could not be opened is open now.',
    fields: ['topic', 'partition'],
  },
  'partition.not_opened': {
    level: 'error',
    meaning: 'A partition could not be opened. Unless its data is damaged, it is tried again.',
    fields: ['topic', 'partition', 'err'],
  },
  'partition.not_opened_again': {
    level: 'warn',
    meaning: 'Partitions could not be opened again. They are tried later.',
    fields: ['partitions'],
  },
  'partition.data_not_removed': {
    level: 'error',
    meaning: 'The data of a deleted topic could not be removed.',
    fields: ['topic', 'partition', 'err'],
  },
  'partition.unknown_topic': {
    level: 'warn',
    meaning: 'The data folder holds a partition of a topic that is not known. It is left alone.',
    fields: ['topic', 'topicId', 'partition'],
  },
  'partition.not_served': {
    level: 'error',
    meaning: 'A request about a partition failed in a way that nobody foresaw.',
    fields: ['err'],
  },
} as const;
