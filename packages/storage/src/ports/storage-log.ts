/** Where the storage engine reports what an operator should know. A pino logger fits. */
export interface StorageLog {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

/** The default: nothing is reported. */
export const silentLog: StorageLog = { info() {}, warn() {}, error() {} };
