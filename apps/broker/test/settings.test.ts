import { describe, expect, it } from 'vitest';
import { helpText } from '../src/help.ts';
import { isMap } from '../src/setting-rule.ts';
import { settingsList } from '../src/settings-list.ts';
import type { Setting } from '../src/settings-list.ts';

function shorthandOf({ shorthand }: Setting): string {
  return shorthand === undefined ? '' : `, ${shorthand.flag}`;
}

describe('the list of settings', () => {
  it('Q3 names each setting alike as key, flag and variable', () => {
    for (const { key, flag, env, ...setting } of settingsList) {
      const letters = (text: string): string => text.toLowerCase().replaceAll(/[^a-z]/g, '');
      // The flag of a map is repeated, one pair each, so it is named in the singular.
      expect(letters(flag)).toBe(letters(isMap({ key, ...setting }) ? key.replace(/s$/, '') : key));
      expect(letters(env)).toBe(`q${letters(key)}`);
    }
  });

  it('Q3 has every setting in the help, with its variable, key and default', () => {
    const help = helpText().replaceAll(/\s+/g, ' ');
    for (const setting of settingsList) {
      expect(help).toContain(`${setting.flag} <${setting.placeholder}>${shorthandOf(setting)}`);
      expect(help).toContain(`(${setting.env}, ${setting.key}; default ${setting.default || 'none'})`);
    }
    const widths = helpText()
      .split('\n')
      .map((line) => line.length);
    expect(Math.max(...widths)).toBeLessThanOrEqual(100);
  });
});
