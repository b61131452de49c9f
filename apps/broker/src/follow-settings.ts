import type { Broker } from '@q/broker';
import { watchSettingsFile } from './settings-file-watch.ts';
import { readText } from './settings-input.ts';
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
  if (hangup === 'reload') onHangup(process, () => void settings.reload('SIGHUP'));
  if (file === null) return;
  watchSettingsFile({
    path: file,
    read: readText,
    lastText: () => input.lastText,
    changed: () => settings.reload('the file changed'),
  });
}

/** Somebody has started the program by hand: its terminal hangs up when it is closed, and nobody asks for a reload. */
export function isTerminalAttached(): boolean {
  return process.stdin.isTTY || process.stdout.isTTY || process.stderr.isTTY;
}
