import type { SettingKey } from './settings.ts';

/** A setting as somebody wrote it, before it is checked. */
export interface GivenSetting {
  readonly key: SettingKey;
  /** Which entry of a map it is about; null for a setting that is none. */
  readonly entry: string | null;
  readonly text: string;
  /** Where it was written, in words for an error line: `--port`, `Q_PORT`, `port in q.yaml, line 3`. */
  readonly from: string;
}

/**
 * What one source (flags, environment, file) says. Problems are whole lines; all of them are shown, not only the first.
 */
export interface SettingSource {
  readonly given: readonly GivenSetting[];
  readonly problems: readonly string[];
}

/** As the setting is called where it is told: `port`, `limits.connectionsMax`. */
export function nameOf({ key, entry }: Pick<GivenSetting, 'key' | 'entry'>): string {
  return entry === null ? key : `${key}.${entry}`;
}
