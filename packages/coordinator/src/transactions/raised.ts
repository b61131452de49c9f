import { producerEpochMax } from '../producer-ids.ts';
import type { ProducerIdentity } from '../producer-ids.ts';

/** The same producer in its next epoch, or a new one when its epochs are used up. Null: that one is not at hand. */
export function raised(
  { producerId, producerEpoch }: ProducerIdentity,
  freshProducerId: number | null,
): ProducerIdentity | null {
  if (producerEpoch < producerEpochMax) return { producerId, producerEpoch: producerEpoch + 1 };
  return freshProducerId === null ? null : { producerId: freshProducerId, producerEpoch: 0 };
}
