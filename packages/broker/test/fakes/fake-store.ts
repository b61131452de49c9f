import { StorageError } from '@q/storage';
import type { LogConfig, LocalStore, LogId, MaintenanceReport, StorageStats } from '@q/storage';
import { FakeLog } from './fake-log.ts';

/** A store of fake logs. */
export class FakeStore implements Pick<
  LocalStore,
  'appendBuffers' | 'open' | 'list' | 'delete' | 'maintain' | 'diskSpace' | 'refuseAppends' | 'confirmedNow'
> {
  readonly logs = new Map<string, FakeLog>();
  readonly stats = {} as StorageStats;
  readonly bytes = 0;
  readonly pendingBytes = 0;
  readonly appendBuffers = null;
  /** What `open` and `delete` fail with, by partition. */
  readonly openFailures = new Map<number, Error>();
  readonly deleteFailures = new Map<number, Error>();

  open(id: LogId, config: LogConfig): Promise<FakeLog> {
    const failure = this.openFailures.get(id.partition);
    if (failure !== undefined) return Promise.reject(failure);
    const log = this.logs.get(keyOf(id)) ?? new FakeLog(id);
    log.config = config;
    this.logs.set(keyOf(id), log);
    return Promise.resolve(log);
  }

  list(): Promise<LogId[]> {
    return Promise.resolve([...this.logs.values()].map((log) => log.id));
  }

  refuseAppends(): void {
    // Nobody is told.
  }

  async delete(id: LogId): Promise<void> {
    const failure = this.deleteFailures.get(id.partition);
    if (failure !== undefined) throw failure;
    const log = this.logs.get(keyOf(id));
    if (log === undefined) throw new StorageError('UNKNOWN_LOG', 'no such log');
    await log.close();
    this.logs.delete(keyOf(id));
  }

  confirmedNow(): number {
    return 0;
  }

  diskSpace(): Promise<null> {
    return Promise.resolve(null);
  }

  maintain(): Promise<MaintenanceReport> {
    return Promise.resolve({
      segmentsDeleted: 0,
      bytesDeleted: 0,
      logsCompacted: 0,
      bytesCompacted: 0,
      filesRemoved: 0,
      logsCheckpointed: 0,
      logsFailed: 0,
    });
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

function keyOf(id: LogId): string {
  return `${id.topicId}/${id.partition}`;
}
