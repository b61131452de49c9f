import { randomBytes } from 'node:crypto';
import type { Random } from './random.ts';

/** The machine's own randomness. */
export const nodeRandom: Random = {
  next: () => Math.random(),
  bytes: (count) => randomBytes(count),
};
