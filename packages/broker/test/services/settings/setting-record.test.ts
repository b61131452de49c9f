import { describe, expect, it } from 'vitest';
import { decodeSettings, encodeSettings, settingsKey } from '../../../src/services/settings/setting-record.ts';

/** As a released broker wrote it. */
const golden = '{"format":1,"set":{"limits.topicsMax":"3","logLevel":"debug"}}';

describe('the record of settings', () => {
  it('O3 is what it always was', () => {
    const set = new Map([
      ['logLevel', 'debug'],
      ['limits.topicsMax', '3'],
    ]);
    expect(encodeSettings(set)).toBe(golden);
    expect(settingsKey(1)).toBe('settings/brokers/1');
    expect(decodeSettings('k', golden)).toEqual(set);
    expect(decodeSettings('k', '{"format":1,"set":{},"later":true}')).toEqual(new Map());
  });

  it.each(['', 'null', '{}', '{"format":2,"set":{}}', '{"format":1,"set":{"a":1}}', '{"format":1,"set":null}'])(
    'O3 refuses %j, which this broker cannot understand',
    (text) => {
      expect(() => decodeSettings('settings/brokers/1', text)).toThrow(
        expect.objectContaining({ code: 'CORRUPT_LOG', message: expect.stringContaining('settings/brokers/1') }),
      );
    },
  );
});
