import { partitionDirectoryName } from '../files/file-names.ts';
import type { JournalDebt } from '../journal/journal-debt.ts';
import type { JournalPiece } from '../journal/journal-item.ts';
import { debtOf } from '../journal/journal-replay.ts';
import type { Journal } from '../journal/journal.ts';
import { owedPieces } from '../log/owed-at-start.ts';
import type { LocalLog } from '../partition/local-log.ts';
import type { FileSystem } from '../ports/file-system.ts';
import type { LogId } from '../ports/log-store.ts';

/**
 * Logs that are not open and owe their segments what the journal has, by folder: since the start, or since they were
 * closed on a full disk.
 */
export class LogDebts {
  readonly #fileSystem: FileSystem;
  readonly #journal: Journal;
  readonly #debts: Map<string, JournalDebt>;

  constructor(o: { fileSystem: FileSystem; journal: Journal; debts: Map<string, JournalDebt> }) {
    this.#fileSystem = o.fileSystem;
    this.#journal = o.journal;
    this.#debts = o.debts;
  }

  /** Something is in the journal alone. */
  get isOwing(): boolean {
    return [...this.#debts.values()].some(({ isOwed }) => isOwed);
  }

  /** Loads the log with what it owes. One that is damaged leaves that where it is. */
  async handOver(id: LogId, load: (owed: readonly JournalPiece[]) => Promise<LocalLog>): Promise<LocalLog> {
    const name = partitionDirectoryName(id);
    const debt = this.#debts.get(name);
    // Of an earlier topic of the name, nothing is written any more.
    if (debt?.topicId !== id.topicId) return await load([]);
    const opened: { log: LocalLog | null } = { log: null };
    await debt.handOver(async (pieces) => {
      const log = (opened.log = await load(pieces));
      if (log.damage !== null) return null;
      this.#journal.handOver(debt, log.writer);
      this.#debts.delete(name);
      return log.writer;
    });
    return opened.log as LocalLog;
  }

  /** The log is being closed, and the disk has no room for what it owes. */
  keep(log: LocalLog): void {
    const debt = debtOf(this.#fileSystem, {
      directory: log.core.directory,
      topicId: log.id.topicId,
      pieces: owedPieces(log.core),
      hasGaps: false,
    });
    this.#debts.set(partitionDirectoryName(log.id), debt);
    this.#journal.handOver(log.writer, debt);
  }

  /** The log is deleted. */
  forget(name: string): void {
    const debt = this.#debts.get(name);
    if (debt) this.#journal.forget(debt);
    this.#debts.delete(name);
  }
}
