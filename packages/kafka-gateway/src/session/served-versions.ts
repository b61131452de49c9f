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
    1: [4, 18],
    2: [1, 11],
    10: [0, 6],
    18: [0, 5],
  }).map(([key, [min, max]]) => [Number(key), { min: min!, max: max! }]),
);
