import type { ErrorPage } from './error-page.ts';

type DataError =
  | 'OFFSET_OUT_OF_RANGE'
  | 'CORRUPT_BATCH'
  | 'INVALID_RECORD'
  | 'UNSUPPORTED_CODEC'
  | 'RECORD_TOO_LARGE'
  | 'BATCH_TOO_LARGE'
  | 'INVALID_TIMESTAMP'
  | 'KEY_REQUIRED'
  | 'CORRUPT_LOG'
  | 'OUT_OF_ORDER_SEQUENCE'
  | 'STALE_PRODUCER_EPOCH'
  | 'UNKNOWN_PRODUCER_ID'
  | 'STORAGE_FULL'
  | 'STORAGE_FAILED';

/** Records, producers and the disk. */
export const dataPages: Readonly<Record<DataError, ErrorPage>> = {
  OFFSET_OUT_OF_RANGE: {
    causes: [
      'A consumer was away for longer than the records are kept (`retention.ms`, `retention.bytes`): what it wanted is gone.',
      'Records were deleted with `q topic trim`.',
      'The topic was restored from an older backup, and the offset lies behind its end.',
    ],
    client: [
      'Choose where to go on: `onOffsetOutOfRange` of a consumer, or `q group seek GROUP --to start|end|@time`.',
      'A consumer that is too slow for its topic meets it again and again: look at its lag, and add members.',
    ],
    broker: ['Keep records for longer: `q topic alter NAME --set retention.ms=14d`.'],
  },
  CORRUPT_BATCH: {
    causes: [
      'The checksum of a batch does not fit its bytes: they were changed on the way, or in the memory of a machine.',
      'A producer of your own encodes batches in another way than RFC 2 describes.',
      'A consumer got it from the broker: the disk gave back other bytes than were written.',
    ],
    client: [
      'A producer: report it if it uses `@q/client`. Compare a batch of your own with the test vectors.',
      'A consumer: fetch again. If it stays, the partition is damaged at this place.',
    ],
    broker: [
      '`q log verify FILE` finds the batch. Look at the disk, at the memory of the machine, and restore from a backup.',
    ],
  },
  INVALID_RECORD: {
    causes: [
      'Lengths or counts inside a batch do not add up, although its checksum fits: the producer encodes it wrongly.',
    ],
    client: ['Correct the encoder. With `@q/client` no program should be able to cause it: report it.'],
    broker: [],
  },
  UNSUPPORTED_CODEC: {
    causes: [
      'The package for the codec is not installed: `snappy` for snappy, `lz4-napi` for lz4. They are optional.',
      'A producer named a codec that does not exist.',
    ],
    client: [
      'Install the package that the message names, in the program that meets the error: producer or consumer.',
      'Or use gzip or zstd, which need no package.',
    ],
    broker: [
      'The broker looks into compressed batches, so it needs the package, too, unless installed with all optional ones.',
    ],
  },
  RECORD_TOO_LARGE: {
    causes: ['One record, alone in its batch, is larger than `max.message.bytes` of its topic (1 MiB unless changed).'],
    client: [
      'Send a smaller record. Put a large file elsewhere, and its address into the record.',
      'Compress: the limit counts bytes as they are sent.',
    ],
    broker: ['`q topic alter NAME --set max.message.bytes=4MB`. Every consumer needs memory for so much then.'],
  },
  BATCH_TOO_LARGE: {
    causes: [
      'A batch is larger than `max.message.bytes` of its topic.',
      'A compressed batch becomes larger than the broker unpacks.',
    ],
    client: ['Nothing with `@q/client`, which sends it again in halves. With another client lower its batch size.'],
    broker: ['Raise `max.message.bytes` of the topic.'],
  },
  INVALID_TIMESTAMP: {
    causes: [
      'A timestamp is negative, or no number of milliseconds since 1970. Seconds and nanoseconds are common mistakes.',
      'It lies further in the future than `timestampAheadMsMax` (one hour): the record would never expire.',
    ],
    client: ['Use `Date.now()`, or leave the timestamp out. Set the clock of the machine by NTP.'],
    broker: ['With `message.timestamp.type=LogAppendTime` the broker stamps records itself.'],
  },
  KEY_REQUIRED: {
    causes: ['The topic keeps the latest record of each key (`cleanup.policy=compact`), and the record has no key.'],
    client: ['Give every record a key.'],
    broker: ['Take `compact` out of the cleanup policy, if the topic was not meant to be a table.'],
  },
  CORRUPT_LOG: {
    causes: [
      'Stored bytes are not what was written, with valid records behind them: rot of the disk, or a file that was edited.',
      'Files of the data folder are missing, as after an incomplete copy.',
    ],
    client: [
      'Consumers can still read what is before the damage. Producers cannot go on with this partition.',
      'Write to another topic, if the program cannot wait.',
    ],
    broker: [
      'The line `partition.quarantined` names the file, the position and the offsets. Nothing was changed on the disk.',
      'Restore the folder from a backup, or look at the damage with `q log verify` and give up what cannot be read with `q log repair`.',
      'Then `q topic reopen NAME` takes the partition back into service.',
    ],
  },
  OUT_OF_ORDER_SEQUENCE: {
    causes: [
      'A batch of an idempotent producer came before the one that it follows, which was lost or refused.',
      'The producer was silent for so long that the broker forgot it.',
    ],
    client: ['Nothing with `@q/client`: it begins a new sequence and stores nothing twice.'],
    broker: [],
  },
  STALE_PRODUCER_EPOCH: {
    causes: [
      'Another producer took over the same id: the program was started a second time, or came back after a long pause.',
    ],
    client: ['Close this producer, and open a new one. Nothing that it sends is stored any more.'],
    broker: [],
  },
  UNKNOWN_PRODUCER_ID: {
    causes: ['The broker has forgotten the producer, or its data folder was replaced by an older copy.'],
    client: ['Nothing with `@q/client`: it asks for a new id and goes on.'],
    broker: [],
  },
  STORAGE_FULL: {
    causes: [
      'The disk has less room than is kept in reserve (`diskReserveBytes`, 64 MiB), or none at all.',
      'The partitions together have reached `storageMaxBytes`, and the broker refuses at that cap (`whenFull: refuse`).',
      'The process has no file descriptor left (`ulimit -n`). The message says so.',
    ],
    client: [
      'Nothing was lost, and reading goes on. Producers try again until their delivery timeout, and then tell each record.',
      'Raise `deliveryTimeoutMs` where programs should outlast a longer shortage.',
    ],
    broker: [
      'See what fills it: `q topic list` shows the size of each topic.',
      'Make room: `q topic trim NAME`, a shorter `retention.ms` or `retention.bytes`, delete topics, or enlarge the disk. Deletions work on a full disk.',
      'Nothing has to be started again: `disk.room_again` in the log says that records are taken.',
      'The line `disk.full` says since when and which limit was reached.',
    ],
  },
  STORAGE_FAILED: {
    causes: [
      'The disk answered a write, a sync or a read with an error (EIO), or the file system went read-only.',
      'The folder was removed or its rights were changed while the broker ran.',
      'The lock of the data folder was lost, and another broker has it.',
    ],
    client: [
      'Wait: clients try again once the broker is back. What was acknowledged is kept, as far as the disk has it.',
    ],
    broker: [
      'The broker ends itself after a failed write, because nothing more may be acknowledged. Start it again once the disk is well.',
      'Read the lines `disk.failed` or `partition.read_failed`, and what the system says of the disk (`dmesg`, `smartctl`).',
      'Restore from a backup where the disk does not come back.',
    ],
  },
};
