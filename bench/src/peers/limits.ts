/** Bounds of the comparison with peers. */
export const limits = {
  /** A fetch of a peer's programs, which may build them. */
  installTimeoutMs: 900_000,
  /** A run of a load tool. */
  toolTimeoutMs: 120_000,
  /** From a server's start until it says that it is ready. */
  startTimeoutMs: 60_000,
  /** From SIGTERM to SIGKILL. */
  stopTimeoutMs: 20_000,
  /** Between looks at a tool's memory; a look reads all of /proc, which takes milliseconds. */
  peakLookMs: 300,
  /** What is kept of a program's output. */
  outputCharsMax: 256 << 10,
  /** Bytes of values in one run at most: Redis keeps them in memory, and all keep them on the disk. */
  runBytesMax: 1 << 30,
  /** Records of one run at least: fewer tell nothing. */
  runRecordsMin: 1000,
} as const;
