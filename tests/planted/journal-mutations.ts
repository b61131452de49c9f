import type { Mutation } from './mutation.ts';

const journal = 'packages/storage/src/journal/journal.ts';
const replay = 'packages/storage/src/journal/journal-replay.ts';
const files = 'packages/storage/src/log/log-files.ts';
const flush = 'packages/storage/src/flush/flush-queue.ts';

/** Bugs of the journal, and of what relies on it. */
export const journalMutations: readonly Mutation[] = [
  {
    name: 'what the journal holds is not replayed',
    file: replay,
    find: '  const debts = await replay(\n    o,\n    entries.flatMap(({ items }) => items),\n    hasGaps,\n  );\n',
    replace: '  const debts = new Map<string, JournalDebt>();\n',
  },
  {
    name: 'a journal file is emptied before its logs are synced',
    file: journal,
    find: '        await inParallel([...holders], this.#options.limits.flushesInParallelMax, (log) => log.syncAppended());\n',
    replace: '',
  },
  {
    name: 'a round is acknowledged before it is in the journal',
    file: flush,
    find: 'const journal = plan && plan.accepted > 0 ? this.#journal?.write(plan) : undefined;',
    replace:
      'const journal = undefined;\n    if (plan && plan.accepted > 0) void this.#journal?.write(plan).catch(() => undefined);',
  },
  {
    name: 'a journal file is emptied before what it holds is written',
    test: 'packages/storage/test/flush/late-writes.test.ts',
    file: files,
    find: '    await this.writeOwed();\n    await this.syncWritten();',
    replace: '    await this.syncWritten();',
  },
  {
    name: 'what is owed is lost to readers',
    test: 'packages/storage/test/flush/late-writes.test.ts',
    file: 'packages/storage/src/log/log-reader.ts',
    find: '    read?.take(owed);\n',
    replace: '',
  },
  {
    name: 'a log is not noted for a second piece in a file',
    test: 'packages/storage/test/journal/journal.test.ts',
    file: journal,
    find: '        this.#holders.set(file, new Set());\n        holders.clear();\n',
    replace: '        holders.clear();\n',
  },
  {
    name: 'single batches are replayed into the first partition',
    file: 'packages/storage/src/journal/journal-item.ts',
    find: '  const partition = bytes.readInt32BE(at);\n',
    replace: '  const partition = 0;\n',
  },
  {
    name: 'what was replayed is not synced before the journal is emptied',
    isRare: true,
    file: replay,
    find: '    await segment?.sync();\n',
    replace: '',
  },
  {
    name: 'records of a deleted topic are replayed into the next of its name',
    test: 'packages/storage/test/journal/journal.test.ts',
    file: replay,
    find: 'if ((await readTopicId(o.fileSystem, directory)) !== name.topicId) return;',
    replace: '',
  },
  {
    name: 'a journal file is emptied at a start, though its pieces had no room',
    test: 'packages/storage/test/store/start-on-full-disk.test.ts',
    file: replay,
    find: 'const kept = debts.size === 0 ? [] : filesToKeep(found, debts);',
    replace: 'const kept: FoundFile[] = [];',
  },
  {
    name: 'what is owed at a start is lost to readers',
    test: 'packages/storage/test/store/start-on-full-disk.test.ts',
    file: 'packages/storage/src/log/log-files.ts',
    find: '    this.owe([...owed]);\n',
    replace: '',
  },
  {
    name: 'a journal entry that rotted ends the journal, as if it were torn',
    test: 'packages/storage/test/journal/journal.test.ts',
    file: 'packages/storage/src/journal/journal-file.ts',
    find: '    if (!found) found = await entryBehindDamage(file, place, entries.length > 0);\n',
    replace: '',
  },
  {
    name: 'the hole of a rotted entry looks like that of a torn round',
    test: 'packages/storage/test/journal/journal.test.ts',
    file: replay,
    find: '      if (hasGaps) await markMissing(file, position);\n',
    replace: '',
  },
  {
    name: 'entries from before a journal file was emptied count',
    isRare: true,
    file: 'packages/storage/src/journal/journal-entry.ts',
    find: 'sequence < sequenceMin || ',
    replace: '',
  },
  {
    name: 'on a full disk a segment that was lost is left out before others that were kept',
    test: 'packages/storage/test/store/start-on-full-disk.test.ts',
    file: 'packages/storage/src/journal/journal-replay.ts',
    find: '    await fileSystem.removeFile(path);\n    isAny = true;\n',
    replace: '',
  },
];
