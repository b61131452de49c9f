const KiB = 1024;
const MiB = 1024 * KiB;

/**
 * Small budgets, so that a leak of a few megabytes shows. Times are short, so that the broker's own limits come into
 * play.
 */
export const limits = {
  connectionsMax: 20_000,
  frameBytesMax: 2 * MiB,
  fetchBytesMax: 900 * KiB,
  connectionBytesMax: 4 * MiB,
  brokerBytesMax: 16 * MiB,
  brokerBytesHardMax: 24 * MiB,
  outputBytesMax: 2 * MiB,
  brokerOutputBytesMax: 16 * MiB,
  brokerOutputBytesHardMax: 24 * MiB,
  frameTimeoutMs: 2_000,
  outputStallMs: 2_000,
  helloTimeoutMs: 3_000,
} as const;

/**
 * Input and output budgets, and what V8 lets lie about before it collects: the broker program has it wait until buffers
 * have grown threefold.
 */
const uncollectedFactor = 3;
export const budgetBytes = uncollectedFactor * (limits.brokerBytesHardMax + limits.brokerOutputBytesHardMax) + 32 * MiB;
