import type { Readable, Writable } from 'node:stream';
import type { Screen } from './screen.ts';
import type { SecureOptions } from './secure-options.ts';

/** The world of a command: what it reads, where it writes, and when it is told to stop. */
export interface CommandContext {
  readonly stdin: Readable & { readonly isTTY?: boolean };
  readonly stdout: Writable & Screen;
  readonly stderr: Writable & Screen;
  /** Aborted by Ctrl-C: finish what was taken on, and end. */
  readonly interrupt: AbortSignal;
}

/** Options that every command has. */
export interface GlobalOptions extends SecureOptions {
  readonly url: string;
  /** Of the broker's admin interface; `undefined` asks the broker where it is. */
  readonly adminUrl?: string;
  /** Milliseconds; `undefined` leaves each step its own default. */
  readonly timeout?: number;
  readonly json?: boolean;
  readonly raw?: boolean;
}

export function isTerminal(stream: { readonly isTTY?: boolean }): boolean {
  return stream.isTTY === true;
}
