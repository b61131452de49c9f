/**
 * The settings of a broker that can change while it runs, and their limits, of which some cannot: what an embedded
 * broker has, and the part of a program's settings that the broker knows best.
 */
import type { Durability, WhenFull } from '@q/storage';
import { defaultLimits, restartLimits } from '../../limits.ts';
import type { BrokerLimits } from '../../limits.ts';
import { defaultThresholds, thresholdNames, thresholdRange } from '../health/thresholds.ts';
import type { HealthThresholds } from '../health/thresholds.ts';
import { readQuantity } from '../topics/setting-quantity.ts';
import { plainSetting, topicSettings } from '../topics/topic-config.ts';
import type { Setting } from '../topics/topic-config.ts';
import type { GivenValue, SettingDefinition } from './setting-definition.ts';

/** The same as values, as `BrokerOptions` has them. */
export interface ChangeableOptions {
  readonly durability: Durability;
  readonly topicDefaults: Readonly<Record<string, string>>;
  readonly autoCreateTopics: boolean;
  readonly storageMaxBytes: number | null;
  readonly whenFull: WhenFull;
  readonly limits: Partial<BrokerLimits>;
  readonly alerts: Partial<HealthThresholds>;
}

/** The value of a setting that may be left out altogether, such as a cap. */
const none = 'none';
const limitPrefix = 'limits.';
const alertPrefix = 'alerts.';
const topicDefaultPrefix = 'topicDefaults.';

/** The definitions, in the order in which they are told. */
export function ownDefinitions(): SettingDefinition[] {
  const limitNames = Object.keys(defaultLimits) as (keyof BrokerLimits)[];
  return [
    ...scalars,
    ...topicSettings.map(topicDefaultDefinition),
    ...limitNames.map(limitDefinition),
    ...thresholdNames.map(thresholdDefinition),
  ];
}

const common = { isReloadable: true, isSecret: false } as const;

function choice(values: readonly string[]): Pick<SettingDefinition, 'type' | 'allowed' | 'normalize'> {
  return {
    type: values.join('|'),
    allowed: `one of ${values.join(', ')}`,
    normalize: (text) => values.find((value) => value === text),
  };
}

const scalars: readonly SettingDefinition[] = [
  {
    name: 'storageMaxBytes',
    type: 'bytes',
    default: none,
    allowed: `a number of bytes above 0 such as 1073741824, 500MB or 10GiB, or ${none}`,
    doc: 'Cap on the bytes of all partitions together.',
    normalize(text) {
      const bytes = text === none ? null : readQuantity(text, 'bytes');
      if (text === none) return none;
      return bytes === null || bytes < 1 ? undefined : String(bytes);
    },
    ...common,
  },
  {
    name: 'whenFull',
    default: 'refuse',
    doc: 'At the cap: refuse writes with a retriable error, or delete the oldest segments.',
    ...choice(['refuse', 'drop-oldest']),
    ...common,
  },
  {
    name: 'durability',
    default: 'fsync',
    doc: 'What an acknowledgement means for topics that do not choose for themselves.',
    ...choice(['fsync', 'interval', 'os']),
    ...common,
  },
  {
    name: 'autoCreateTopics',
    default: 'false',
    doc: 'Create a topic with the defaults when a client first asks for it.',
    ...choice(['true', 'false']),
    type: 'true|false',
    allowed: 'true or false',
    ...common,
  },
];

function topicDefaultDefinition({ name, unit, default: standard, allowed, doc }: Setting): SettingDefinition {
  return {
    name: topicDefaultPrefix + name,
    type: unit,
    default: standard,
    allowed,
    doc: `${doc} For topics that do not set it themselves.`,
    normalize: (text) => plainSetting(name, text),
    ...common,
  };
}

function limitDefinition(name: keyof BrokerLimits): SettingDefinition {
  const least = name === 'groupInitialDelayMs' ? 0 : 1;
  return {
    name: limitPrefix + name,
    type: 'number',
    default: String(defaultLimits[name]),
    allowed: `a whole number of at least ${least}`,
    doc: 'A limit; docs/CONFIGURATION.md has the meaning of each.',
    isReloadable: !restartLimits.has(name),
    isSecret: false,
    normalize: (text) => (/^\d{1,15}$/.test(text) && Number(text) >= least ? String(Number(text)) : undefined),
  };
}

function thresholdDefinition(name: keyof HealthThresholds): SettingDefinition {
  const { min, max } = thresholdRange(name);
  return {
    name: alertPrefix + name,
    type: 'number',
    default: String(defaultThresholds[name]),
    allowed: `a whole number from ${min} to ${max}`,
    doc: 'When something counts as wrong; docs/ALERTS.md has the meaning of each.',
    normalize: (text) =>
      /^\d{1,16}$/.test(text) && Number(text) >= min && Number(text) <= max ? String(Number(text)) : undefined,
    ...common,
  };
}

/** Settings as values. Those that `valueOf` does not know are left out, or at their defaults. */
export function toOptions(valueOf: (name: string) => string | undefined): ChangeableOptions {
  const cap = valueOf('storageMaxBytes') ?? none;
  const limits: Partial<Record<keyof BrokerLimits, number>> = {};
  for (const name of Object.keys(defaultLimits) as (keyof BrokerLimits)[]) {
    const text = valueOf(limitPrefix + name);
    if (text !== undefined) limits[name] = Number(text);
  }
  const alerts: Partial<Record<keyof HealthThresholds, number>> = {};
  for (const name of thresholdNames) {
    const text = valueOf(alertPrefix + name);
    if (text !== undefined) alerts[name] = Number(text);
  }
  const topicDefaults: Record<string, string> = {};
  for (const { name } of topicSettings) {
    const text = valueOf(topicDefaultPrefix + name);
    if (text !== undefined) topicDefaults[name] = text;
  }
  return {
    // The definitions let nothing else through.
    durability: (valueOf('durability') ?? 'fsync') as Durability,
    whenFull: (valueOf('whenFull') ?? 'refuse') as WhenFull,
    autoCreateTopics: valueOf('autoCreateTopics') === 'true',
    storageMaxBytes: cap === none ? null : Number(cap),
    limits,
    alerts,
    topicDefaults,
  };
}

/** What somebody who embeds a broker gave to `startBroker`. */
export function fromOptions(given: Partial<ChangeableOptions>): GivenValue[] {
  const texts: [string, unknown][] = [
    ['durability', given.durability],
    ['autoCreateTopics', given.autoCreateTopics],
    ['storageMaxBytes', given.storageMaxBytes ?? undefined],
    ['whenFull', given.whenFull],
    ...Object.entries(given.topicDefaults ?? {}).map(([name, value]): [string, unknown] => [
      topicDefaultPrefix + name,
      value,
    ]),
    ...Object.entries(given.limits ?? {}).map(([name, value]): [string, unknown] => [limitPrefix + name, value]),
    ...Object.entries(given.alerts ?? {}).map(([name, value]): [string, unknown] => [alertPrefix + name, value]),
  ];
  return texts
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => ({ name, text: String(value), source: 'option', from: `the option ${name}` }));
}
