/*
 * Buffers that batches were built in and copied out of, kept for the next builders: fresh memory is paid for twice, in the
 * allocator and at the first touch of each page, and that comes to more than encoding a small batch does.
 *
 * Invariant: a buffer in the list is referenced by nobody else. Whoever returns one has let go of it and of its views.
 */
const buffersMax = 4;
const bufferBytesMax = 1024 * 1024;

/** The smallest first. */
const free: Buffer[] = [];

/** A buffer of at least `bytesMin` bytes with any content, unpooled: the largest there is, for then it need not grow. */
export function takeScratch(bytesMin: number): Buffer {
  const largest = free.at(-1);
  if (largest === undefined || largest.length < bytesMin) return Buffer.allocUnsafeSlow(bytesMin);
  free.pop();
  return largest;
}

/** Gives back a buffer that nothing refers to any more. */
export function returnScratch(buffer: Buffer): void {
  if (buffer.length > bufferBytesMax) return;
  free.push(buffer);
  free.sort((left, right) => left.length - right.length);
  if (free.length > buffersMax) free.shift();
}
