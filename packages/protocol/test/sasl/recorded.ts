/**
 * What Kafka 4.4.0 and clients said to each other to authenticate, cut out of their frames: kafkajs 2.2.4,
 * `@platformatic/kafka` 2.12.1, librdkafka 2.16.0, franz-go 1.22.3, sarama 1.61.1 and Java 4.4.0.
 */
import { readFileSync } from 'node:fs';

export interface Step {
  readonly sent: Buffer;
  readonly answered: Buffer;
  /** Kafka's error code of the answer. */
  readonly error: number;
}

interface Stored {
  readonly flow: string;
  readonly steps: readonly { readonly sent: string; readonly answered: string; readonly error: number }[];
}

const stored = JSON.parse(readFileSync(new URL('recorded.json', import.meta.url), 'utf8')) as readonly Stored[];

export const recorded: readonly { readonly flow: string; readonly steps: readonly Step[] }[] = stored.map(
  ({ flow, steps }) => ({
    flow,
    steps: steps.map(({ sent, answered, error }) => ({
      sent: Buffer.from(sent, 'base64'),
      answered: Buffer.from(answered, 'base64'),
      error,
    })),
  }),
);
