/** Values of the broker's own settings, in Kafka's words. */
import type { Services, SettingSource } from '@q/broker';
import { configSource } from './config-codes.ts';
import type { ConfigValue } from './config-in-force.ts';

/** The broker's settings, as far as they are described here. */
export type DescribedSettings = Pick<Services['settings'], 'revision' | 'lookUp'>;

const sources: Readonly<Record<SettingSource, number>> = {
  api: configSource.dynamicBroker,
  flag: configSource.brokerStatic,
  environment: configSource.brokerStatic,
  file: configSource.brokerStatic,
  option: configSource.brokerStatic,
  default: configSource.builtIn,
};

/** Every value that a setting was given, the one in force first. Kafka knows one source where we know several. */
export function valuesOf(
  settings: DescribedSettings,
  { setting, name, word }: { readonly setting: string; readonly name: string; readonly word: (text: string) => string },
): ConfigValue[] {
  const seen = new Set<number>();
  return settings.lookUp(setting).values.flatMap((given) => {
    const source = sources[given.source];
    if (seen.has(source)) return [];
    seen.add(source);
    return [{ name, value: word(given.value), source }];
  });
}
