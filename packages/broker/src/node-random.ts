import type { Random } from './random.ts';

/** The machine's own randomness. */
export const nodeRandom: Random = {
  next: () => Math.random(),
  bytes: randomBytes,
};

/**
 * From the kernel itself where there is such a file: the source is the same, and `node:crypto` takes 6 ms and 5 MB to
 * load, for one id at the first start of a broker.
 */
function randomBytes(count: number): Buffer {
  const { closeSync, openSync, readSync } = process.getBuiltinModule('node:fs');
  const bytes = Buffer.alloc(count);
  let source: number;
  try {
    source = openSync('/dev/urandom', 'r');
  } catch {
    return process.getBuiltinModule('node:crypto').randomBytes(count);
  }
  try {
    if (readSync(source, bytes) === count) return bytes;
  } finally {
    closeSync(source);
  }
  return process.getBuiltinModule('node:crypto').randomBytes(count);
}
