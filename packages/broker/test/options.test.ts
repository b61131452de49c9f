import { describe, expect, it } from 'vitest';
import { QError } from '@q/protocol';
import { checkLimits, defaultLimits } from '../src/limits.ts';
import { resolveOptions } from '../src/options.ts';

function refusal(options: object): QError {
  try {
    resolveOptions(options);
  } catch (error) {
    if (QError.is(error)) return error;
    throw error;
  }
  throw new Error(`${JSON.stringify(options)} was accepted`);
}

describe('options', () => {
  it('Q3 has a default for everything', () => {
    expect(resolveOptions({ descriptorsMax: 1_000_000 })).toMatchObject({
      host: '127.0.0.1',
      listeners: [
        { name: 'native', protocol: 'native', host: '127.0.0.1', port: 7420, tls: null, authentication: null },
        { name: 'admin', protocol: 'admin', host: '127.0.0.1', port: 7421, tls: null, authentication: null },
      ],
      storage: 'file',
      dataDir: './data',
      brokerId: 1,
      durability: 'fsync',
      autoCreateTopics: false,
      storageMaxBytes: null,
      whenFull: 'refuse',
      limits: defaultLimits,
    });
  });

  it.each<[object, string, string]>([
    [{ port: -1 }, 'port', '-1'],
    [{ port: 65_536 }, 'port', '65536'],
    [{ port: '7420' }, 'port', '"7420"'],
    [{ host: '' }, 'host', '""'],
    [{ storage: 'tape' }, 'storage', '"tape"'],
    [{ durability: 'none' }, 'durability', '"none"'],
    [{ brokerId: 1.5 }, 'brokerId', '1.5'],
    [{ admin: { port: 70_000 } }, 'admin.port', '70000'],
    [{ advertised: { host: 'h', port: 0 } }, 'advertised.port', '0'],
    [{ autoCreateTopics: 'yes' }, 'autoCreateTopics', '"yes"'],
    [{ storageMaxBytes: 0 }, 'storageMaxBytes', '0'],
    [{ descriptorsMax: 0 }, 'descriptorsMax', '0'],
    [{ whenFull: 'panic' }, 'whenFull', '"panic"'],
  ])('Q3 refuses %j by name, value and what is allowed', (options, setting, value) => {
    const error = refusal(options);
    expect(error.code).toBe('INVALID_CONFIG');
    expect(error.message).toContain(`${setting} = ${value}`);
    expect(error.message).toMatch(/must be/);
    expect(error.details).toMatchObject({ setting });
  });

  it('Q3 refuses what it does not know', () => {
    expect(refusal({ prot: 1 }).message).toMatch(/prot: there is no such setting; there are: host, port/);
    expect(refusal({ limits: { framesMax: 1 } }).message).toContain('limits.framesMax');
    expect(refusal({ topicDefaults: { 'retention.days': '1' } }).message).toContain('retention.days');
    expect(refusal({ topicDefaults: { 'retention.ms': 'soon' } }).message).toContain('"soon"');
    expect(refusal({ topicDefaults: { 'max.message.bytes': '50000000' } }).message).toContain('frames');
  });

  it('makes durability a default of topics, which topicDefaults overrules', () => {
    expect(resolveOptions({ durability: 'os' }).topicDefaults.get('durability')).toBe('os');
    expect(
      resolveOptions({ durability: 'os', topicDefaults: { durability: 'interval' } }).topicDefaults.get('durability'),
    ).toBe('interval');
    expect(resolveOptions({}).topicDefaults.has('durability')).toBe(false);
  });
});

describe('limits', () => {
  it('Q3 contradicting limits are refused', () => {
    expect(checkLimits(defaultLimits)).toBeNull();
    expect(checkLimits({ ...defaultLimits, connectionBytesMax: 1 << 20 })).toMatch(
      /connectionBytesMax must be at least twice frameBytesMax \(frameBytesMax=16777216, connectionBytesMax=1048576\)/,
    );
    expect(checkLimits({ ...defaultLimits, brokerBytesHardMax: 1 << 20 })).toMatch(/brokerBytesHardMax/);
    expect(checkLimits({ ...defaultLimits, topicsMax: 0 })).toMatch(/topicsMax = 0/);
    expect(checkLimits({ ...defaultLimits, idleTimeoutMs: Number.POSITIVE_INFINITY })).toMatch(
      /idleTimeoutMs = Infinity/,
    );
    expect(refusal({ limits: { frameBytesMax: 1000 } }).code).toBe('INVALID_CONFIG');
  });
});
