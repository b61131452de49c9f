import { z } from 'zod';
import type { SettingFacts, SettingKey } from '../src/settings.ts';
import type { SettingRule } from '../src/setting-rule.ts';
import { settingsSchema } from './settings-schema.ts';

/** The part of a JSON Schema that is looked at, with what our schema says beside. */
interface Described {
  readonly type?: string;
  readonly enum?: readonly string[];
  readonly pattern?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly default?: unknown;
  readonly anyOf?: readonly Described[];
  readonly additionalProperties?: Described;
  readonly facts?: SettingFacts;
  readonly reads?: 'bytes' | 'address';
  readonly word?: string;
}

/** What the program reads instead of the schema: plain values, in the order of the settings. */
export function rulesOfSchema(): SettingRule[] {
  const { properties } = z.toJSONSchema(settingsSchema, { io: 'output' }) as unknown as {
    readonly properties: Readonly<Record<SettingKey, Described>>;
  };
  const standards = z.encode(settingsSchema, settingsSchema.parse({})) as Readonly<Record<SettingKey, unknown>>;
  return (Object.entries(properties) as [SettingKey, Described][]).map(([key, described]) =>
    ruleOf(key, described, standards[key]),
  );
}

function ruleOf(key: SettingKey, described: Described, standard: unknown): SettingRule {
  const { facts } = described;
  if (facts === undefined) throw new Error(`the setting ${key} says nothing of itself`);
  const reading = readingOf(key, described);
  const values = reading.values ?? (reading.reads === 'boolean' ? ['true', 'false'] : null);
  const placeholder = facts.placeholder ?? values?.join('|');
  const allowed = facts.allowed ?? (reading.reads === 'boolean' ? 'true or false' : `one of ${values?.join(', ')}`);
  if (placeholder === undefined) throw new Error(`the setting ${key} does not say what a value looks like`);
  return {
    key,
    ...reading,
    default: typeof standard === 'string' ? standard : '',
    placeholder,
    allowed,
    doc: facts.doc,
    isReloadable: facts.isReloadable === true,
    isSecret: facts.isSecret === true,
    ...(facts.shorthand !== undefined && { shorthand: facts.shorthand }),
  };
}

type Reading = Pick<SettingRule, 'reads' | 'word' | 'pattern' | 'values' | 'min' | 'max'>;

function readingOf(key: SettingKey, described: Described): Reading {
  const { anyOf, word, reads, minimum: min, maximum: max } = described;
  if (anyOf !== undefined && word !== undefined) {
    const present = anyOf.find(({ type }) => type !== 'null');
    if (present !== undefined) return { ...readingOf(key, present), word };
  }
  if (reads === 'address') return { reads };
  if (reads === 'bytes') return { reads, min: min ?? 0 };
  if (described.enum !== undefined) return { reads: 'choice', values: described.enum };
  if (described.type === 'boolean') return { reads: 'boolean' };
  if (described.type === 'integer' && min !== undefined && max !== undefined) return { reads: 'whole', min, max };
  if (described.type === 'string') return { reads: 'text', pattern: described.pattern ?? '' };
  const entry = described.additionalProperties;
  if (entry?.type === 'string') return { reads: 'texts' };
  if (entry?.type === 'integer') return { reads: 'numbers', max: entry.maximum ?? 0 };
  throw new Error(`the setting ${key} is of a kind that the program cannot read: ${JSON.stringify(described)}`);
}
