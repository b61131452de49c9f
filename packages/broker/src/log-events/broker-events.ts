/** What a broker and its process tell of their own life. */
export const brokerEvents = {
  'broker.ready': {
    level: 'info',
    meaning: 'The broker has read its data, and serves.',
    fields: [
      'address',
      'adminUrl?',
      'durability',
      'clusterId',
      'term',
      'topics',
      'partitions',
      'partitionsMax',
      'connectionsMax',
      'openFilesMax',
    ],
  },
  'broker.opening': {
    level: 'info',
    meaning: 'The start takes a while: so many partitions are open, and so many are left.',
    fields: ['done', 'left'],
  },
  'broker.follows_crash': {
    level: 'warn',
    meaning: 'The last run did not end cleanly. Leader epochs were raised, and clients look again.',
    fields: ['term'],
  },
  'broker.restored': {
    level: 'info',
    meaning: 'This is the first start on a restored backup.',
    fields: ['backup', 'createdMs', 'asNew', 'clusterId', 'term'],
  },
  'access.rule_not_understood': {
    level: 'error',
    meaning:
      'An access rule is of a later version of the broker, or damaged. Until it is removed, all that it may refuse is refused.',
    fields: ['rule', 'refusals'],
  },
  'backup.started': { level: 'info', meaning: 'A backup has begun.', fields: ['backup', 'partitions'] },
  'backup.ended': {
    level: 'info',
    meaning: 'A backup is finished, or was ended by whoever read it.',
    fields: ['backup', 'outcome', 'bytes', 'elapsedMs'],
  },
  'backup.failed': { level: 'error', meaning: 'A backup has failed.', fields: ['backup', 'err'] },
  'broker.start_not_noted': {
    level: 'error',
    meaning: 'The disk is full, so the start could not be noted. Reads and deletions go on; records are refused.',
    fields: ['err?'],
  },
  'broker.start_noted': {
    level: 'info',
    meaning: 'There is room again: the start is noted, and records are taken.',
    fields: [],
  },
  'broker.draining': {
    level: 'info',
    meaning: 'The broker is stopping. It takes no more requests, and answers those that it has.',
    fields: ['connections', 'requestsInFlight', 'secondsLeft', 'groups?', 'members?'],
  },
  'broker.stop_not_noted': {
    level: 'warn',
    meaning: 'The disk is full, so the stop could not be noted. The next start takes it for a crash.',
    fields: ['err'],
  },
  'broker.stopped': { level: 'info', meaning: 'The broker has stopped. Everything is saved.', fields: [] },
  'broker.close_failed': {
    level: 'error',
    meaning: 'After a start that failed, something could not be closed.',
    fields: ['err'],
  },
  'broker.few_files': {
    level: 'warn',
    meaning: 'The process may have few files open, so fewer connections and partitions are taken.',
    fields: ['descriptorsMax', 'openFilesMax', 'connectionsMax', 'partitionsMax'],
  },
  'broker.files_limit_changed': {
    level: 'warn',
    meaning: 'The process may have another number of files open now. The broker keeps as many as fit.',
    fields: ['descriptorsMax', 'openFilesMax', 'openFilesInUseMax'],
  },
  'maintenance.done': {
    level: 'info',
    meaning: 'A round of retention and compaction has removed something, or failed in part.',
    fields: [
      'segmentsDeleted',
      'bytesDeleted',
      'filesRemoved',
      'logsCompacted',
      'bytesCompacted',
      'logsCheckpointed',
      'logsFailed',
    ],
  },
  'maintenance.failed': {
    level: 'error',
    meaning: 'A round of retention and compaction failed. The next round tries again.',
    fields: ['err'],
  },
  'maintenance.retry_failed': {
    level: 'error',
    meaning: 'What had failed before could not be tried again. The next round tries.',
    fields: ['err'],
  },
  'memory.over_budget': {
    level: 'warn',
    meaning: 'More bytes of requests wait than may: connections are read more slowly, then requests are refused.',
    fields: ['heldBytes', 'limitBytes', 'connections'],
  },
  'memory.within_budget': {
    level: 'info',
    meaning: 'Fewer bytes wait than may. Nobody is slowed down any more.',
    fields: ['heldBytes', 'limitBytes', 'refused', 'forMs'],
  },
  'process.ready': {
    level: 'info',
    meaning: 'The program serves at these addresses.',
    fields: [
      'version',
      'url',
      'kafkaAddress?',
      'isOpen',
      'isKafkaPortTaken',
      'adminUrl?',
      'dataDir?',
      'acknowledgement',
      'startMs',
      'next',
    ],
  },
  'process.stopping': {
    level: 'info',
    meaning: 'A signal asked for a stop. A second one stops at once.',
    fields: ['signal'],
  },
  'process.stopped': { level: 'info', meaning: 'The program has stopped cleanly.', fields: [] },
  'process.start_failed': { level: 'debug', meaning: 'Why the start failed, with its causes.', fields: ['err'] },
  'process.fault': {
    level: 'fatal',
    meaning: 'An error that nobody handled. The process ends, and recovers its data at the next start.',
    fields: ['err'],
  },
  'process.disk_failed': {
    level: 'fatal',
    meaning: 'The disk failed. The process ends, and recovers its data at the next start.',
    fields: ['err'],
  },
  'process.stop_failed': {
    level: 'fatal',
    meaning: 'The stop did not end in time, or failed. The data is recovered at the next start.',
    fields: ['err'],
  },
  'admin.not_opened': {
    level: 'error',
    meaning: 'The admin interface could not be opened or loaded. Only its probes answer.',
    fields: ['err'],
  },
  'admin.request_failed': {
    level: 'error',
    meaning: 'The broker failed to serve a request of the admin interface.',
    fields: ['operation?', 'err'],
  },
  'settings.changed': {
    level: 'info',
    meaning: 'Settings were changed by a command, and are stored.',
    fields: ['by', 'changed'],
  },
  'settings.reloaded': {
    level: 'info',
    meaning: 'Settings were read again: these have other values now, and those take effect at the next start.',
    fields: ['by', 'changed', 'needsRestart'],
  },
  'settings.reload_failed': {
    level: 'error',
    meaning: 'Settings that were read again are not allowed. The old ones stay in force.',
    fields: ['by', 'problems'],
  },
  'settings.stored_ignored': {
    level: 'error',
    meaning: 'Settings that were changed by a command before do not fit any more, and are left out.',
    fields: ['problems'],
  },
  'audit.not_written': {
    level: 'error',
    meaning: 'The audit trail cannot be written to its topic. Entries wait, and are dropped when too many do.',
    fields: ['err'],
  },
  'log.level_changed': {
    level: 'info',
    meaning: 'The level of the log was changed, for all of it or for one subsystem.',
    fields: ['threshold', 'subsystem?', 'by'],
  },
  'log.lines_left_out': {
    level: 'warn',
    meaning: 'There were too many lines of one event, and so many of them were left out.',
    fields: ['leftOut', 'count', 'forMs'],
  },
  'log.not_shipped': {
    level: 'warn',
    meaning: 'Log lines could not be sent to the collector. They are tried again, and dropped when too many wait.',
    fields: ['url', 'reason', 'count'],
  },
  'log.shipped_again': {
    level: 'info',
    meaning: 'Log lines reach the collector again. So many were dropped meanwhile.',
    fields: ['url', 'count', 'forMs'],
  },
} as const;
