import type { BrokerLogger } from '../../src/logger.ts';

/** A line as it was said. */
export interface SaidLine {
  readonly level: 'debug' | 'info' | 'warn' | 'error';
  readonly event: string;
  readonly [field: string]: unknown;
}

/** Keeps what was said, for tests that are about it. */
export class SaidLines {
  readonly lines: SaidLine[] = [];
  readonly logger: BrokerLogger = {
    debug: (line) => void this.lines.push({ level: 'debug', ...line }),
    info: (line) => void this.lines.push({ level: 'info', ...line }),
    warn: (line) => void this.lines.push({ level: 'warn', ...line }),
    error: (line) => void this.lines.push({ level: 'error', ...line }),
  };

  /** The names, in the order in which they were said. */
  get events(): string[] {
    return this.lines.map(({ event }) => event);
  }

  of(event: string): SaidLine[] {
    return this.lines.filter((line) => line.event === event);
  }
}
