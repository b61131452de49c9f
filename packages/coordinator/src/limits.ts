import { strict as assert } from 'node:assert';

/** Bounds of the state machines. */
export interface CoordinatorLimits {
  /** Producer ids claimed by one durable write. */
  readonly producerIdBlockSize: number;
}

export const coordinatorLimits: CoordinatorLimits = {
  producerIdBlockSize: 1000,
};

assert(coordinatorLimits.producerIdBlockSize >= 1);
