/** How long and how often the Kafka door is measured beside Kafka. */
export interface KafkaProfile {
  readonly rounds: number;
  /** The first run of each shape, from the rates that are expected: it warms up, and tells the size of the others. */
  readonly shortSeconds: number;
  readonly longSeconds: number;
  readonly latencyRounds: number;
  readonly latencySeconds: number;
  readonly frameRounds: number;
  readonly frameSeconds: number;
  readonly idleSeconds: number;
  readonly startRounds: number;
  readonly memoryRounds: number;
}

export const kafkaProfiles: Readonly<Record<'quick' | 'full', KafkaProfile>> = {
  quick: {
    rounds: 1,
    shortSeconds: 0.4,
    longSeconds: 1.5,
    latencyRounds: 1,
    latencySeconds: 4,
    frameRounds: 2,
    frameSeconds: 1.5,
    idleSeconds: 5,
    startRounds: 5,
    memoryRounds: 1,
  },
  full: {
    rounds: 3,
    shortSeconds: 0.7,
    longSeconds: 3,
    latencyRounds: 3,
    latencySeconds: 8,
    frameRounds: 5,
    frameSeconds: 3,
    idleSeconds: 10,
    startRounds: 15,
    memoryRounds: 5,
  },
};
