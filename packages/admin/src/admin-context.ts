import type { AdminTools, Services } from '@q/broker';
import type { ProgramLog } from './program-log.ts';
import type { Streams } from './stream/streams.ts';

/**
 * What every operation works on. Who needs something that outlives a request (alerts, the last lines of the log) adds
 * it here and makes it in `admin-extension.ts`.
 */
export interface AdminContext {
  readonly services: Services;
  readonly tools: AdminTools;
  readonly allowedHosts: readonly string[];
  /** Of the program; null where it has given none. */
  readonly log: ProgramLog | null;
  /** Aborted when the broker stops: streams end. */
  readonly closing: AbortSignal;
}

/** The same once something is asked for. */
export interface ServingContext extends AdminContext {
  readonly streams: Streams;
}
