import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { QError } from '@q/protocol';
import { defaultLogConfig } from '@q/storage';
import { defaultLimits, frameOverheadBytes } from '../../../src/limits.ts';
import {
  describeTopicSettings,
  parseTopicSettings,
  resolveTopicSettings,
  topicSettings,
} from '../../../src/services/topics/topic-config.ts';
import { checkFitsFrame } from '../../../src/services/topics/topic-rules.ts';

const none = new Map<string, string>();

function refusal(key: string, value: string): QError {
  try {
    parseTopicSettings([{ key, value }]);
  } catch (error) {
    if (QError.is(error)) return error;
    throw error;
  }
  throw new Error(`${key}=${value} was accepted`);
}

describe('topic settings', () => {
  it('T1 has the names that people know, sorted, each with words', () => {
    const names = topicSettings.map((setting) => setting.name);
    expect(names).toEqual([
      'cleanup.policy',
      'compression.type',
      'dedup.window.ms',
      'delete.retention.ms',
      'durability',
      'file.delete.delay.ms',
      'index.interval.bytes',
      'max.message.bytes',
      'message.timestamp.type',
      'min.cleanable.dirty.ratio',
      'min.compaction.lag.ms',
      'retention.bytes',
      'retention.ms',
      'segment.bytes',
      'segment.ms',
    ]);
    for (const setting of topicSettings) {
      expect(setting.doc).toMatch(/\.$/);
      expect(setting.allowed).not.toBe('');
    }
  });

  it('Q1 is told in the README', async () => {
    const readme = await readFile(new URL('../../../README.md', import.meta.url), 'utf8');
    for (const { name, default: value, doc } of topicSettings)
      expect(readme).toContain(`| \`${name}\` | ${value} | ${doc} |`);
  });

  it('Q3 takes its own defaults, and they are those of storage', () => {
    const given = topicSettings.map((setting) => ({ key: setting.name, value: setting.default }));
    const texts = parseTopicSettings(given);
    expect(resolveTopicSettings({ topic: texts, broker: none })).toEqual({
      log: defaultLogConfig,
      compression: 'producer',
    });
    expect(resolveTopicSettings({ topic: none, broker: none })).toEqual({
      log: defaultLogConfig,
      compression: 'producer',
    });
  });

  it('P5 has 1 MiB as the default for the largest batch', () => {
    expect(resolveTopicSettings({ topic: none, broker: none }).log.maxMessageBytes).toBe(1 << 20);
  });

  it('lets the topic win over the broker, and the broker over the default', () => {
    const topic = new Map([['retention.ms', '1']]);
    const broker = new Map([
      ['retention.ms', '2'],
      ['segment.bytes', '2048'],
    ]);
    expect(resolveTopicSettings({ topic, broker }).log).toMatchObject({
      retentionMs: 1,
      segmentBytes: 2048,
      segmentMs: 604_800_000,
    });
    const described = describeTopicSettings({ topic, broker });
    expect(described).toContainEqual({ key: 'retention.ms', value: '1', source: 'topic' });
    expect(described).toContainEqual({ key: 'segment.bytes', value: '2048', source: 'broker' });
    expect(described).toContainEqual({ key: 'segment.ms', value: '604800000', source: 'default' });
  });

  it('reads the values that are not numbers', () => {
    const texts = parseTopicSettings([
      { key: 'cleanup.policy', value: 'compact,delete' },
      { key: 'durability', value: 'os' },
      { key: 'message.timestamp.type', value: 'LogAppendTime' },
      { key: 'compression.type', value: 'zstd' },
      { key: 'min.cleanable.dirty.ratio', value: '0.25' },
      { key: 'retention.bytes', value: '-1' },
    ]);
    expect(resolveTopicSettings({ topic: texts, broker: none })).toMatchObject({
      compression: 'zstd',
      log: {
        cleanupPolicy: { compact: true, delete: true },
        durability: 'os',
        timestampType: 'LogAppendTime',
        minCleanableDirtyRatio: 0.25,
        retentionBytes: -1,
      },
    });
  });

  it.each([
    ['retention.ms', '1h', '3600000'],
    ['retention.ms', '1d12h', '129600000'],
    ['retention.ms', '1.5s', '1500'],
    ['retention.ms', '-1', '-1'],
    ['segment.ms', '90 s', '90000'],
    ['max.message.bytes', '10MB', '10000000'],
    ['segment.bytes', '1.5MiB', '1572864'],
    ['retention.bytes', '10gib', '10737418240'],
  ])('Q3 takes %s = %s and stores %s', (key, value, stored) => {
    const texts = parseTopicSettings([{ key, value }]);
    expect(texts.get(key)).toBe(stored);
    expect(describeTopicSettings({ topic: texts, broker: none })).toContainEqual({
      key,
      value: stored,
      source: 'topic',
    });
  });

  it('P5 says how large a batch may be as the broker decides it', () => {
    const most = defaultLimits.frameBytesMax - frameOverheadBytes;
    expect(topicSettings.find(({ name }) => name === 'max.message.bytes')?.doc).toContain(String(most));
    const withBytes =
      (bytes: number): (() => void) =>
      () =>
        checkFitsFrame({ topic: new Map([['max.message.bytes', String(bytes)]]), broker: none }, defaultLimits);
    expect(withBytes(most)).not.toThrow();
    expect(withBytes(most + 1)).toThrow(String(most));
  });

  it.each([
    ['retention.ms', '1M'],
    ['retention.ms', '1 year'],
    ['retention.ms', '10MB'],
    ['retention.ms', '-1h'],
    ['retention.ms', '0.3ms'],
    ['retention.ms', `${'9'.repeat(16)}w`],
    ['segment.bytes', '1h'],
    ['segment.bytes', '1GB1MB'],
    ['retention.ms', '-2'],
    ['retention.ms', '1.5'],
    ['retention.ms', ''],
    ['retention.ms', '1e3'],
    ['retention.ms', ' 1'],
    ['segment.bytes', '10'],
    ['segment.bytes', '2147483648'],
    ['max.message.bytes', '0'],
    ['max.message.bytes', '-1'],
    ['cleanup.policy', 'keep'],
    ['compression.type', 'brotli'],
    ['durability', 'never'],
    ['min.cleanable.dirty.ratio', '1.1'],
    ['min.cleanable.dirty.ratio', 'NaN'],
    ['dedup.window.ms', '99999999999999999999'],
  ])('Q3 refuses %s = %j and says what is allowed', (key, value) => {
    const error = refusal(key, value);
    expect(error.code).toBe('INVALID_CONFIG');
    expect(error.message).toContain(key);
    expect(error.message).toContain(JSON.stringify(value));
    expect(error.details).toMatchObject({
      setting: key,
      value,
      allowed: expect.stringMatching(/one of|number/) as string,
    });
  });

  it('Q3 refuses a setting that does not exist, also one that every object has, and one given twice', () => {
    expect(refusal('retention', '1').message).toContain('retention.ms');
    expect(refusal('constructor', '1').code).toBe('INVALID_CONFIG');
    expect(() =>
      parseTopicSettings([
        { key: 'segment.ms', value: '1' },
        { key: 'segment.ms', value: '2' },
      ]),
    ).toThrow(/twice/);
  });
});
