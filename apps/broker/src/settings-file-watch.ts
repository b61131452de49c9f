/**
 * Notices that the file of settings is another one.
 *
 * By looking at it every second and not by notices of the system: those follow an inode or a folder, and editors
 * replace the file, a ConfigMap of Kubernetes swaps a link two folders away, and a network file system tells nothing.
 * One look costs one call in the thread pool.
 */
import { unwatchFile, watchFile } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

export interface SettingsFileWatchOptions {
  readonly path: string;
  readonly read: (path: string) => Promise<string>;
  /** What was read last, by whomever. */
  readonly lastText: () => string | null;
  readonly changed: () => Promise<unknown>;
  readonly intervalMs?: number;
  readonly settleMs?: number;
}

/** How often the file is looked at. */
const defaultIntervalMs = 1000;

/** A program that is still writing is done when two looks so far apart find the same; so often at most. */
const defaultSettleMs = 100;
const looksMax = 50;

/** Returns how to stop. */
export function watchSettingsFile(options: SettingsFileWatchOptions): () => void {
  const { path, intervalMs = defaultIntervalMs } = options;
  let looking: Promise<void> | null = null;
  let isDue = false;
  const look = (): void => {
    isDue = true;
    looking ??= (async () => {
      while (isDue) {
        isDue = false;
        await lookAt(options);
      }
      looking = null;
    })();
  };
  const listener = (): void => look();
  watchFile(path, { interval: intervalMs, persistent: false }, listener);
  // What changed since it was read for the start.
  look();
  return () => unwatchFile(path, listener);
}

async function lookAt({
  path,
  read,
  lastText,
  changed,
  settleMs = defaultSettleMs,
}: SettingsFileWatchOptions): Promise<void> {
  const now = (): Promise<string | null> => read(path).catch(() => null);
  let text = await now();
  if (text === lastText()) return;
  for (let looks = 0; looks < looksMax; looks += 1) {
    await sleep(settleMs, undefined, { ref: false });
    const later = await now();
    // Gone, or empty: whoever writes it anew is in the middle of that, as a rule.
    if (later !== null && later !== '' && later === text) break;
    text = later;
  }
  // Where it cannot be read either, the reload says why.
  if (text !== lastText()) await changed();
}
