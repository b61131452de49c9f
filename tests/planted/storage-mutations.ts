import type { Mutation } from './mutation.ts';

const flush = 'packages/storage/src/flush/flush-queue.ts';
const files = 'packages/storage/src/log/log-files.ts';
const dropped = 'packages/storage/src/log/dropped-segments.ts';
const load = 'packages/storage/src/log/load-log.ts';
const recover = 'packages/storage/src/log/recover-segments.ts';
const checkpoints = 'packages/storage/src/log/log-checkpoints.ts';
const store = 'packages/storage/src/store/directory-store.ts';

/** Bugs of the log: durability, recovery, deduplication, cleaning. */
export const storageMutations: readonly Mutation[] = [
  {
    name: 'acknowledge before the sync',
    file: 'packages/storage/src/log/log-writer.ts',
    find: "if (this.#core.config.durability === 'fsync') await this.#files.syncWritten();\n  }\n\n  journalPiece",
    replace: "if (this.#core.config.durability === 'fsync') void this.#files.syncWritten().catch(() => undefined);\n  }\n\n  journalPiece",
  },
  { name: 'skip the sync of the file', file: files, find: 'if (segment.isNameDurable) await lease.sync();', replace: 'if (segment.isNameDurable) await lease.file.size();' },
  {
    name: 'try a failed sync again',
    file: files,
    find: 'if (segment.isNameDurable) await lease.sync();',
    replace: 'if (segment.isNameDurable) await lease.sync().catch(() => lease.sync());',
  },
  {
    name: 'forget the sync of the folder',
    file: files,
    find: 'await Promise.allSettled([lease.sync(), fileSystem.syncDirectory(segment.directory)])',
    replace: 'await Promise.allSettled([lease.sync(), fileSystem.stat(segment.directory)])',
  },
  { name: 'a folder that could not be opened hides a failed sync', test: 'packages/storage/test/log/out-of-files.test.ts', file: files, find: 'of [bytes, name]) if', replace: 'of [name, bytes]) if' },
  { name: 'a missing descriptor is taken for a failed sync', test: 'packages/storage/test/log/out-of-files.test.ts', file: files, find: '      if (isOutOfFiles(error)) throw error;\n', replace: '' },
  { name: 'what could not be synced for want of a descriptor is forgotten', test: 'packages/storage/test/log/out-of-files.test.ts', file: 'packages/storage/src/flush/interval-syncs.ts', find: '      this.#unsynced.add(log);\n    }', replace: '    }' },
  {
    name: 'begin the next segment before the last one is synced',
    isRare: true,
    file: files,
    find: "if (this.#core.config.durability === 'fsync') await this.syncWritten();\n        buffers",
    replace: 'buffers',
  },
  { name: 'the watermark is one too low', file: flush, find: '(appends.at(-1) as QueuedAppend).lastOffset + 1', replace: '(appends.at(-1) as QueuedAppend).lastOffset' },
  { name: 'the watermark moves before the write', file: flush, find: '    const written = await this.#writeRound(parts, this.#planJournal(parts));', replace: '    for (const { log, appends, isJournaled } of parts) {\n      log.advance((appends.at(-1) as QueuedAppend).lastOffset + 1, isJournaled);\n      log.wakeReaders();\n    }\n    const written = await this.#writeRound(parts, this.#planJournal(parts));' },
  { name: 'what found no room stays in memory', file: 'packages/storage/src/log/log-writer.ts', find: '    core.waiting = index === 0 ? noneWaiting : core.waiting.slice(0, index);\n', replace: '' },
  { name: 'what found no room stays in the deduplication', file: 'packages/storage/src/log/log-writer.ts', find: '    core.dedup.rollbackTo(fromOffset);\n', replace: '' },
  { name: 'lose the producers at a restart', file: load, find: 'if (lastOffset >= o.snapshotOffset) o.dedup.replayProducer(buffer.subarray(at), o.now);', replace: '' },
  { name: 'the recovery point is saved before the sync', file: checkpoints, find: '      await this.#core.settled();\n      await this.#syncLog();\n', replace: '' },
  { name: 'the recovery point is one batch too high', file: checkpoints, find: 'Math.max(this.recoveryPoint, plan.offset)', replace: 'Math.max(this.recoveryPoint, plan.offset + 1)' },
  { name: 'checkpoint files are renamed without a sync', file: 'packages/storage/src/files/durable-file.ts', find: '    await file.truncate(0);\n    await file.write([bytes], 0);\n    await file.datasync();', replace: '    await file.truncate(0);\n    await file.write([bytes], 0);' },
  { name: 'a torn tail is not cut', test: 'packages/storage/test/log/recovery.test.ts', file: recover, find: '      await lease.file.truncate(end.position);\n      await lease.file.datasync();', replace: '      await lease.file.datasync();' },
  { name: 'a hole of a lost write is taken for damage', isRare: true, file: recover, find: '(await this.#isLostWrite(segment, { ...end, isOffsetLost }, valid))', replace: 'false' },
  { name: 'recovered bytes are not written again', file: 'packages/storage/src/log/sync-recovered.ts', find: '      await reserve.withRoom(() => writeAgain(', replace: '      if (from < 0) await reserve.withRoom(() => writeAgain(' },
  { name: 'the name of an empty segment is taken for durable', test: 'packages/storage/test/kill-then-power.test.ts', file: load, find: 'segment.isNameDurable = segment.sizeBytes > 0;', replace: 'segment.isNameDurable = true;' },
  { name: 'offsets of a deleted topic live on', isRare: true, file: 'packages/storage/src/store/saved-offsets.ts', find: '      if (recoveryPoint !== undefined && recoveryPoint.offset > 0) await this.recoveryPointFile.save();\n      if (start !== undefined && start.offset > 0) await this.startFile.save();\n', replace: '' },
  { name: 'segments leave the list before the journal has the new start', test: 'packages/storage/test/retention/tried-again.test.ts', file: dropped, find: '    await this.#declareFloorIfThereIsRoom(logStartOffset);\n    const dropped = segmentList.dropFirst(count);\n', replace: '    const dropped = segmentList.dropFirst(count);\n    await this.#declareFloorIfThereIsRoom(logStartOffset);\n' },
  { name: 'a segment that could not be set aside is forgotten', test: 'packages/storage/test/retention/tried-again.test.ts', file: dropped, find: '    if (this.#doomed.length > 0 && this.#core.state', replace: "    if (this.#doomed.length < 0 && this.#core.state" },
  { name: 'the folder is let go before everything is closed', test: 'packages/storage/test/store/closing.test.ts', file: store, find: '    await step(() => context.queue.close());\n', replace: '    await step(() => this.#lock.release());\n    await step(() => context.queue.close());\n' },
  { name: 'the journal is emptied though a log could not be saved', test: 'packages/storage/test/store/closing.test.ts', file: store, find: 'isSynced: errors.length === 0 && context.queue.failure === null', replace: 'isSynced: context.queue.failure === null' },
  { name: 'opening looks again and again while a log is closed', test: 'packages/storage/test/store/closing.test.ts', file: store, find: "if (log.state === 'closed') await log.ended;", replace: "if (log.state === 'closed') continue;" },
  { name: 'a log that owes its files something is let go of when it cannot be closed', test: 'packages/storage/test/store/closing.test.ts', file: 'packages/storage/src/partition/local-log.ts', find: "if (core.owed.length > 0 && !core.context.queue.failure) core.state = 'open';", replace: "if (core.owed.length < 0 && !core.context.queue.failure) core.state = 'open';" },
  { name: 'retention believes a clock that is a year ahead for a second', file: 'packages/storage/src/store/maintenance.ts', find: 'const now = context.time.now();', replace: 'const now = context.clock.now();' },
  { name: 'message ids go with the records that are trimmed', test: 'packages/storage/test/log/saved-message-ids.test.ts', file: 'packages/storage/src/partition/local-log.ts', find: '      await keepMessageIds(this, offset);\n', replace: '' },
  { name: 'message ids of what recovery reads count by the timestamps of records', test: 'packages/storage/test/log/saved-message-ids.test.ts', file: 'packages/storage/src/log/replay-message-ids.ts', find: 'return isSince ? { now, wallMs } :', replace: 'return isSince && stampMs > wallMs ? { now, wallMs } :' },
  { name: 'segments go before the new start is durable', file: 'packages/storage/src/log/move-starts.ts', find: '    await context.saveStartOffsets();\n', replace: '' },
  { name: 'compaction drops the newest value', file: 'packages/storage/src/compaction/batch-compaction.ts', find: 'if (record.offset < keys.latest(key)) return false;', replace: 'if (record.offset <= keys.latest(key)) return false;' },
  {
    name: 'compact what no snapshot covers',
    isRare: true,
    file: 'packages/storage/src/compaction/log-compaction.ts',
    find: 'while (!isDone && (await this.#keepProducers()))',
    replace: 'while (!isDone)',
  },
  {
    name: 'a sync that ends during a write takes the segment for synced',
    isRare: true,
    file: files,
    find: '        // Again: a sync of what was written before may have ended during the write, and taken the segment for synced.\n        this.#unsynced.add(segment);\n',
    replace: '',
  },
  { name: 'tombstones go at once', isRare: true, file: 'packages/storage/src/compaction/batch-compaction.ts', find: 'const tombstonesGo = horizonMs >= 0 && pass.now >= horizonMs;', replace: 'const tombstonesGo = true;' },
  { name: 'a compacted segment is put in place unsynced', file: 'packages/storage/src/compaction/segment-rewrite.ts', find: '    if (isChanged) await target.datasync();\n', replace: '' },
  { name: 'a read stops short of a segment boundary', file: 'packages/storage/src/log/log-reader.ts', find: 'let index = Math.max(0, segmentList.indexOf(o.offset))', replace: 'let index = Math.max(0, segmentList.indexOf(o.offset + 1))' },
  { name: 'a read skips the batch that ends at its offset', file: 'packages/storage/src/log/cold-read.ts', find: '    if (lastOffset >= o.offset) {', replace: '    if (lastOffset > o.offset) {' },
  { name: 'an offset in a lost sector is taken for damage', test: 'packages/storage/test/log/lost-offset.test.ts', file: recover, find: "if (end.problem !== 'bad-offset') return false;", replace: 'if (end.position >= 0) return false;' },
  { name: 'the folder of an empty log is not synced again', test: 'packages/storage/test/kill-then-power.test.ts', file: store, find: '    if (!isNew && loaded.segments.bytes === 0) await fileSystem.syncDirectory(directory);\n', replace: '' },
  { name: 'a log is said to be gone before the folder is synced', isRare: true, file: store, find: '      await fileSystem.syncDirectory(directory);\n      throw new StorageError', replace: '      throw new StorageError' },
  { name: 'the memory of a batch is used again before it is written', file: 'packages/storage/src/files/own-memory.ts', find: '    this.#buffers.retain(batch);\n', replace: '' },
  { name: 'the memory of small batches is used again before they are written', file: 'packages/protocol/src/batch/lent-memory.ts', find: '    lent.users += 1;\n    const start', replace: '    const start' },
  { name: 'the memory of batches that stay where they came is used again before they are written', file: 'packages/protocol/src/batch/lent-memory.ts', find: '      lent.users += 1;\n      return part;', replace: '      return part;' },
  { name: 'the memory of a cached batch is used again', file: 'packages/storage/src/log/log-writer.ts', find: 'else for (const append of settled) core.tail.add(append);', replace: 'else {\n      for (const append of settled) {\n        core.tail.add(append);\n        core.context.appendBuffers.release(append.batch);\n      }\n    }' },
  { name: 'small batches of two segments are written to one', test: 'packages/storage/test/log/owed-batches.test.ts', file: 'packages/storage/src/log/owed-batches.ts', find: 'next.segment !== segment || ', replace: '' },
  { name: 'the memory of a batch is used again while it is sent', test: 'packages/storage/test/files/append-buffers.test.ts', file: 'packages/storage/src/log/log-reader.ts', find: 'buffers.filter((buffer) => appendBuffers.retain(buffer))', replace: 'buffers.filter((buffer) => appendBuffers.retain(buffer) && void appendBuffers.release(buffer))' },
  { name: 'compaction does not say that it is at work', file: 'packages/storage/src/compaction/log-compaction.ts', find: '    if (rewrite.isChanged) await this.#checkpoint.make();\n', replace: '' },
  { name: 'opening a log takes room from the disk', test: 'packages/storage/test/store/counted-at-start.test.ts', file: 'packages/storage/src/partition/local-log.ts', find: 'context.cap.count(core.segmentList.bytes);', replace: 'context.cap.add(core.segmentList.bytes);' },
  { name: 'the room that is kept for a full disk is not given up', test: 'packages/storage/test/retention/full-disk-retention.test.ts', file: 'packages/storage/src/room/disk-reserve.ts', find: 'if (!isDiskFull(error) || (before', replace: 'if (isDiskFull(error) || (before' },
  { name: 'a start takes a compacted log for one without gaps', test: 'packages/storage/test/maintenance/record-counting.test.ts', file: 'packages/storage/src/log/load-log.ts', find: 'segment.gaps = o.isContiguous ? 0 : null;', replace: 'segment.gaps = 0;' },
  { name: 'records that are known are refused for want of room', test: 'packages/storage/test/conformance/memory-store.test.ts', file: 'packages/storage/src/log/log-writer.ts', find: 'isRepeat: admission.repeated !== null', replace: 'isRepeat: false' },
];
