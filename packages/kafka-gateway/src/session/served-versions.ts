/**
 * The versions of each API that this door serves: those of Kafka 4.4. What is not here is not there for a client.
 */
export interface ServedVersions {
  readonly min: number;
  readonly max: number;
}

/** By API key. */
export const servedVersions: ReadonlyMap<number, ServedVersions> = new Map(
  Object.entries({
    // Of Produce 0 to 2 are listed and close the connection, as in Kafka: librdkafka does not compress without them.
    0: [0, 13],
    1: [4, 18],
    2: [1, 11],
    3: [0, 13],
    8: [2, 10],
    9: [1, 10],
    10: [0, 6],
    11: [0, 9],
    12: [0, 4],
    13: [0, 5],
    14: [0, 5],
    15: [0, 6],
    16: [0, 5],
    17: [0, 1],
    18: [0, 5],
    19: [2, 7],
    20: [1, 6],
    21: [0, 2],
    22: [0, 5],
    23: [2, 4],
    // 4 and 5 of AddPartitionsToTxn are for brokers.
    24: [0, 3],
    25: [0, 4],
    26: [0, 5],
    27: [1, 2],
    28: [0, 6],
    29: [1, 3],
    30: [1, 3],
    31: [1, 3],
    32: [1, 4],
    33: [0, 2],
    35: [1, 5],
    36: [0, 2],
    37: [0, 3],
    42: [0, 3],
    44: [0, 1],
    46: [0, 0],
    47: [0, 0],
    48: [0, 1],
    49: [0, 1],
    50: [0, 0],
    51: [0, 0],
    60: [0, 2],
    61: [0, 0],
    65: [0, 0],
    66: [0, 2],
    68: [0, 1],
    69: [0, 1],
    74: [0, 1],
    75: [0, 0],
  }).map(([key, [min, max]]) => [Number(key), { min: min!, max: max! }]),
);
