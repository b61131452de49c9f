import { describe, expect, it } from 'vitest';
import {
  byteCap,
  choice,
  hostAndPort,
  hostName,
  pairs,
  path,
  port,
  portOrOff,
  wholeNumber,
  yesOrNo,
} from '../src/setting-type.ts';
import { settingsList } from '../src/settings.ts';

describe('setting types', () => {
  // No pairs at all have no text: that is how a variable that is not set looks.
  const written = settingsList.filter((setting) => setting.type.format(setting.default) !== '');

  it.each(written.map((setting) => [setting.key, setting] as const))(
    'reads the default of %s back from its text',
    (_, setting) => {
      expect(setting.type.parse(setting.type.format(setting.default))).toEqual(setting.default);
    },
  );

  it('reads ports and nothing that only looks like one', () => {
    expect(port.parse('0')).toBe(0);
    expect(port.parse('65535')).toBe(65_535);
    for (const text of ['65536', '-1', '7420.5', '7e3', '', ' 1', '0x1F']) expect(port.parse(text)).toBeUndefined();
    expect(portOrOff.parse('off')).toBeNull();
    expect(portOrOff.parse('7421')).toBe(7421);
    expect(portOrOff.parse('no')).toBeUndefined();
  });

  it('holds whole numbers to their range', () => {
    const type = wholeNumber({ min: 2, max: 5 });
    expect(['1', '2', '5', '6'].map((text) => type.parse(text))).toEqual([undefined, 2, 5, undefined]);
  });

  it('reads bytes plain, decimal and binary', () => {
    expect(byteCap.parse('1024')).toBe(1024);
    expect(byteCap.parse('10GiB')).toBe(10 * 2 ** 30);
    expect(byteCap.parse('1.5 MB')).toBe(1_500_000);
    expect(byteCap.parse('512kib')).toBe(512 * 1024);
    expect(byteCap.parse('none')).toBeNull();
    for (const text of ['0', '-1', '10 apples', 'GiB', '1.0000001B', '99999999TB'])
      expect(byteCap.parse(text)).toBeUndefined();
  });

  it('reads addresses with a port, IPv6 in brackets', () => {
    expect(hostAndPort.parse('q.example.com:7420')).toEqual({ host: 'q.example.com', port: 7420 });
    expect(hostAndPort.parse('[::1]:7420')).toEqual({ host: '::1', port: 7420 });
    expect(hostAndPort.format({ host: '::1', port: 7420 })).toBe('[::1]:7420');
    for (const text of ['q', 'q:0', 'q:70000', '::1:7420', 'a b:1', ':1'])
      expect(hostAndPort.parse(text)).toBeUndefined();
  });

  it('reads hosts, choices, paths and yes or no', () => {
    expect(['localhost', '0.0.0.0', '::', 'fe80::1'].every((text) => hostName.parse(text) === text)).toBe(true);
    for (const text of ['', 'a:1', 'http://a', 'a b', 'a/b']) expect(hostName.parse(text)).toBeUndefined();
    expect(choice(['file', 'memory']).parse('File')).toBeUndefined();
    expect(path.parse('')).toBeUndefined();
    expect([yesOrNo.parse('true'), yesOrNo.parse('false'), yesOrNo.parse('1')]).toEqual([true, false, undefined]);
  });

  it('reads pairs, whose values may hold commas and equals signs', () => {
    expect(pairs.parse('cleanup.policy=compact,delete; retention.ms=-1')).toEqual({
      'cleanup.policy': 'compact,delete',
      'retention.ms': '-1',
    });
    expect(pairs.parse('a=b=c')).toEqual({ a: 'b=c' });
    for (const text of ['', 'a', '=1', 'a=1;a=2', 'a=1;']) expect(pairs.parse(text)).toBeUndefined();
  });
});
