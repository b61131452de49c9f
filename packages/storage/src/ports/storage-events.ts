/**
 * Everything that the storage engine says in a log, in one table. Names are for ever. docs/LOGS.md is made of it.
 */

/** Fields of these events. */
export const storageFields = {
  topic: { kind: 'text', meaning: 'Name of the topic.' },
  partition: { kind: 'number', meaning: 'Number of the partition in its topic.' },
  offset: { kind: 'number', meaning: 'Offset of a record.' },
  logStartOffset: { kind: 'number', meaning: 'Lowest offset that is kept.' },
  endOffset: { kind: 'number', meaning: 'One more than the highest offset that is left.' },
  fromOffset: { kind: 'number', meaning: 'First offset that is concerned.' },
  toOffset: { kind: 'number', meaning: 'One more than the last offset that is concerned.' },
  file: { kind: 'text', meaning: 'Path of the file in question.' },
  directory: { kind: 'text', meaning: 'Path of the folder in question.' },
  aside: { kind: 'text', meaning: 'Path of the file that keeps what was taken out.' },
  position: { kind: 'number', meaning: 'Bytes from the beginning of the file.' },
  bytes: { kind: 'number', meaning: 'How many bytes are concerned.' },
  bytesBefore: { kind: 'number', meaning: 'Bytes before the change.' },
  bytesAfter: { kind: 'number', meaning: 'Bytes after the change.' },
  bytesToFree: { kind: 'number', meaning: 'Bytes that have to go.' },
  bytesDropped: { kind: 'number', meaning: 'Bytes that could be dropped.' },
  leftBytes: { kind: 'number', meaning: 'Bytes that are left of it.' },
  freeBytes: { kind: 'number', meaning: 'Free bytes of the disk, as far as is known.' },
  usedBytes: { kind: 'number', meaning: 'Bytes of all partitions together.' },
  sizeBytes: { kind: 'number', meaning: 'Size that was found.' },
  wantedBytes: { kind: 'number', meaning: 'Size that was expected.' },
  segments: { kind: 'number', meaning: 'How many segments are concerned.' },
  passes: { kind: 'number', meaning: 'Rounds that it took.' },
  recordsRemoved: { kind: 'number', meaning: 'Records that newer ones of their keys replaced.' },
  partitions: { kind: 'number', meaning: 'How many partitions are concerned.' },
  count: { kind: 'number', meaning: 'How many of them.' },
  fromEntry: { kind: 'number', meaning: 'First entry of the journal that is missing.' },
  toEntry: { kind: 'number', meaning: 'Last entry of the journal that is missing.' },
  reason: { kind: 'text', meaning: 'Why, in words or as a name.' },
  reasons: { kind: 'texts', meaning: 'Why: age or size.' },
  limit: { kind: 'text', meaning: 'The setting or limit that was reached.' },
  refused: { kind: 'number', meaning: 'Requests that were refused for it.' },
  forMs: { kind: 'number', meaning: 'How long it went on.' },
  byMs: { kind: 'number', meaning: 'By how much the clock jumped.' },
  aheadMs: { kind: 'number', meaning: 'How far the clock is ahead.' },
  waitsMs: { kind: 'number', meaning: 'How long nothing is removed by its age.' },
  err: { kind: 'error', meaning: 'What failed: type, message, code, stack and causes.' },
} as const;

/** The events. */
export const storageEvents = {
  'disk.full': {
    level: 'warn',
    meaning: 'The disk or the storage cap is full: records are refused with STORAGE_FULL until there is room.',
    fields: ['limit', 'reason', 'freeBytes?', 'usedBytes'],
  },
  'disk.room_again': {
    level: 'info',
    meaning: 'There is room again, and records are taken.',
    fields: ['refused', 'forMs', 'freeBytes?', 'usedBytes'],
  },
  'disk.reserve_used': {
    level: 'warn',
    meaning: 'The disk is full, and some of the room that is kept for that is used.',
    fields: ['file', 'leftBytes'],
  },
  'disk.reserve_not_taken': {
    level: 'warn',
    meaning: 'The room that is kept for a full disk could not be taken. The next round of maintenance tries again.',
    fields: ['file', 'err'],
  },
  'disk.stop_not_noted': {
    level: 'warn',
    meaning: 'The disk is full, so the stop could not be noted in full. The next start takes longer.',
    fields: ['err'],
  },
  'disk.room_unknown': {
    level: 'warn',
    meaning: 'The system does not say how much room the disk has.',
    fields: ['err'],
  },
  'disk.failed': {
    level: 'error',
    meaning: 'A write or a sync failed. Nothing is acknowledged any more, and the process must end.',
    fields: ['err'],
  },
  'folder.lock_is_weak': {
    level: 'warn',
    meaning: 'The data folder could not be locked by the kernel, so another broker may not see that it is in use.',
    fields: ['directory'],
  },
  'folder.recovering': {
    level: 'info',
    meaning: 'The last stop was not clean: partitions are checked as they are opened.',
    fields: ['directory'],
  },
  'folder.partition_is_newer': {
    level: 'error',
    meaning: 'A newer version of q has written the folder of a partition. It is left alone.',
    fields: ['directory', 'err'],
  },
  'folder.format_not_noted': {
    level: 'warn',
    meaning: 'The format of the data folder could not be noted. The next start tries again.',
    fields: ['directory', 'err'],
  },
  'folder.format_unreadable': {
    level: 'warn',
    meaning: 'A file cannot be read, so its format is not known.',
    fields: ['file', 'err'],
  },
  'folder.checkpoint_unreadable': {
    level: 'warn',
    meaning: 'A checkpoint file is unreadable. Recovery reads more of the partitions instead.',
    fields: ['file'],
  },
  'folder.foreign_file': {
    level: 'warn',
    meaning: 'The data folder holds a file with the name of a partition. It is left alone.',
    fields: ['file'],
  },
  'folder.removal_failed': {
    level: 'error',
    meaning: 'The files of a deleted partition could not be removed. They are tried again.',
    fields: ['directory', 'err'],
  },
  'journal.replayed': {
    level: 'info',
    meaning: 'Records that were durable in the journal alone are in their segments now, too.',
    fields: ['partitions', 'bytes'],
  },
  'journal.no_room': {
    level: 'warn',
    meaning: 'The disk has no room for acknowledged records. The journal keeps them until it has.',
    fields: ['partitions?', 'err?'],
  },
  'journal.file_not_made': {
    level: 'warn',
    meaning: 'A file of the journal could not be made. Small writes are slower without it.',
    fields: ['err'],
  },
  'journal.head_damaged': {
    level: 'error',
    meaning: 'The head of a journal file is damaged. What the file holds is replayed all the same.',
    fields: ['file'],
  },
  'journal.size_is_wrong': {
    level: 'error',
    meaning: 'A journal file has another size than it was made with. Unless that was changed, records may be missing.',
    fields: ['file', 'sizeBytes', 'wantedBytes'],
  },
  'journal.entries_damaged': {
    level: 'error',
    meaning: 'Entries of the journal are damaged. Acknowledged records may be missing.',
    fields: ['directory', 'fromEntry', 'toEntry'],
  },
  'partition.quarantined': {
    level: 'error',
    meaning:
      'Stored records are damaged. The partition is set aside: what is before the damage is served, and nothing was changed.',
    fields: ['topic', 'partition', 'file', 'position', 'fromOffset', 'toOffset', 'reason'],
  },
  'partition.tail_cut': {
    level: 'warn',
    meaning: 'A torn end was cut off: bytes that were never synced, and so never acknowledged.',
    fields: ['topic', 'partition', 'file', 'position', 'bytes', 'endOffset', 'reason'],
  },
  'partition.hole_kept_aside': {
    level: 'warn',
    meaning: 'Unsynced bytes behind a hole were kept in a file beside the segment.',
    fields: ['file', 'position', 'aside'],
  },
  'partition.read_failed': {
    level: 'error',
    meaning: 'Stored records could not be read.',
    fields: ['topic', 'partition', 'offset', 'err'],
  },
  'partition.checkpoint_failed': {
    level: 'error',
    meaning: 'A checkpoint of a partition failed. A recovery would take longer.',
    fields: ['topic', 'partition', 'err'],
  },
  'partition.epochs_rebuilt': {
    level: 'warn',
    meaning: 'The file of leader epochs is unreadable. They are rebuilt from the records.',
    fields: ['directory', 'err'],
  },
  'partition.transactions_rebuilt': {
    level: 'warn',
    meaning: 'An index of aborted transactions is unreadable. It is made again from the records.',
    fields: ['directory', 'err'],
  },
  'partition.snapshot_unreadable': {
    level: 'warn',
    meaning: 'A snapshot of producers is unreadable. An older one is used.',
    fields: ['directory', 'offset', 'err'],
  },
  'partition.message_ids_unreadable': {
    level: 'warn',
    meaning: 'A file of message ids is unreadable. Ids are taken from the records that are left, by their timestamps.',
    fields: ['file', 'err'],
  },
  'partition.message_ids_not_saved': {
    level: 'warn',
    meaning: 'The disk has no room for the message ids of records that are dropped. A restart forgets them.',
    fields: ['topic', 'partition', 'err'],
  },
  'partition.message_ids_forgotten': {
    level: 'warn',
    meaning:
      'Message ids were forgotten inside their window, because a partition remembers no more. Repeats are stored.',
    fields: ['topic', 'partition', 'count'],
  },
  'partition.files_left': {
    level: 'warn',
    meaning: 'The files of dropped records could not be removed. They are tried again.',
    fields: ['directory', 'err'],
  },
  'partition.maintenance_failed': {
    level: 'error',
    meaning: 'Background work on a partition failed. The next round tries again.',
    fields: ['topic', 'partition', 'err'],
  },
  'partition.segments_dropped': {
    level: 'info',
    meaning: 'Old segments were dropped, by age or by size.',
    fields: ['topic', 'partition', 'segments', 'bytes', 'logStartOffset', 'reasons'],
  },
  'partition.compacted': {
    level: 'info',
    meaning: 'A partition was compacted.',
    fields: ['topic', 'partition', 'passes', 'bytesBefore', 'bytesAfter', 'recordsRemoved'],
  },
  'partition.leftover_not_removed': {
    level: 'warn',
    meaning: 'A half-written segment could not be removed. The next attempt writes over it.',
    fields: ['file', 'err'],
  },
  'retention.cap_passed': {
    level: 'warn',
    meaning: 'The storage cap is passed, and nothing more may be dropped.',
    fields: ['bytesToFree', 'bytesDropped'],
  },
  'retention.failed': {
    level: 'error',
    meaning: 'The oldest segments could not be dropped. The next round tries again.',
    fields: ['err'],
  },
  'clock.behind': {
    level: 'warn',
    meaning: 'The clock is behind what the last run has seen. What goes by age comes later.',
    fields: ['byMs'],
  },
  'clock.far_ahead': {
    level: 'warn',
    meaning:
      'The clock is far ahead of what the last run has seen. Nothing is removed by its age before that has held.',
    fields: ['aheadMs', 'waitsMs'],
  },
  'clock.set_forward': {
    level: 'warn',
    meaning: 'The clock was set forward. Nothing is removed by its age before that has held.',
    fields: ['byMs', 'waitsMs'],
  },
  'clock.set_back': { level: 'warn', meaning: 'The clock was set back.', fields: ['byMs'] },
  'clock.believed': {
    level: 'warn',
    meaning: 'The clock has held what it was set to. Records go by their age again.',
    fields: ['byMs'],
  },
  'clock.checkpoint_unreadable': {
    level: 'warn',
    meaning: 'What the last run has seen of the clock cannot be read. The clock is believed.',
    fields: ['file', 'err?'],
  },
  'clock.checkpoint_not_saved': {
    level: 'warn',
    meaning: 'What was seen of the clock could not be saved.',
    fields: ['err'],
  },
} as const;
