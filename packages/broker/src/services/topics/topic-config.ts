/**
 * The table of topic settings (row T1): name, default, unit, meaning, and how a text becomes a value. The names are
 * those that the Kafka ecosystem knows; `durability` and `dedup.window.ms` are ours.
 */
import { QError, codecNames, protocolLimits } from '@q/protocol';
import type { CodecName } from '@q/protocol';
import { defaultLogConfig } from '@q/storage';
import type { Durability, LogConfig } from '@q/storage';
import { frameOverheadBytes } from '../../limits.ts';
import { quantityExamples, readQuantity } from './setting-quantity.ts';

/** What the settings of a topic come to. */
export interface TopicSettings {
  readonly log: LogConfig;
  /** `producer` stores batches as they came; a codec forces it. */
  readonly compression: 'producer' | CodecName;
}

/** What the number of a setting counts; `choice` is a word out of a list. */
export type SettingUnit = 'ms' | 'bytes' | 'ratio' | 'choice';

/** A setting as a caller gives it, e.g. `retention.ms` = `3600000`. */
export interface GivenSetting {
  readonly key: string;
  readonly value: string;
}

/** A setting as it is in force, and where its value comes from. */
export interface SettingInForce extends GivenSetting {
  readonly source: 'default' | 'broker' | 'topic';
}

/** One row of the table. */
export interface Setting {
  readonly name: string;
  readonly default: string;
  readonly unit: SettingUnit;
  readonly doc: string;
  /** What is allowed, in words, for error messages. */
  readonly allowed: string;
  /** Puts the value in; false when the text is not allowed. */
  readonly apply: (into: Draft, text: string) => boolean;
  /** The text as it is stored: a number without its unit. Only for texts that are allowed. */
  readonly plain?: (text: string) => string;
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };
interface Draft {
  log: Mutable<LogConfig>;
  compression: TopicSettings['compression'];
}

type NumberKey = { [K in keyof LogConfig]: LogConfig[K] extends number ? K : never }[keyof LogConfig];

interface NumberRange {
  readonly min: number;
  readonly max: number;
  /** -1 stands for "no limit". */
  readonly orNone?: boolean;
}

const dayMs = 24 * 60 * 60 * 1000;
const longMs = 10_000 * dayMs;
const anyBytes = Number.MAX_SAFE_INTEGER;

/** What a frame leaves room for while its limit is what it is by default. */
const largestByDefault = protocolLimits.frameBytesMax - frameOverheadBytes;

/** Positions in a segment are 32-bit on disk. */
const segmentBytesMax = 2 ** 31 - 1;

function whole(
  key: NumberKey,
  unit: 'ms' | 'bytes',
  range: NumberRange,
): Pick<Setting, 'unit' | 'default' | 'allowed' | 'apply' | 'plain'> {
  const { min, max, orNone = false } = range;
  const words = max === anyBytes ? `a whole number of at least ${min}` : `a whole number from ${min} to ${max}`;
  return {
    unit,
    default: String(defaultLogConfig[key]),
    allowed: `${words} (${quantityExamples[unit]})${orNone ? ', or -1 for no limit' : ''}`,
    plain: (text) => String(readQuantity(text, unit)),
    apply: (into, text) => {
      const value = readQuantity(text, unit);
      if (value === null) return false;
      if (!(orNone && value === -1) && !(value >= min && value <= max)) return false;
      into.log[key] = value;
      return true;
    },
  };
}

function choice<T extends string>(
  values: readonly T[],
  set: (into: Draft, value: T) => void,
): Pick<Setting, 'unit' | 'allowed' | 'apply'> {
  return {
    unit: 'choice',
    allowed: `one of ${values.join(', ')}`,
    apply: (into, text) => {
      const value = values.find((known) => known === text);
      if (value === undefined) return false;
      set(into, value);
      return true;
    },
  };
}

const durations = { min: 0, max: longMs } as const;

/** Every setting of a topic. */
export const topicSettings: readonly Setting[] = [
  {
    name: 'cleanup.policy',
    default: 'delete',
    ...choice(['delete', 'compact', 'compact,delete', 'delete,compact'], (into, value) => {
      into.log.cleanupPolicy = { delete: value.includes('delete'), compact: value.includes('compact') };
    }),
    doc: 'What becomes of old records: delete them by age and size, compact to the latest of each key, or both.',
  },
  {
    name: 'compression.type',
    default: 'producer',
    ...choice(['producer', ...codecNames], (into, value) => (into.compression = value)),
    doc: 'Codec in which batches are stored; producer keeps each as it was sent.',
  },
  {
    name: 'dedup.window.ms',
    ...whole('dedupWindowMs', 'ms', { min: 0, max: 7 * dayMs }),
    doc: 'A record whose q-message-id header was seen within this time is dropped and answered with the first offset; 0 is off.',
  },
  {
    name: 'delete.retention.ms',
    ...whole('deleteRetentionMs', 'ms', durations),
    doc: 'How long the tombstone of a deleted key stays readable in a compacted topic.',
  },
  {
    name: 'durability',
    default: defaultLogConfig.durability,
    ...choice<Durability>(['fsync', 'interval', 'os'], (into, value) => (into.log.durability = value)),
    doc: 'What an acknowledgement means: fsync - on disk; interval - written, on disk soon; os - handed to the operating system.',
  },
  {
    name: 'file.delete.delay.ms',
    ...whole('fileDeleteDelayMs', 'ms', durations),
    doc: 'How long the files of deleted segments stay on disk.',
  },
  {
    name: 'index.interval.bytes',
    ...whole('indexIntervalBytes', 'bytes', { min: 128, max: 1 << 24 }),
    doc: 'Bytes of log for each entry of the sparse index.',
  },
  {
    name: 'max.message.bytes',
    ...whole('maxMessageBytes', 'bytes', { min: 128, max: protocolLimits.uncompressedBytesMax }),
    doc: `Largest record batch that is taken, as sent. It must fit in a frame: no more than the limit frameBytesMax less ${frameOverheadBytes}, which is ${largestByDefault} unless that limit is raised.`,
  },
  {
    name: 'message.timestamp.type',
    default: defaultLogConfig.timestampType,
    ...choice<LogConfig['timestampType']>(
      ['CreateTime', 'LogAppendTime'],
      (into, value) => (into.log.timestampType = value),
    ),
    doc: 'Whose clock stamps a record: the producer’s or the broker’s.',
  },
  {
    name: 'min.cleanable.dirty.ratio',
    default: String(defaultLogConfig.minCleanableDirtyRatio),
    unit: 'ratio',
    allowed: 'a number from 0 to 1',
    apply: (into, text) => {
      const value = Number(text);
      if (!/^\d(\.\d{1,9})?$/.test(text) || value > 1) return false;
      into.log.minCleanableDirtyRatio = value;
      return true;
    },
    doc: 'Part of a compacted log that must be new before it is compacted again.',
  },
  {
    name: 'min.compaction.lag.ms',
    ...whole('minCompactionLagMs', 'ms', durations),
    doc: 'Records younger than this are not compacted.',
  },
  {
    name: 'retention.bytes',
    ...whole('retentionBytes', 'bytes', { min: 0, max: anyBytes, orNone: true }),
    doc: 'Largest size of a partition; its oldest segments go beyond that.',
  },
  {
    name: 'retention.ms',
    ...whole('retentionMs', 'ms', { ...durations, orNone: true }),
    doc: 'How long records are kept.',
  },
  {
    name: 'segment.bytes',
    ...whole('segmentBytes', 'bytes', { min: 1024, max: segmentBytesMax }),
    doc: 'Size at which a new segment file is begun.',
  },
  {
    name: 'segment.ms',
    ...whole('segmentMs', 'ms', { min: 1, max: longMs }),
    doc: 'Age at which a new segment file is begun.',
  },
];

const byName: ReadonlyMap<string, Setting> = new Map(topicSettings.map((setting) => [setting.name, setting]));

/** Settings by name, as text. A map and not an object: the names come from the wire. */
export type SettingTexts = ReadonlyMap<string, string>;

/**
 * Checks what somebody sent as settings of a topic, and gives them as they are stored.
 * @throws QError INVALID_CONFIG naming the setting, its value and what is allowed
 */
export function parseTopicSettings(given: readonly GivenSetting[]): SettingTexts {
  const texts = new Map<string, string>();
  for (const { key, value } of given) {
    if (texts.has(key))
      throw new QError('INVALID_CONFIG', `the setting ${key} is given twice`, { details: { setting: key } });
    texts.set(key, checkSetting(key, value));
  }
  return texts;
}

/** @throws QError INVALID_CONFIG when there is no such setting */
export function requireSetting(name: string): Setting {
  const setting = byName.get(name);
  if (setting !== undefined) return setting;
  const allowed = topicSettings.map((known) => known.name).join(', ');
  throw new QError('INVALID_CONFIG', `there is no topic setting ${JSON.stringify(name)}; there are: ${allowed}`, {
    details: { setting: name, allowed },
  });
}

function checkSetting(name: string, value: string): string {
  const setting = requireSetting(name);
  const plain = plainSetting(name, value);
  if (plain !== undefined) return plain;
  throw new QError(
    'INVALID_CONFIG',
    `${name} = ${JSON.stringify(value)} is not allowed: it must be ${setting.allowed}`,
    {
      details: { setting: name, value, allowed: setting.allowed },
    },
  );
}

/** The text as it is stored, or undefined where there is no such setting or it is not allowed. */
export function plainSetting(name: string, text: string): string | undefined {
  const setting = byName.get(name);
  if (setting === undefined || !setting.apply(emptyDraft(), text)) return undefined;
  return setting.plain?.(text) ?? text;
}

/** The values in force: a topic's own texts over those of the broker over the built-in defaults. */
export function resolveTopicSettings(options: { topic: SettingTexts; broker: SettingTexts }): TopicSettings {
  const draft = emptyDraft();
  for (const setting of topicSettings) {
    const text = options.topic.get(setting.name) ?? options.broker.get(setting.name);
    if (text !== undefined) setting.apply(draft, text);
  }
  return draft;
}

/** The same as text with the source of each, in the order of the names. */
export function describeTopicSettings(options: { topic: SettingTexts; broker: SettingTexts }): SettingInForce[] {
  return topicSettings.map((setting) => {
    const { name: key } = setting;
    const own = options.topic.get(key);
    if (own !== undefined) return { key, value: own, source: 'topic' };
    const inherited = options.broker.get(key);
    if (inherited !== undefined) return { key, value: inherited, source: 'broker' };
    return { key, value: setting.default, source: 'default' };
  });
}

function emptyDraft(): Draft {
  return { log: { ...defaultLogConfig }, compression: 'producer' };
}
