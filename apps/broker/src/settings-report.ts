/** What `--print-config` and `--check-config` say. */
import { checkOptions, ownDefinitions } from '@q/broker';
import type { BrokerOptions, GivenValue, SettingDefinition } from '@q/broker';
import { brokerOptions } from './broker-options.ts';
import { listedListeners, listenerOptions } from './listener-list.ts';
import { programDefinitions } from './program-definitions.ts';
import type { KnownSettings } from './resolve-settings.ts';
import type { Settings } from './settings.ts';

interface Row {
  readonly name: string;
  readonly value: string;
  readonly source: GivenValue['source'] | 'default';
  readonly from: string | null;
  readonly default: string;
  readonly reloadable: boolean;
}

const mask = '********';

/** Those of the Kafka protocol too, which is not loaded to look at settings. */
function portsOf(settings: Settings): Pick<BrokerOptions, 'doors' | 'listeners'> {
  const open = (): never => {
    throw new Error('nothing is opened to look at settings');
  };
  const kafka = { name: 'kafka', open };
  const { kafkaHost: host, kafkaPort: port } = settings;
  const listed = listedListeners(settings);
  const listeners = listenerOptions(listed, kafka);
  const hasDoor = port !== null && listed.every(({ protocol }) => protocol !== 'kafka');
  return { listeners, doors: hasDoor ? [{ ...kafka, host, port }] : [] };
}

/** Why a broker would refuse these settings, which are right each for itself; null: it would not. */
export function refusalOf({ settings }: Pick<KnownSettings, 'settings'>): string | null {
  try {
    checkOptions({ ...brokerOptions(settings), ...portsOf(settings) });
    return null;
  } catch (error) {
    return (error as Error).message;
  }
}

/** Every setting with its source, a line each; without those of the two maps that nobody has set. */
export function settingsText(known: KnownSettings): string {
  const rows = rowsOf(known, allDefinitions()).filter(({ name, from }) => from !== null || !name.includes('.'));
  const nameWidth = Math.max(...rows.map(({ name }) => name.length));
  const valueWidth = Math.min(40, Math.max(...rows.map(({ value }) => value.length)));
  return rows
    .map(({ name, value, from }) => `${name.padEnd(nameWidth)}  ${value.padEnd(valueWidth)}  ${from ?? 'default'}\n`)
    .join('');
}

/** Every setting, those of the maps too. */
export function settingsJson(known: KnownSettings): string {
  return `${JSON.stringify({ file: known.file, settings: rowsOf(known, allDefinitions()) }, null, 2)}\n`;
}

function allDefinitions(): SettingDefinition[] {
  const own = programDefinitions();
  const names = new Set(own.map(({ name }) => name));
  return [...own, ...ownDefinitions().filter(({ name }) => !names.has(name))];
}

export function rowsOf({ given }: Pick<KnownSettings, 'given'>, definitions: readonly SettingDefinition[]): Row[] {
  // The strongest is the last.
  const chosen = new Map(given.map((value) => [value.name, value]));
  return definitions.map(({ name, default: standard, isReloadable, isSecret }) => {
    const value = chosen.get(name);
    const shown = value !== undefined && isSecret ? mask : (value?.text ?? standard);
    return {
      name,
      value: shown,
      source: value?.source ?? 'default',
      from: value?.from ?? null,
      default: standard,
      reloadable: isReloadable,
    };
  });
}
