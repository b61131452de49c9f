/** The random port: jitter and the spread of keyless records come from here, so that a test's seed decides them. */
export interface Random {
  /** A number in [0, 1). */
  next(): number;
  /** `count` unpredictable bytes. */
  bytes(count: number): Buffer;
}
