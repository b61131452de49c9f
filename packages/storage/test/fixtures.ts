import { readBatchHeader } from '@q/protocol';
import { defaultLogConfig, openDirectoryStore } from '@q/storage';
import type {
  LogConfig,
  LocalStore,
  PartitionLog,
  StorageError,
  StorageLimits,
  StorageLog,
  StoreOptions,
} from '@q/storage';
import { FaultyFileSystem, ManualClock } from '@q/testkit';
import { orders } from './conformance/harness.ts';

/** A journal from the first round on, of files that are soon full. */
export const tinyJournal: Partial<StorageLimits> = Object.freeze({
  journalFiles: 2,
  journalFileBytes: 16_384,
  journalPieceBytesMax: 4_096,
  journalMissesBefore: 0,
});

/** What the store said, for tests that are about it. */
export class NotedLog implements StorageLog {
  readonly notes: { readonly level: 'info' | 'warn' | 'error'; readonly fields: object; readonly message: string }[] =
    [];

  info(fields: object, message: string): void {
    this.notes.push({ level: 'info', fields, message });
  }

  warn(fields: object, message: string): void {
    this.notes.push({ level: 'warn', fields, message });
  }

  error(fields: object, message: string): void {
    this.notes.push({ level: 'error', fields, message });
  }
}

/** A directory store on a simulated disk, with everything that a test may want to look at. */
export class DiskUnderTest {
  disk: FaultyFileSystem;
  store: LocalStore;
  readonly clock: ManualClock;
  readonly log = new NotedLog();
  readonly fatal: StorageError[] = [];
  /** Settable: for the next opening. */
  limits: Partial<StorageLimits>;
  readonly #options: Partial<StoreOptions>;

  private constructor(o: { disk: FaultyFileSystem; clock: ManualClock; options: Partial<StoreOptions> }) {
    this.disk = o.disk;
    this.clock = o.clock;
    this.#options = o.options;
    this.limits = o.options.limits ?? {};
    this.store = undefined as unknown as LocalStore;
  }

  static async start(options: Partial<StoreOptions> = {}): Promise<DiskUnderTest> {
    const disk = new FaultyFileSystem();
    await disk.makeDirectory('/data');
    await disk.syncDirectory('');
    const under = new DiskUnderTest({ disk, clock: new ManualClock(), options });
    await under.reopen();
    return under;
  }

  /** Opens what `disk` has. */
  async reopen(): Promise<void> {
    this.store = await openDirectoryStore({
      directory: '/data',
      fileSystem: this.disk,
      clock: this.clock,
      log: this.log,
      onFatal: (error) => void this.fatal.push(error),
      ...this.#options,
      limits: this.limits,
    });
  }

  async open(config: Partial<LogConfig> = {}, partition = 0): Promise<PartitionLog> {
    return await this.store.open({ ...orders, partition }, { ...defaultLogConfig, ...config });
  }

  /** The power goes, and comes back. */
  async crash(loss: 'some' | 'all' | 'none' = 'all'): Promise<void> {
    this.disk = await this.disk.crash(loss);
    await this.reopen();
  }

  /** The process is killed, and another starts on the same machine. */
  async kill(): Promise<void> {
    this.disk = this.disk.killProcess();
    await this.reopen();
  }

  /** A clean shutdown and a new start. */
  async restart(): Promise<void> {
    await this.store.close();
    await this.reopen();
  }

  async names(): Promise<string[]> {
    return (await this.disk.readDirectory('/data/orders-0')).toSorted();
  }
}

/** Where each batch of a .log file begins. */
export function batchPositions(file: Buffer): number[] {
  const positions: number[] = [];
  for (let position = 0; position < file.length; position += readBatchHeader(file, position).sizeInBytes)
    positions.push(position);
  return positions;
}

export const firstLogFile = '/data/orders-0/00000000000000000000.log';
