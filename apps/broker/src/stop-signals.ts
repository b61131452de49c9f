import { exitCodeOfSignal } from './exit-code.ts';

/** Ctrl-C, a service manager, and a terminal that was closed. */
const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** What SIGHUP asks for: of a program without a terminal, to read its settings again. */
export type Hangup = 'stop' | 'reload';

/** The part of `process` that is used here. */
export interface SignalSource {
  readonly pid: number;
  on(signal: NodeJS.Signals, listener: () => void): unknown;
  removeAllListeners(signal: NodeJS.Signals): unknown;
  kill(pid: number, signal: NodeJS.Signals): unknown;
  exit(code: number): never;
}

/**
 * Resolves with the first signal that asks for a clean stop. Whatever the state of that stop, a second signal ends the
 * process at once: the log recovers from that as it does from a crash.
 */
export function firstStopSignal(source: SignalSource, o: { readonly hangup: Hangup }): Promise<NodeJS.Signals> {
  // Until somebody can do what it asks for, it must not end the process.
  if (o.hangup === 'reload') source.on('SIGHUP', () => undefined);
  return new Promise((resolve) => {
    let asked = false;
    for (const signal of signals) {
      if (signal === 'SIGHUP' && o.hangup === 'reload') continue;
      source.on(signal, () => {
        if (asked) endBy(source, signal);
        asked = true;
        resolve(signal);
      });
    }
  });
}

/**
 * Gives the signals back to the system, which ends the process with the next one: before every `process.exit`, because
 * that waits for the threads of Node's pool, and a disk that does not answer holds one of them for ever.
 */
export function releaseStopSignals(source: Pick<SignalSource, 'removeAllListeners'>): void {
  for (const signal of signals) source.removeAllListeners(signal);
}

/** By the signal itself, which waits for no thread. The first process of a container is not ended so, and exits. */
function endBy(source: SignalSource, signal: NodeJS.Signals): void {
  releaseStopSignals(source);
  source.kill(source.pid, signal);
  source.exit(exitCodeOfSignal(signal));
}

/** Calls `reload` at each SIGHUP. */
export function onHangup(source: Pick<SignalSource, 'on'>, reload: () => void): void {
  source.on('SIGHUP', reload);
}
