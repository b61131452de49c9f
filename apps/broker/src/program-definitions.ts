import type { SettingDefinition } from '@q/broker';
import { isMap, readText, writeText } from './setting-rule.ts';
import { settingsList } from './settings-list.ts';

/** The settings of the program as the broker tells them; what is in its maps the broker knows itself. */
export function programDefinitions(): SettingDefinition[] {
  return settingsList
    .filter((setting) => !isMap(setting))
    .map((setting) => ({
      name: setting.key,
      type: setting.placeholder,
      default: setting.default,
      allowed: setting.allowed,
      doc: setting.doc,
      isReloadable: setting.isReloadable,
      isSecret: setting.isSecret,
      normalize: (text) => {
        const value = readText(setting, text);
        return value === undefined ? undefined : writeText(setting, value);
      },
    }));
}
