import type { EventLevel, EventLine } from './event-table.ts';
import type { storageEvents, storageFields } from './storage-events.ts';

/** A line of one level, as the table of events has it. */
type StorageLine<Level extends EventLevel> = EventLine<typeof storageEvents, typeof storageFields, Level>;

/** Where the storage engine reports what an operator should know. A pino logger fits. */
export interface StorageLog {
  /** What happens in the life of a store. `line` is for machines, here and below, and `message` for people. */
  info(line: StorageLine<'info'>, message: string): void;
  /** What an operator should look at, while the store goes on. */
  warn(line: StorageLine<'warn'>, message: string): void;
  /** What has failed. */
  error(line: StorageLine<'error'>, message: string): void;
}

/** The default: nothing is reported. */
export const silentLog: StorageLog = { info() {}, warn() {}, error() {} };
