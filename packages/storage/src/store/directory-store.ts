import type { LentMemory } from '@q/protocol';
import { inParallel } from '../concurrency/in-parallel.ts';
import { Turnstile } from '../concurrency/turnstile.ts';
import type { LogConfig } from '../config.ts';
import { StorageError, asStorageError } from '../errors.ts';
import { makeDirectoryDurably, removeIfThere, replaceFile } from '../files/durable-file.ts';
import {
  cleanShutdownName,
  deletedDirectoryName,
  isDeletedDirectory,
  parsePartitionDirectory,
  partitionDirectoryName,
  restoredName,
} from '../files/file-names.ts';
import { readRestoreNote } from '../files/restore-note.ts';
import { readTopicId } from '../files/partition-metadata.ts';
import type { JournalPiece } from '../journal/journal-item.ts';
import { openJournal } from '../journal/journal-replay.ts';
import type { Journal } from '../journal/journal.ts';
import { resolveLimits } from '../limits.ts';
import { loadLog } from '../log/load-log.ts';
import type { LogContext } from '../log/log-context.ts';
import { claimDirectory } from '../log/partition-directory.ts';
import { LocalLog } from '../partition/local-log.ts';
import type { LogOwner } from '../partition/local-log.ts';
import type { DirectoryLock, DiskSpace } from '../ports/file-system.ts';
import type { LocalStore, RestoreNote, RoomState, WhenFull } from '../ports/local-store.ts';
import type { PinnedLog } from '../ports/pinned-log.ts';
import type { LogId, MaintenanceReport, PartitionLog } from '../ports/log-store.ts';
import { DiskReserve } from '../room/disk-reserve.ts';
import type { StorageStats } from '../stats.ts';
import { DoomedFolders } from './doomed-folders.ts';
import { assertFormatKnown, noteFormat } from './folder-format.ts';
import { reportForeignFile } from './foreign-file.ts';
import { LockWatch } from './lock-watch.ts';
import { LogDebts } from './log-debts.ts';
import { Maintenance } from './maintenance.ts';
import { makeContext } from './make-context.ts';
import type { StoreCallbacks } from './make-context.ts';
import { SavedOffsets } from './saved-offsets.ts';
import type { StoreParts } from './store-parts.ts';

/*
 * All logs of one folder.
 *
 * Invariants
 * - One opener at a time, by the folder's lock; one `LocalLog` per partition, by `#logs`.
 * - The clean-shutdown marker exists only between a `close` that saved everything and the next opening.
 */
export class DirectoryStore implements LocalStore {
  readonly context: LogContext;
  #journal: Journal | null = null;
  #debts: LogDebts | null = null;
  #restored: RestoreNote | null = null;
  readonly #parts: StoreParts;
  readonly #lock: DirectoryLock;
  readonly #lockWatch: LockWatch;
  readonly #reserve: DiskReserve;
  readonly #logs = new Map<string, Promise<LocalLog>>();
  /** Opening a log takes a few files: a thousand at once would be more than the system allows. */
  readonly #loading: Turnstile;
  readonly #open = new Map<string, LocalLog>();
  /** Removals under way, by folder: what is to be opened or removed under the same name waits for them. */
  readonly #removing = new Map<string, Promise<void>>();
  readonly #doomed: DoomedFolders;
  readonly #offsets: SavedOffsets;
  readonly #maintenance: Maintenance;
  /** One for all logs. */
  readonly #owner: LogOwner = {
    checkpointSoon: (log) => this.#maintenance.checkpoint(log),
    leftOwing: (log) => this.#debts?.keep(log),
    released: (log) => this.#release(log.core.directory),
  };
  readonly #keepFiles: (() => void) | undefined;
  #state: 'open' | 'closing' | 'closed' = 'open';
  #closing: Promise<void> | null = null;

  private constructor(parts: StoreParts, held: { lock: DirectoryLock; reserve: DiskReserve }) {
    this.#parts = parts;
    this.#lock = held.lock;
    this.#reserve = held.reserve;
    const { directory, clock, limits } = parts;
    const onLost = (error: StorageError): void => void this.context.queue.fail(error);
    this.#lockWatch = new LockWatch({ lock: held.lock, directory, clock, intervalMs: limits.lockRenewalMs, onLost });
    this.#loading = new Turnstile(parts.limits.logsInParallelMax);
    this.context = makeContext(parts, { reserve: held.reserve, callbacks: this.#callbacks() });
    const common = { fileSystem: parts.fileSystem, directory: parts.directory, reserve: held.reserve };
    this.#offsets = new SavedOffsets({ ...common, open: this.#open });
    this.#doomed = new DoomedFolders(parts);
    const maintained = { logs: () => [...this.#open.values()], removeFolders: () => this.#removeLeftFolders() };
    this.#maintenance = new Maintenance({ context: this.context, ...common, ...maintained });
    this.#keepFiles = parts.fileSystem.whenOutOfFiles?.(() => this.closeIdleFiles());
  }

  #callbacks(): StoreCallbacks {
    return {
      openLogs: () => this.#open.size,
      onNeedsRoom: () => this.#maintenance.makeRoom(),
      onDiskShort: () => this.#maintenance.lookAgain(),
      saveStartOffsets: () => this.#offsets.startFile.save(),
      saveRecoveryPoints: () => this.#offsets.recoveryPointFile.save(),
      observeDisk: () => this.#maintenance.observeDisk(),
    };
  }

  get appendBuffers(): LentMemory | null {
    return this.#parts.fileSystem.copiesWrites ? this.context.appendBuffers : null;
  }

  static async open(parts: StoreParts): Promise<DirectoryStore> {
    const { fileSystem, directory, limits, log } = parts;
    resolveLimits(limits);
    await assertFormatKnown(parts);
    await makeDirectoryDurably(fileSystem, directory);
    const reserve = new DiskReserve({ fileSystem, directory, bytesMax: limits.reserveFileBytes, log });
    const lock = await reserve.withRoom(() => fileSystem.lock(directory));
    if (lock.weakness !== undefined) log.warn({ event: 'folder.lock_is_weak', directory }, lock.weakness);
    const store = new DirectoryStore(parts, { lock, reserve });
    try {
      // Again: another release may have had the folder until now.
      await assertFormatKnown(parts);
      await noteFormat(parts);
      await store.#start();
      return store;
    } catch (error) {
      store.#watchNoMore();
      await lock.release();
      throw error;
    }
  }

  #watchNoMore(): void {
    this.#lockWatch.stop();
    this.#keepFiles?.();
  }

  async #start(): Promise<void> {
    const { fileSystem, directory, log } = this.#parts;
    const wasClean = await removeIfThere(fileSystem, `${directory}/${cleanShutdownName}`);
    // After a crash, for the names that the killed process saw and did not sync: what follows builds on them.
    await fileSystem.syncDirectory(directory);
    const names = await fileSystem.readDirectory(directory);
    for (const name of names) {
      if (isDeletedDirectory(name)) await fileSystem.removeDirectory(`${directory}/${name}`);
    }
    this.#restored = await readRestoreNote(fileSystem, directory);
    await this.#offsets.load(log);
    if (!wasClean && this.#offsets.hasRecoveryPoints)
      log.info(
        { event: 'folder.recovering', directory },
        'the last shutdown was not clean; logs are recovered as they are opened',
      );
    await this.#maintenance.start();
    await this.#openJournal(names, { isClean: wasClean });
    await this.#maintenance.takeRoom();
  }

  async #openJournal(names: readonly string[], o: { isClean: boolean }): Promise<void> {
    const { fileSystem, directory, limits, log, clock, observer } = this.#parts;
    const recoveryPointOf = (folder: string): number => this.#offsets.recoveryPointOf(folder);
    const startOffsetOf = (folder: string): number => this.#offsets.startOf(folder);
    const { queue } = this.context;
    const onFatal = (error: unknown): void => void queue.fail(error);
    const hasFailed = (): boolean => queue.failure !== null;
    const options = {
      ...o,
      fileSystem,
      directory,
      limits,
      stats: this.stats,
      log,
      clock,
      observer,
      onFatal,
      hasFailed,
      recoveryPointOf,
      startOffsetOf,
    };
    const { journal, debts } = await openJournal(options, names);
    this.#journal = journal;
    this.#debts = new LogDebts({ fileSystem, journal, debts });
    queue.useJournal(journal);
    this.#reserve.lastResort = () => journal.giveUpFree();
  }

  get stats(): StorageStats {
    return this.context.stats;
  }

  get bytes(): number {
    return this.context.cap.usedBytes;
  }

  get pendingBytes(): number {
    return this.context.queue.pendingBytes;
  }

  async open(id: LogId, config: LogConfig): Promise<PartitionLog> {
    const name = partitionDirectoryName(id);
    // Each turn waits for the end of a removal or a close that is under way; looking again and again would let nobody
    // else run.
    for (;;) {
      this.#assertOpen();
      const removing = this.#removing.get(name);
      const known = this.#logs.get(name);
      if (removing === undefined && known === undefined) return await this.#openAnew(id, name, config);
      await Promise.allSettled([removing]);
      const log = removing === undefined ? await known : undefined;
      if (log === undefined) continue;
      if (log.state === 'closed') await log.ended;
      else if (log.id.topicId === id.topicId) return log;
      else
        throw new StorageError('LOG_EXISTS', `${name} belongs to topic id ${log.id.topicId}`, {
          details: { topicId: log.id.topicId },
        });
    }
  }

  #openAnew(id: LogId, name: string, config: LogConfig): Promise<LocalLog> {
    const opening = this.#loading
      .run(() => this.#loadOwing(id, name, config))
      .catch((error: unknown) => {
        this.#logs.delete(name);
        // What it has opened may be replaced before the next try: a name must not lead to what was there then.
        this.context.openFiles.forgetFolder(`${this.#parts.directory}/${name}`);
        throw asStorageError(error, `opening the log of ${name}`);
      });
    this.#logs.set(name, opening);
    return opening;
  }

  #loadOwing(id: LogId, name: string, config: LogConfig): Promise<LocalLog> {
    const load = (owed: readonly JournalPiece[]): Promise<LocalLog> => this.#load(id, name, config, owed);
    return this.#debts ? this.#debts.handOver(id, load) : load([]);
  }

  async #load(id: LogId, name: string, config: LogConfig, owed: readonly JournalPiece[]): Promise<LocalLog> {
    const { fileSystem, directory: root } = this.#parts;
    const directory = `${root}/${name}`;
    // Before the folder is made: a crash in between must not leave it with the offsets of another one.
    const topicId = await readTopicId(fileSystem, directory);
    if (topicId === null) await this.#offsets.forget(name);
    const isNew = await claimDirectory(fileSystem, { root, directory, id, topicId });
    const recoveryPoint = this.#offsets.recoveryPointOf(name);
    const startOffset = this.#offsets.startOf(name);
    const loaded = await loadLog(this.context, {
      id,
      directory,
      config,
      recoveryPoint,
      startOffset,
      isStartKnown: this.#offsets.startFile.isReadable,
      owed,
    });
    // With bytes in it, it was synced before the first of them. Without, a power cut could leave the next ones and not
    // whose they are.
    if (!isNew && loaded.segments.bytes === 0) await fileSystem.syncDirectory(directory);
    const log = new LocalLog(this.context, { loaded, config, owner: this.#owner });
    this.#open.set(name, log);
    return log;
  }

  async list(): Promise<LogId[]> {
    this.#assertOpen();
    const { fileSystem, directory, limits } = this.#parts;
    const found: LogId[] = [];
    await inParallel(await fileSystem.readDirectory(directory), limits.logsInParallelMax, async (name) => {
      const parsed = parsePartitionDirectory(name);
      if (!parsed) return;
      const topicId = this.#open.get(name)?.id.topicId ?? (await this.#listedTopicId(name));
      if (topicId !== null) found.push({ topic: parsed.topic, topicId, partition: parsed.partition });
      else await reportForeignFile(this.#parts, name);
    });
    return found;
  }

  /**
   * One folder that a later release has written, or that looks so, does not keep the others from being served: opening
   * it is refused.
   */
  async #listedTopicId(name: string): Promise<string | null> {
    const { fileSystem, directory, log } = this.#parts;
    try {
      return await readTopicId(fileSystem, `${directory}/${name}`);
    } catch (error) {
      if (!StorageError.is(error)) throw error;
      log.error(
        { event: 'folder.partition_is_newer', directory: name, err: error },
        'the folder of a partition was written by a newer q; it is left alone',
      );
      return null;
    }
  }

  async delete(id: LogId): Promise<void> {
    this.#assertOpen();
    const name = partitionDirectoryName(id);
    const removal = this.#remove(id, name, this.#removing.get(name)).finally(() => {
      if (this.#removing.get(name) === removal) this.#removing.delete(name);
    });
    this.#removing.set(name, removal);
    await removal;
  }

  async #remove(id: LogId, name: string, before: Promise<void> | undefined): Promise<void> {
    await Promise.allSettled([before]);
    const { fileSystem, directory } = this.#parts;
    const topicId = await this.#topicIdOf(name);
    if (topicId !== id.topicId) {
      // An earlier try may have renamed the folder and not synced that: what is said to be gone must not come back with
      // a power cut.
      await fileSystem.syncDirectory(directory);
      throw new StorageError('UNKNOWN_LOG', `there is no log ${name} of topic id ${id.topicId}`);
    }
    const log = await this.#opened(name);
    await log?.abandon();
    this.#debts?.forget(name);
    const doomed = `${directory}/${deletedDirectoryName(id)}`;
    await this.#doomed.take(`${directory}/${name}`, doomed);
    // First: on a full disk it makes the room that the rest takes.
    await this.#doomed.remove(doomed);
    await this.#maintenance.observeDisk();
    await this.#offsets.forget(name);
  }

  /** Folders of deleted logs that an earlier try has left. Returns how many are gone. */
  async #removeLeftFolders(): Promise<number> {
    if (this.#doomed.size === 0) return 0;
    await Promise.allSettled(this.#removing.values());
    return await this.#doomed.removeLeft();
  }

  async #topicIdOf(name: string): Promise<string | null> {
    const log = await this.#opened(name);
    return log ? log.id.topicId : await readTopicId(this.#parts.fileSystem, `${this.#parts.directory}/${name}`);
  }

  /** Once it is open, if it is. Why not is the matter of whoever opens it. */
  async #opened(name: string): Promise<LocalLog | undefined> {
    const [opening] = await Promise.allSettled([this.#logs.get(name)]);
    return opening.status === 'fulfilled' ? opening.value : undefined;
  }

  async preparePin(id: LogId): Promise<void> {
    const log = this.#open.get(partitionDirectoryName(id));
    if (log?.id.topicId === id.topicId) await log.preparePin();
  }

  pin(id: LogId): PinnedLog | null {
    const log = this.#open.get(partitionDirectoryName(id));
    return log !== undefined && log.id.topicId === id.topicId && log.state !== 'closed' ? log.pin() : null;
  }

  get restored(): RestoreNote | null {
    return this.#restored;
  }

  async forgetRestore(): Promise<void> {
    const { fileSystem, directory } = this.#parts;
    await removeIfThere(fileSystem, `${directory}/${restoredName}`);
    await fileSystem.syncDirectory(directory);
    this.#restored = null;
  }

  refuseAppends(reason: string | null): void {
    this.context.cap.refuse(reason);
  }

  limitBytes({ bytesMax, whenFull }: { readonly bytesMax: number | null; readonly whenFull: WhenFull }): void {
    this.context.cap.limit({ bytesMax: bytesMax ?? undefined, whenFull });
  }

  get room(): RoomState {
    return this.context.cap.state;
  }

  limitOpenFiles(limits: { readonly openFilesMax: number; readonly openFilesInUseMax: number }): void {
    this.context.openFiles.limit(limits);
  }

  closeIdleFiles(): void {
    this.context.openFiles.closeIdle();
  }

  async diskSpace(): Promise<DiskSpace | null> {
    return await this.#parts.fileSystem.diskSpace(this.#parts.directory);
  }

  confirmedNow(): number {
    return this.context.time.now();
  }

  async maintain(): Promise<MaintenanceReport> {
    this.#assertOpen();
    return await this.#maintenance.run();
  }

  async close(): Promise<void> {
    this.#closing ??= this.#close();
    await this.#closing;
  }

  /**
   * Everything has its turn, whatever went wrong before; the lock comes last, when nothing of this store writes any
   * more.
   */
  async #close(): Promise<void> {
    const { context } = this;
    const errors: unknown[] = [];
    const step = async (work: () => Promise<unknown> | undefined): Promise<void> => {
      try {
        await work();
      } catch (error) {
        errors.push(error);
      }
    };
    this.#state = 'closing';
    await step(() => this.#maintenance.stop());
    await Promise.allSettled([...this.#removing.values(), ...this.#logs.values()]);
    await step(() => context.queue.close());
    await step(() => context.lateWrites.close());
    await step(() => this.#finishLogs());
    // What a log still owes is in the journal alone: with one that could not be saved, the journal is kept for the next
    // start.
    await step(() =>
      this.#journal?.close({
        isSynced: errors.length === 0 && context.queue.failure === null && !this.#debts?.isOwing,
      }),
    );
    for (const log of this.#open.values()) log.letGo();
    await step(() =>
      context.queue.failure ? this.#offsets.idle() : this.#reserve.unlessFull(() => this.#offsets.save()),
    );
    if (errors.length === 0 && !context.queue.failure && !this.#debts?.isOwing) await step(() => this.#markClean());
    this.#state = 'closed';
    await step(() => context.openFiles.close());
    this.#watchNoMore();
    await step(() => this.#lock.release());
    if (errors.length > 0) throw errors[0];
  }

  async #finishLogs(): Promise<void> {
    // One that is being closed by itself may fail at that, and be open again.
    await Promise.all([...this.#open.values()].map((log) => log.ended));
    await inParallel([...this.#open.values()], this.#parts.limits.logsInParallelMax, (log) => log.finish());
  }

  async #markClean(): Promise<void> {
    const { fileSystem, directory } = this.#parts;
    await this.#reserve.unlessFull(async () => {
      await this.#reserve.withRoom(() =>
        replaceFile(fileSystem, `${directory}/${cleanShutdownName}`, Buffer.from('0\n')),
      );
      await fileSystem.syncDirectory(directory);
    });
  }

  /** A log was closed: its offsets stay known, so that it can be opened again. */
  #release(directory: string): void {
    const name = directory.slice(this.#parts.directory.length + 1);
    const log = this.#open.get(name);
    this.#open.delete(name);
    this.#logs.delete(name);
    if (log) this.#offsets.keep(name, log);
  }

  #assertOpen(): void {
    if (this.#state !== 'open') throw new StorageError('CLOSED', 'the store is closed');
    if (this.#lockWatch.lost) throw this.#lockWatch.lost;
  }
}
