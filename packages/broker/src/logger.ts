/** Where the broker says what an operator should know. A pino logger fits. */
export interface BrokerLogger {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

/** The default: a library does not print unless asked to. */
export const silentLogger: BrokerLogger = { debug() {}, info() {}, warn() {}, error() {} };
