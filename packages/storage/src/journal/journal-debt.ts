import { OneByOne } from '../concurrency/one-by-one.ts';
import type { JournalPiece } from './journal-item.ts';
import type { JournaledLog } from './journal.ts';

export interface JournalDebtOptions {
  /** The partition that it is about, as the journal names it. */
  readonly topicId: string;
  /** What its segments are still to get, in order; none where they have it and a journal file says it all the same. */
  readonly pieces: readonly JournalPiece[];
  /** Writes pieces to the segments and syncs them. Throws as the file system does. */
  readonly write: (pieces: readonly JournalPiece[]) => Promise<void>;
}

/**
 * A log that is not open, as the journal sees it: its files keep what the segments of the log had no room for. The log
 * takes that over when it is opened; until then, the journal may write it as soon as there is room.
 *
 * Invariant: one at a time writes to the segments, or opens the log (`#turns`).
 */
export class JournalDebt implements JournaledLog {
  journalHolders: Set<JournaledLog> | null = null;
  readonly topicId: string;
  readonly #write: JournalDebtOptions['write'];
  #pieces: readonly JournalPiece[];
  #heir: JournaledLog | null = null;
  readonly #turns: OneByOne = new OneByOne();

  constructor(o: JournalDebtOptions) {
    this.topicId = o.topicId;
    this.#pieces = o.pieces;
    this.#write = o.write;
  }

  /** Something of the log is in the journal alone. */
  get isOwed(): boolean {
    return this.#pieces.length > 0;
  }

  async syncAppended(): Promise<void> {
    await this.#turns.run(async () => {
      if (this.#heir) return await this.#heir.syncAppended();
      if (this.#pieces.length > 0) await this.#write(this.#pieces);
      this.#pieces = [];
    });
  }

  /** Opens the log, which gets the pieces. Null from `open`: it cannot take them, and they stay here. */
  async handOver(open: (pieces: readonly JournalPiece[]) => Promise<JournaledLog | null>): Promise<void> {
    await this.#turns.run(async () => {
      this.#heir = await open(this.#pieces);
      if (this.#heir) this.#pieces = [];
    });
  }
}
