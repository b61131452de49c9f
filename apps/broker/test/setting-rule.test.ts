import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { rulesOfSchema } from '../schema/rules-of-schema.ts';
import { settingsSchema } from '../schema/settings-schema.ts';
import { isMap, readText, writeText } from '../src/setting-rule.ts';
import { settingRules } from '../src/setting-rules.ts';
import { readPairs } from '../src/setting-text.ts';
import { settingOf, settingsList } from '../src/settings-list.ts';
import type { SettingKey, Settings } from '../src/settings.ts';

/** What the schema makes of a text; of a map: of one entry. */
function schemaReads(key: SettingKey, text: string): unknown {
  const one = isMap(settingOf(key)) ? { entry: text } : text;
  const result = z.safeDecode(settingsSchema.shape[key], one);
  if (!result.success) return undefined;
  return isMap(settingOf(key)) ? (result.data as Record<string, unknown>)['entry'] : result.data;
}

/** Texts that are values, nearly values, and none. */
const texts = fc.oneof(
  fc.string({ maxLength: 20 }),
  fc.string({ maxLength: 12, unit: fc.constantFrom(...'0123456789.:-[]abfxGgMKiB no'.split('')) }),
  fc.nat({ max: 100_000 }).map(String),
  fc.bigInt({ min: -5n, max: 10n ** 17n }).map(String),
  fc.tuple(fc.nat(99_999), fc.constantFrom('B', 'KB', 'GiB', 'tb', ' MiB', 'x')).map((parts) => parts.join('')),
  fc.tuple(fc.constantFrom('h', '[::1]', '::1', 'a b', ''), fc.nat(70_000)).map((parts) => parts.join(':')),
  fc.constantFrom('none', 'off', 'true', 'false', ...settingRules.flatMap(({ values = [] }) => values)),
);

describe('the schema of the settings and what the program reads instead', () => {
  it('Q3 the rules are those of the schema (scripts/write-documents.ts writes them)', () => {
    expect(settingRules).toEqual(rulesOfSchema());
  });

  it.each(settingsList.map(({ key }) => key))('Q3 both read %s alike, whatever the text', (key) => {
    fc.assert(
      fc.property(texts, (text) => {
        expect(readText(settingOf(key), text)).toEqual(schemaReads(key, text));
      }),
      { numRuns: 300 },
    );
  });

  it.each(settingsList.filter((setting) => !isMap(setting)).map(({ key }) => key))(
    'Q3 both have the same default of %s, which is read back from its text',
    (key) => {
      const standard = (settingsSchema.parse({}) as Settings)[key];
      const setting = settingOf(key);
      expect(readText(setting, setting.default)).toEqual(standard);
      expect(writeText(setting, standard)).toBe(setting.default);
    },
  );
});

describe('texts of settings', () => {
  const read = (key: SettingKey, text: string): unknown => readText(settingOf(key), text);

  it('Q3 reads ports and nothing that only looks like one', () => {
    expect([read('port', '0'), read('port', '65535')]).toEqual([0, 65_535]);
    for (const text of ['65536', '-1', '7420.5', '7e3', '', ' 1', '0x1F']) expect(read('port', text)).toBeUndefined();
    expect([read('adminPort', 'off'), read('adminPort', '7421'), read('adminPort', 'no')]).toEqual([
      null,
      7421,
      undefined,
    ]);
  });

  it('Q3 reads bytes plain, decimal and binary', () => {
    const cap = (text: string): unknown => read('storageMaxBytes', text);
    expect([cap('1024'), cap('10GiB'), cap('1.5 MB'), cap('512kib'), cap('none')]).toEqual([
      1024,
      10 * 2 ** 30,
      1_500_000,
      512 * 1024,
      null,
    ]);
    for (const text of ['0', '-1', '10 apples', 'GiB', '1.0000001B', '99999999TB']) expect(cap(text)).toBeUndefined();
  });

  it('Q3 reads addresses with a port, IPv6 in brackets', () => {
    expect(read('advertised', 'q.example.com:7420')).toEqual({ host: 'q.example.com', port: 7420 });
    expect(read('advertised', '[::1]:7420')).toEqual({ host: '::1', port: 7420 });
    expect(writeText(settingOf('advertised'), { host: '::1', port: 7420 })).toBe('[::1]:7420');
    for (const text of ['q', 'q:0', 'q:70000', '::1:7420', 'a b:1', ':1'])
      expect(read('advertised', text)).toBeUndefined();
  });

  it('Q3 reads hosts, choices, paths and yes or no', () => {
    for (const text of ['localhost', '0.0.0.0', '::', 'fe80::1']) expect(read('host', text)).toBe(text);
    for (const text of ['', 'a:1', 'http://a', 'a b', 'a/b']) expect(read('host', text)).toBeUndefined();
    expect([read('storage', 'File'), read('dataDir', ''), read('autoCreateTopics', '1')]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
  });

  it('Q3 reads pairs, whose values may hold commas and equals signs', () => {
    expect(readPairs('cleanup.policy=compact,delete; retention.ms=-1')).toEqual([
      ['cleanup.policy', 'compact,delete'],
      ['retention.ms', '-1'],
    ]);
    expect(readPairs('a=b=c')).toEqual([['a', 'b=c']]);
    for (const text of ['', 'a', '=1', 'a=1;a=2', 'a=1;']) expect(readPairs(text)).toBeNull();
  });
});
