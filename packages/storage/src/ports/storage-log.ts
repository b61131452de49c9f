/** Where the storage engine reports what an operator should know. A pino logger fits. */
export interface StorageLog {
  /** What happens in the life of a store. `fields` are for machines, here and below. */
  info(fields: object, message: string): void;
  /** What an operator should look at, while the store goes on. */
  warn(fields: object, message: string): void;
  /** What has failed. */
  error(fields: object, message: string): void;
}

/** The default: nothing is reported. */
export const silentLog: StorageLog = { info() {}, warn() {}, error() {} };
