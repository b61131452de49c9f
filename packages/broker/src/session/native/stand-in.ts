/**
 * Lets the several buffers of a read leave without being joined (row Z1).
 *
 * A message field of bytes is one buffer, while a read from the tail cache is a list of batches. Joining them would
 * copy every byte that is consumed. So the answer is encoded with a stand-in of the same length, which the encoder puts
 * into its gather list by reference and never looks into, and the batches take its place there before the list is sent.
 *
 * Invariant: the bytes of `pool` are never read or written, so that the system never gives it memory.
 */
import { protocolLimits } from '@q/protocol';

const poolBytes = protocolLimits.frameBytesMax;
let pool: Buffer | null = null;

const standsFor = new WeakMap<Buffer, readonly Buffer[]>();
const nothing: Buffer = Buffer.alloc(0);

/** One buffer for all: the only one, a joined copy of small ones, or a stand-in that `expandStandIns` must replace. */
export function oneBufferFor(buffers: readonly Buffer[], bytes: number): Buffer {
  if (buffers.length <= 1) return buffers[0] ?? nothing;
  // Short fields are copied by the encoder, and an answer larger than the pool is a rare one.
  if (bytes < protocolLimits.bytesByReferenceMin || bytes > poolBytes) return Buffer.concat(buffers, bytes);
  pool ??= Buffer.allocUnsafeSlow(poolBytes);
  const standIn = pool.subarray(0, bytes);
  standsFor.set(standIn, buffers);
  return standIn;
}

/** The gather list with every stand-in replaced by what it stands for. */
export function expandStandIns(parts: readonly Buffer[]): readonly Buffer[] {
  if (!parts.some((part) => standsFor.has(part))) return parts;
  return parts.flatMap((part) => standsFor.get(part) ?? [part]);
}
