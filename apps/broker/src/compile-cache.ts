import nodeModule from 'node:module';

/** The default import and not the names: where one is missing, as in Deno, the program runs without it. */
const cache: Partial<Pick<typeof nodeModule, 'enableCompileCache' | 'flushCompileCache'>> = nodeModule;

/** Compiled code of the last run is used again, which halves the time to start. */
export function useCompiled(): void {
  cache.enableCompileCache?.();
}

/** Node itself does so only when a process ends in order, and the next start should be fast after any end. */
export function keepCompiled(): void {
  cache.flushCompileCache?.();
}
