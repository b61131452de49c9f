import { describe, expect, it } from 'vitest';
import { isMap, readText } from '../src/setting-rule.ts';
import { settingsList } from '../src/settings-list.ts';
import type { Settings } from '../src/settings.ts';
import { explainStartFailure } from '../src/start-failure.ts';

const settings = Object.fromEntries(
  settingsList.map((setting) => [setting.key, isMap(setting) ? {} : readText(setting, setting.default)]),
) as unknown as Settings;

function lineOf(fields: object): string {
  // Wrapped once, as the broker does: the words must be found under the cause.
  const cause = Object.assign(new Error('inner'), fields);
  return explainStartFailure(new Error('could not start', { cause }), settings).line;
}

describe('why a broker did not start', () => {
  it('Q3 tells the ports apart', () => {
    expect(lineOf({ code: 'EADDRINUSE', port: 7420 })).toBe(
      'port 7420 on 127.0.0.1 is in use, perhaps by another broker; choose another with --port',
    );
    const admin = Object.assign(new Error('cannot listen'), {
      code: 'INVALID_CONFIG',
      details: { setting: 'admin.port' },
    });
    admin.cause = Object.assign(new Error('inner'), { code: 'EADDRINUSE', port: 7421 });
    expect(explainStartFailure(admin, settings)).toEqual({
      line: 'port 7421 on 127.0.0.1 is in use, perhaps by another broker; choose another with --admin-port',
      exitCode: 1,
    });
    const kafka = Object.assign(new Error('cannot listen'), {
      code: 'INVALID_CONFIG',
      details: { setting: 'doors.kafka.port' },
    });
    kafka.cause = Object.assign(new Error('inner'), { code: 'EADDRINUSE', port: 9092 });
    expect(explainStartFailure(kafka, settings).line).toBe(
      'port 9092 on 127.0.0.1 is in use, perhaps by another broker; choose another with --kafka-port',
    );
    kafka.cause = Object.assign(new Error('inner'), { code: 'EADDRNOTAVAIL' });
    expect(explainStartFailure(kafka, { ...settings, kafkaHost: '192.0.2.1' }).line).toBe(
      '192.0.2.1 is not an address of this machine; choose another with --kafka-host',
    );
    expect(lineOf({ code: 'EACCES', syscall: 'listen', port: 7420 })).toContain('not allowed to this user');
    expect(lineOf({ code: 'EADDRNOTAVAIL', port: 7420 })).toContain('--host');
  });

  it('Q3 names the folder that cannot be used', () => {
    expect(lineOf({ code: 'STORAGE_LOCKED' })).toBe(
      'the data folder ./data is in use by another broker; stop that one, or choose another with --data-dir',
    );
    expect(lineOf({ code: 'EACCES', syscall: 'mkdir', path: '/root/x' })).toContain('no permission for /root/x');
    expect(lineOf({ code: 'ENOTDIR' })).toContain('cannot be used: inner');
    expect(lineOf({ code: 'UNSUPPORTED_FORMAT' })).toBe('the data folder ./data cannot be used: inner');
  });

  it('Q2 names the error that q explain tells more about', () => {
    expect(lineOf({ code: 'ENOSPC' })).toMatch(/cannot be used: inner; .*; q explain STORAGE_FULL tells more$/);
    expect(lineOf({ code: 'CORRUPT_LOG' })).toMatch(
      /^the broker could not start: .*; q explain CORRUPT_LOG tells more$/,
    );
  });

  it('Q3 calls what only the broker can refuse a bad setting', () => {
    expect(
      explainStartFailure(
        Object.assign(new Error('retention.ms = "x" is not allowed'), { code: 'INVALID_CONFIG' }),
        settings,
      ),
    ).toEqual({
      line: 'retention.ms = "x" is not allowed',
      exitCode: 2,
    });
  });

  it('gives the messages of anything else', () => {
    expect(explainStartFailure(new Error('out of luck', { cause: new Error('rain') }), settings)).toEqual({
      line: 'the broker could not start: out of luck: rain',
      exitCode: 1,
    });
    expect(explainStartFailure('thrown', settings).line).toBe('the broker could not start: thrown');
  });
});
