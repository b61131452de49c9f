import { isMap } from './setting-rule.ts';
import type { SettingRule } from './setting-rule.ts';
import { settingRules } from './setting-rules.ts';
import type { SettingKey } from './settings.ts';

/** A setting with the names that it goes by. */
export interface Setting extends SettingRule {
  /** Of a map it is in the singular: it is repeated, one pair each. */
  readonly flag: `--${string}`;
  readonly env: `Q_${string}`;
}

export const settingsList: readonly Setting[] = settingRules.map((rule) => {
  const words = rule.key.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
  return {
    ...rule,
    flag: `--${isMap(rule) ? words.replace(/s$/, '') : words}`,
    env: `Q_${words.toUpperCase().replaceAll('-', '_')}`,
  };
});

const byKey: ReadonlyMap<string, Setting> = new Map(settingsList.map((setting) => [setting.key, setting]));

export function settingOf(key: SettingKey): Setting {
  return byKey.get(key)!;
}

/** Not settings but where settings come from, and what is done with them: they cannot stand in a file themselves. */
export const configFlag = '--config';
export const configVariable = 'Q_CONFIG';
export const printFlag = '--print-config';
export const checkFlag = '--check-config';

/** Variables that start with `Q_` and belong to the `q` command line, which often runs in the same shell. */
export const commandLineVariables: readonly string[] = [
  'Q_URL',
  'Q_ADMIN_URL',
  'Q_PROFILE',
  'Q_TIMEOUT',
  'Q_CA',
  'Q_CERT',
  'Q_CERT_KEY',
  'Q_USER',
  'Q_PASSWORD',
  'Q_PASSWORD_FILE',
  'Q_TOKEN',
  'Q_TOKEN_FILE',
];
