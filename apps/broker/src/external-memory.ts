/**
 * V8 starts a full collection whenever array buffers have grown by about a third, however small the heap beside them
 * is. A busy broker lets go of hundreds of megabytes of received frames a second, so it collected a heap of 10 MB some
 * twenty times a second, on every core it has. With these flags the buffers may grow threefold first: a quarter less
 * processor time for the same records in, for 10 to 30 MB more at the peak
 * (docs/notes/2026-11-28-memory-that-is-only-counted.md).
 */
const flags = ['--external-memory-accounted-in-global-limit', '--external-memory-max-growing-factor=3'];

/**
 * Bytes of an array buffer that nobody writes to, so that it takes addresses and no memory. By how much a heap may grow
 * before it is collected whole depends on what V8 counts: a broker that has little yet was stopped for every few
 * megabytes that its tail cache took. As much as that will hold at most. It costs a little elsewhere
 * (docs/notes/2026-11-28-memory-that-is-only-counted.md).
 */
const countedBytes = 64 << 20;

/** Kept for as long as the program runs. */
let counted: ArrayBuffer | null = null;

/** A V8 that does not know a flag complains on stderr, so only the release is asked that was measured. */
export function externalMemoryFlags(nodeVersion: string): readonly string[] {
  return nodeVersion.startsWith('26.') ? flags : [];
}

export function relaxExternalMemory(): void {
  const wanted = externalMemoryFlags(process.versions.node);
  if (wanted.length === 0) return;
  counted ??= new ArrayBuffer(countedBytes);
  for (const flag of wanted) process.getBuiltinModule('node:v8').setFlagsFromString(flag);
}
