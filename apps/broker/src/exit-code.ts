/** What the process tells whoever started it. */
export const ExitCode = {
  /** Stopped as asked: everything acknowledged is on disk and the folder carries its clean-shutdown marker. */
  stopped: 0,
  /** Could not start, or had to stop at once. */
  failed: 1,
  /** A setting is unknown or not allowed: nothing was opened. */
  badSettings: 2,
} as const;
export type ExitCode = (typeof ExitCode)[keyof typeof ExitCode];

/** The shell's convention for a process ended by a signal, used when a second signal cuts the clean stop short. */
export function exitCodeOfSignal(signal: NodeJS.Signals): number {
  const numbers: Partial<Record<NodeJS.Signals, number>> = { SIGHUP: 1, SIGINT: 2, SIGTERM: 15 };
  return 128 + (numbers[signal] ?? 0);
}
