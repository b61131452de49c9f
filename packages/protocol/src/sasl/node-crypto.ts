import type * as NodeCrypto from 'node:crypto';

/** Loaded by the first who authenticates: it takes 6 ms and 5 MB, which most programs never need. */
export function crypto(): typeof NodeCrypto {
  return process.getBuiltinModule('node:crypto');
}
