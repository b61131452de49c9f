/** Where the broker says what an operator should know. A pino logger fits. */
export interface BrokerLogger {
  /** What helps to follow one request. `fields` are for machines, here and below. */
  debug(fields: object, message: string): void;
  /** What happens in the life of a broker: start, topics, stop. */
  info(fields: object, message: string): void;
  /** What an operator should look at, while the broker goes on. */
  warn(fields: object, message: string): void;
  /** What has failed. */
  error(fields: object, message: string): void;
}

/** The default: a library does not print unless asked to. */
export const silentLogger: BrokerLogger = { debug() {}, info() {}, warn() {}, error() {} };
