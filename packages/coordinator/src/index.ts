// Producer ids
export { createProducerIds, producerEpochMax, reserve } from './producer-ids.ts';
export type {
  ProducerIdentity,
  ProducerIds,
  ProducerIdsCommand,
  ProducerIdsEffect,
  ProducerIdsResult,
  ProducerIdsStep,
} from './producer-ids.ts';

// Limits
export { coordinatorLimits } from './limits.ts';
export type { CoordinatorLimits } from './limits.ts';
