import type { DoorTools } from '@q/broker';
import { Silence } from '../session/handler.ts';

/** Parts of a request that are answered in one turn of the event loop. */
export const partsPerTurn = 64;

/**
 * A frame has room for a million topics, of which each costs far more in the answer and in memory. Whoever names more
 * than the broker may have is no client of Kafka's: the connection is closed. Null: they are not too many.
 */
export function refuseTooManyTopics(
  parts: readonly unknown[],
  { limits: { topicsMax } }: Pick<DoorTools, 'limits'>,
): Silence | null {
  return parts.length > topicsMax ? new Silence({ thenClose: true }) : null;
}

/** The same of topics and of all their partitions together. */
export function refuseTooManyPartitions(
  topics: readonly { readonly partitions: readonly unknown[] }[],
  { limits }: Pick<DoorTools, 'limits'>,
): Silence | null {
  let partitions = 0;
  for (const topic of topics) partitions += topic.partitions.length;
  return partitions > limits.partitionsMax ? new Silence({ thenClose: true }) : refuseTooManyTopics(topics, { limits });
}

/** Answers the parts of a request in order. When there are many, others have their turn in between. */
export async function oneByOne<Part, Told>(
  parts: Iterable<Part>,
  { clock }: Pick<DoorTools, 'clock'>,
  answer: (part: Part) => Told | Promise<Told>,
): Promise<Told[]> {
  const told: Told[] = [];
  for (const part of parts) {
    told.push(await answer(part));
    if (told.length % partsPerTurn === 0) await new Promise<void>((resolve) => clock.defer(resolve));
  }
  return told;
}
