import type { Random } from './random.ts';

/** The machine's own randomness. */
export const nodeRandom: Random = {
  next: () => Math.random(),
  // Not by `import`: only a broker that makes something needs the module, and loading it takes a few milliseconds.
  bytes: (count) => process.getBuiltinModule('node:crypto').randomBytes(count),
};
