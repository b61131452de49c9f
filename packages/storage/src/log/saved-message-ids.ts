import { removeIfThere } from '../files/durable-file.ts';
import { offsetFileName } from '../files/file-names.ts';
import { saveMessageIds } from '../message-ids/message-id-file.ts';
import type { MessageIdWindow } from '../message-ids/message-id-window.ts';
import type { MessageIdsOnDisk } from './loaded-log.ts';
import type { LogCore } from './log-core.ts';

/** Of the log behind it, this much is read again at a start for one byte of the newest file. */
const bytesBehindForOne = 2;

/** What a checkpoint saves of the window, as it was in one moment. */
export interface MessageIdPlan {
  readonly window: MessageIdWindow | null;
  readonly offset: number;
  readonly appendedBytes: number;
  readonly now: number;
  readonly wallMs: number;
}

/*
 * The file of message ids of one log: when it is written, and which one there is.
 *
 * Invariants
 * - Ids of records below the file's offset are in the file. Those behind it are in the log, which is read from there at
 *   a start. So the log never begins behind the file's offset while a record in between has an id, and compaction
 *   removes none there.
 * - The log was durable up to the file's offset before the file was written.
 * - It is written when the log behind it has some multiple of its size: large windows cost little, and little is read
 *   at a start.
 */
export class SavedMessageIds {
  readonly #core: LogCore;
  #offset: number | null;
  #bytes: number;
  /** Of older files that are still there, since somebody may be reading them. */
  #outdated: number[] = [];
  #appendedBytesThen: number;

  constructor(core: LogCore, loaded: MessageIdsOnDisk) {
    this.#core = core;
    this.#offset = loaded.offset;
    this.#bytes = loaded.bytes;
    this.#appendedBytesThen = this.#core.appendedBytes - loaded.bytesBehind;
  }

  /** Whether there are ids and no file of them: a start goes by the timestamps of records then, old ones too. */
  get isWithoutFile(): boolean {
    return this.#offset === null && (this.#core.dedup.messageIds?.endOffset ?? 0) > 0;
  }

  /** Whether a record below `offset` has an id that only the log has. */
  needsSaving(offset: number): boolean {
    const window = this.#core.dedup.messageIds;
    const savedOffset = this.#offset ?? 0;
    return window !== null && window.endOffset > savedOffset && offset > savedOffset;
  }

  /** What a checkpoint is to save; null when nothing. `isWanted`: even if it were too early otherwise. */
  plan(o: { isWanted: boolean }): MessageIdPlan | null {
    const { dedup, logEndOffset: offset, appendedBytes, context } = this.#core;
    const window = dedup.messageIds;
    const { clock } = context;
    const plan = { window, offset, appendedBytes, now: clock.monotonic(), wallMs: clock.now() };
    if (window === null) return this.#offset === null ? null : plan;
    if (this.#offset === null) return window.endOffset > 0 ? plan : null;
    const isFar = appendedBytes - this.#appendedBytesThen >= bytesBehindForOne * this.#bytes;
    return this.#offset < offset && (o.isWanted || isFar) ? plan : null;
  }

  /** Writes the file of the plan. The caller syncs the folder, and calls `saved` then. Null when it was overruled. */
  async save(plan: MessageIdPlan, isOverruled: () => boolean): Promise<number | null> {
    const { window, offset: endOffset, now, wallMs } = plan;
    // Ids that are not looked for any more: whoever turns the window on again begins with none.
    if (window === null) return 0;
    return await saveMessageIds(this.#core.context.fileSystem, {
      path: this.#path(endOffset),
      window,
      endOffset,
      now,
      wallMs,
      isOverruled,
    });
  }

  async saved(plan: MessageIdPlan, bytes: number): Promise<void> {
    const before = this.#offset;
    this.#offset = plan.window === null ? null : plan.offset;
    this.#bytes = bytes;
    this.#appendedBytesThen = plan.appendedBytes;
    if (before !== null && before !== this.#offset) this.#outdated.push(before);
    if (this.#core.pins > 0) return;
    for (const offset of this.#outdated.splice(0))
      if (offset !== this.#offset) await removeIfThere(this.#core.context.fileSystem, this.#path(offset));
  }

  #path(offset: number): string {
    return `${this.#core.directory}/${offsetFileName(offset, 'message-ids')}`;
  }
}
