import type { Broker } from '@q/broker';
import { watchSettingsFile } from './settings-file-watch.ts';
import { readTextAgain } from './settings-input.ts';
import type { ProgramInput } from './settings-input.ts';
import { onHangup } from './stop-signals.ts';
import type { Hangup } from './stop-signals.ts';

/** Reads the settings again on SIGHUP, and when their file is another one. What comes of it stands in the log. */
export function followSettings(o: {
  readonly settings: Pick<Broker['settings'], 'reload'>;
  readonly file: string | null;
  readonly input: ProgramInput;
  readonly hangup: Hangup;
}): void {
  const { settings, file, input, hangup } = o;
  if (hangup === 'reload')
    onHangup(
      process,
      oneByOne(() => settings.reload('SIGHUP')),
    );
  // What was a pipe at the start has nothing more to say.
  if (file === null || input.last?.isFile !== true) return;
  watchSettingsFile({
    path: file,
    read: async (path) => (await readTextAgain(path)).text,
    lastText: () => input.last?.text ?? null,
    changed: () => settings.reload('the file changed'),
  });
}

/** However often it is asked for: one at a time, and one more for all that came meanwhile. */
export function oneByOne(run: () => Promise<unknown>): () => void {
  let isUnderWay = false;
  let isDue = false;
  const goOn = async (): Promise<void> => {
    isUnderWay = true;
    while (isDue) {
      isDue = false;
      await run();
    }
    isUnderWay = false;
  };
  return () => {
    isDue = true;
    if (!isUnderWay) void goOn();
  };
}

/** Somebody has started the program by hand: its terminal hangs up when it is closed, and nobody asks for a reload. */
export function isTerminalAttached(): boolean {
  return process.stdin.isTTY || process.stdout.isTTY || process.stderr.isTTY;
}
