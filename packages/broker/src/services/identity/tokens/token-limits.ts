/** Bounds of what checks tokens. Times are in ms. */
export const tokenLimits: {
  /** Characters of a token. */
  readonly tokenCharactersMax: number;
  /** Of an answer with keys, or a file of them. */
  readonly keySetBytesMax: number;
  readonly keysMax: number;
  /** Of a claim that names a user; of a setting. */
  readonly textCharactersMax: number;
  readonly requestTimeoutMs: number;
  /** Keys that are this old are asked for again, while tokens are checked with them. */
  readonly refreshMs: number;
  /** Keys that are this old are asked for again before tokens are checked. */
  readonly staleMs: number;
  /** Between two requests for keys, whatever tokens come. */
  readonly requestPauseMs: number;
  /** How long the last good keys hold when there are no newer ones. */
  readonly keepMs: number;
  /** Tokens that are checked at once: the threads that do it are those that write to the disk. */
  readonly checksMax: number;
  /** Tokens that are being checked or wait for it. */
  readonly waitingMax: number;
  /** How far other clocks may be from ours. */
  readonly clockSkewMs: number;
  readonly clockSkewMsMax: number;
  /** For how long a token is good at most. */
  readonly lifetimeMs: number;
  readonly lifetimeMsMax: number;
} = {
  tokenCharactersMax: 16 << 10,
  keySetBytesMax: 256 << 10,
  keysMax: 100,
  textCharactersMax: 1_000,
  requestTimeoutMs: 5_000,
  refreshMs: 10 * 60_000,
  staleMs: 20 * 60_000,
  requestPauseMs: 30_000,
  keepMs: 24 * 60 * 60_000,
  checksMax: 2,
  waitingMax: 256,
  clockSkewMs: 30_000,
  clockSkewMsMax: 5 * 60_000,
  lifetimeMs: 24 * 60 * 60_000,
  lifetimeMsMax: 30 * 24 * 60 * 60_000,
};
