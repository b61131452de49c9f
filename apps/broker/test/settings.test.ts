import { describe, expect, it } from 'vitest';
import { helpText } from '../src/help.ts';
import { settingsList, settingsTable } from '../src/settings.ts';
import type { Setting } from '../src/settings.ts';

function shorthandOf({ shorthand }: Setting<unknown>): string {
  return shorthand === undefined ? '' : `, ${shorthand.flag}`;
}

describe('settings table', () => {
  it('Q3 names each setting alike as key, flag and variable', () => {
    for (const [key, setting] of Object.entries(settingsTable)) {
      const words = key.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
      expect(setting.key).toBe(key);
      // The flag of a map is repeated, one pair each, so it is named in the singular.
      const isMap = setting.type.parseMap !== undefined;
      expect(setting.flag).toBe(`--${isMap ? words.replace(/s$/, '') : words}`);
      expect(setting.env).toBe(`Q_${words.toUpperCase().replaceAll('-', '_')}`);
    }
  });

  it('Q3 has every setting in the help, with its variable, key and default', () => {
    const help = helpText().replaceAll(/\s+/g, ' ');
    for (const setting of settingsList) {
      expect(help).toContain(`${setting.flag} <${setting.type.placeholder}>${shorthandOf(setting)}`);
      expect(help).toContain(
        `(${setting.env}, ${setting.key}; default ${setting.type.format(setting.default) || 'none'})`,
      );
    }
    expect(
      Math.max(
        ...helpText()
          .split('\n')
          .map((line) => line.length),
      ),
    ).toBeLessThanOrEqual(100);
  });
});
