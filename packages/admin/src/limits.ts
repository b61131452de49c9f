/** Bounds of the admin interface. Sizes are in bytes, times in ms. */
export const limits = {
  /** A JSON body. */
  jsonBytesMax: 1 << 20,
  /** Records to be produced by one request, a line each. */
  produceBytesMax: 16 << 20,
  produceRecordsMax: 100_000,
  /** Access rules that one request adds or removes. */
  rulesOfRequestMax: 1_000,
  /** A line of a list, and how many are given unless told otherwise. */
  pageMax: 1_000,
  pageDefault: 100,
  /** Streams that are open at once: in total, of one user, and of one address (of IPv6 a /64). */
  streamsMax: 64,
  streamsPerUserMax: 16,
  streamsPerAddressMax: 32,
  /** How long a stream may go on. Its reader asks again. */
  streamMsMax: 60 * 60_000,
  /** Something is sent at least so often, so that both ends know that the other is there. */
  heartbeatMs: 15_000,
  /** A reader that takes nothing for so long is cut. */
  stallMs: 30_000,
  /** Between two events of statistics or groups. */
  intervalMsMin: 250,
  intervalMsMax: 60_000,
  /** Lines of the log that one request gives, and that wait for a slow reader. */
  logLinesMax: 1_000,
  logLinesDefault: 100,
  /** Records that one request reads without following. */
  recordsMax: 10_000,
  recordsDefault: 100,
  /** Record bytes of one look into the log, as stored. */
  readBytesMax: 1 << 20,
  /** Partitions of one reader. */
  readPartitionsMax: 1_000,
  /** Up to so many partitions each record of an event stream has an id; beyond it, the last one of each look. */
  idPartitionsMax: 16,
  /** Groups that are looked at to tell who uses a topic; producers and partitions held back that are told. */
  usersGroupsMax: 1_000,
  usersProducersMax: 100,
  usersHeldMax: 100,
  /** What a compressed batch may become, for a look at its records. */
  uncompressedBytesMax: 64 << 20,

  // What `/metrics` tells one by one; what is beyond is counted in q_metrics_left_out.
  metricTopicsMax: 2_000,
  /** Users that metrics tell one by one of those that were slowed down. */
  metricUsersMax: 20,
  metricPartitionsMax: 10_000,
  metricGroupsMax: 1_000,
  /** Pairs of a group and a topic. */
  metricLagsMax: 2_000,
} as const;
