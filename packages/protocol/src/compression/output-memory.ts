/*
 * Memory for what is decompressed in the thread pool, kept for the next: the first touch of 64 MiB of fresh pages takes
 * this thread some 35 ms, and giving them back to the system 6 ms in one go.
 *
 * Invariants: memory in the list is used by nobody. The list refers to it weakly, so what is not used again goes to the
 * collector, which gives it back beside this thread.
 */
const memoriesMax = 4;
const memoryBytesMin = 1024 * 1024;
/** What is smaller may as well wait for the collector. */
const givenBackBytesMin = 32 * 1024;

const ours = new WeakSet<ArrayBufferLike>();
let free: WeakRef<ArrayBuffer>[] = [];

/** A buffer of `bytes` bytes, with any content. Give it back with `returnOutput`, or leave it to the collector. */
export function takeOutput(bytes: number): Buffer {
  let best: ArrayBuffer | null = null;
  for (const memory of living()) {
    if (memory.byteLength >= bytes && (best === null || memory.byteLength < best.byteLength)) best = memory;
  }
  if (best === null) {
    best = new ArrayBuffer(Math.max(bytes, memoryBytesMin));
    ours.add(best);
  } else {
    free = free.filter((ref) => ref.deref() !== best);
  }
  return Buffer.from(best, 0, bytes);
}

/**
 * Takes the memory of a buffer that `takeOutput` gave, or of a view of it; nothing may refer to it any more. False: it
 * is not of here.
 */
export function returnOutput(buffer: Buffer): boolean {
  const memory = buffer.buffer;
  if (!ours.has(memory)) return false;
  const kept = [...living(), memory as ArrayBuffer].sort((left, right) => right.byteLength - left.byteLength);
  for (const surplus of kept.splice(memoriesMax)) surplus.transfer(0);
  free = kept.map((each) => new WeakRef(each));
  return true;
}

/**
 * Gives the memory of any other buffer back to the system at once, if the buffer has it to itself and it is worth that.
 * Nothing may refer to it any more.
 */
export function giveBack(buffer: Buffer): void {
  if (buffer.length < givenBackBytesMin) return;
  const memory = buffer.buffer;
  if (memory instanceof ArrayBuffer && memory.byteLength === buffer.length) memory.transfer(0);
}

function living(): ArrayBuffer[] {
  return free.flatMap((ref) => ref.deref() ?? []);
}
