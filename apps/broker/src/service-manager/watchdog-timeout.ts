/**
 * After how long without a word the service manager acts, in ms; null where it does not watch, or watches another
 * process.
 */
export function watchdogTimeoutMs(
  env: Readonly<Record<string, string | undefined>>,
  { pid }: { readonly pid: number },
): number | null {
  const micros = Number(env['WATCHDOG_USEC']);
  const watched = env['WATCHDOG_PID'];
  if (!Number.isSafeInteger(micros) || micros < 1_000) return null;
  return watched === undefined || watched === String(pid) ? Math.floor(micros / 1_000) : null;
}
