import type { EventLevel } from '@q/broker';

/** Bounds of the log. */
export const logLimits: {
  /** Lines that are kept in memory for whoever asks. */
  readonly tailLinesMax: number;
  /** Characters of these lines. */
  readonly tailCharactersMax: number;
  /** The time in which lines of one event are counted. */
  readonly floodWindowMs: number;
  /** Lines of one event in that time; what comes beyond is left out and counted. */
  readonly floodLinesMax: Readonly<Record<Exclude<EventLevel, 'fatal'>, number>>;
  /** Names of events that are counted apart; others share one count. */
  readonly floodEventsMax: number;
  /** Characters of one text in a line. */
  readonly textCharactersMax: number;
  /** Texts of one list in a line. */
  readonly textsMax: number;
  /** Causes of an error that are told. */
  readonly causesMax: number;
  /** Lines that wait for the collector; beyond it the oldest is dropped. */
  readonly shipQueueMax: number;
  /** Lines of one request. */
  readonly shipBatchMax: number;
  /** How long a line waits for others. */
  readonly shipDelayMs: number;
  /** Pause after a failure; it doubles up to `shipPauseMsMax`. */
  readonly shipPauseMsMin: number;
  readonly shipPauseMsMax: number;
  /** Characters that wait while standard output takes none; beyond it lines are dropped. */
  readonly unwrittenMax: number;
} = {
  tailLinesMax: 1000,
  tailCharactersMax: 512 * 1024,
  floodWindowMs: 10_000,
  floodLinesMax: { debug: 1000, info: 100, warn: 100, error: 100 },
  floodEventsMax: 500,
  textCharactersMax: 4096,
  textsMax: 100,
  causesMax: 5,
  shipQueueMax: 2048,
  shipBatchMax: 512,
  shipDelayMs: 1_000,
  shipPauseMsMin: 1_000,
  shipPauseMsMax: 30_000,
  unwrittenMax: 1 << 20,
};
