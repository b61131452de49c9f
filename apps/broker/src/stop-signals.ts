import { exitCodeOfSignal } from './exit-code.ts';

/** Ctrl-C, a service manager, and a terminal that was closed. */
const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** The part of `process` that is used here. */
export interface SignalSource {
  on(signal: NodeJS.Signals, listener: () => void): unknown;
  exit(code: number): never;
}

/**
 * Resolves with the first signal that asks for a clean stop. Whatever the state of that stop, a second signal ends the
 * process at once: the log recovers from that as it does from a crash.
 */
export function firstStopSignal(source: SignalSource): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    let asked = false;
    for (const signal of signals) {
      source.on(signal, () => {
        if (asked) source.exit(exitCodeOfSignal(signal));
        asked = true;
        resolve(signal);
      });
    }
  });
}
