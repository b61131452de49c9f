import type { Pairs } from './setting-type.ts';
import type { SettingKey } from './settings.ts';

/** A setting as somebody wrote it, before it is checked. */
export interface GivenSetting {
  readonly key: SettingKey;
  /** A map only from a file; flags and variables are text. */
  readonly value: string | Pairs;
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
