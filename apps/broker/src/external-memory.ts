/**
 * V8 starts a full collection whenever array buffers have grown by about a third, however small the heap beside them is. A
 * busy broker lets go of hundreds of megabytes of received frames a second, so it collected a heap of 10 MB some twenty
 * times a second, on every core it has. With these flags the buffers may grow threefold first: a quarter less processor
 * time for the same records in, for 10 to 30 MB more at the peak (docs/PERFORMANCE.md, "Collecting less often").
 */
const flags = ['--external-memory-accounted-in-global-limit', '--external-memory-max-growing-factor=3'];

/** A V8 that does not know a flag complains on stderr, so only the release is asked that was measured. */
export function externalMemoryFlags(nodeVersion: string): readonly string[] {
  return nodeVersion.startsWith('26.') ? flags : [];
}

export function relaxExternalMemory(): void {
  for (const flag of externalMemoryFlags(process.versions.node)) process.getBuiltinModule('node:v8').setFlagsFromString(flag);
}
