import { readAddress, readBytes, writeAddress } from './setting-text.ts';
import type { HostAndPort } from './setting-text.ts';
import type { SettingFacts, SettingKey } from './settings.ts';

/**
 * What the schema says of one setting, as plain values (`schema/rules-of-schema.ts`): enough to read a text as the
 * schema would.
 */
export interface SettingRule extends Required<Omit<SettingFacts, 'shorthand'>>, Pick<SettingFacts, 'shorthand'> {
  readonly key: SettingKey;
  readonly reads: 'text' | 'choice' | 'boolean' | 'whole' | 'bytes' | 'address' | 'texts' | 'numbers';
  /** A word that stands for "there is none", which is null as a value. */
  readonly word?: string;
  readonly pattern?: string;
  readonly values?: readonly string[];
  readonly min?: number;
  readonly max?: number;
  /** As text. */
  readonly default: string;
}

/** The value that a text stands for; undefined: it is not allowed. For a map: of one entry. */
export function readText(rule: SettingRule, text: string): unknown {
  if (rule.word !== undefined && text === rule.word) return null;
  switch (rule.reads) {
    case 'text':
      return new RegExp(rule.pattern ?? '').test(text) ? text : undefined;
    case 'choice':
      return rule.values?.find((value) => value === text);
    case 'boolean':
      return text === 'true' ? true : text === 'false' ? false : undefined;
    case 'whole':
    case 'numbers':
      return within(rule, /^\d{1,16}$/.test(text) ? Number(text) : null);
    case 'bytes':
      return within(rule, readBytes(text));
    case 'address':
      return addressOf(text);
    case 'texts':
      return text;
  }
}

/** A value as text, the same for all texts of one value. */
export function writeText(rule: SettingRule, value: unknown): string {
  if (value === null) return rule.word ?? '';
  if (typeof value === 'string') return value;
  return rule.reads === 'address' ? writeAddress(value as HostAndPort) : JSON.stringify(value);
}

/** It carries names and values, not one value. */
export function isMap({ reads }: SettingRule): boolean {
  return reads === 'texts' || reads === 'numbers';
}

function within({ min = 0, max = Number.MAX_SAFE_INTEGER }: SettingRule, value: number | null): number | undefined {
  return value !== null && value >= min && value <= max ? value : undefined;
}

/** Only what could never be a host is refused here, the listener says the rest. */
const hostPattern = /^(?:[A-Za-z0-9._-]+|(?=.*:.*:)[0-9A-Fa-f:.]+)$/;

function addressOf(text: string): HostAndPort | undefined {
  const address = readAddress(text);
  if (address === null || !hostPattern.test(address.host)) return undefined;
  return address.port >= 1 && address.port <= 65_535 ? address : undefined;
}
