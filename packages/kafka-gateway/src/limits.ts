/** Bounds of what this door keeps. */
export const kafkaLimits = {
  /** Partitions in the fetch sessions of all connections together. Who comes with more gets no session. */
  fetchSessionPartitionsMax: 200_000,
  /** Whoever may not read what it fetches, and gets nothing else, is answered after so long. */
  refusedFetchMs: 500,
} as const;
