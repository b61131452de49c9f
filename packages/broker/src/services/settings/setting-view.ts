import type { SettingDefinition, SettingSource } from './setting-definition.ts';

/** A value that was given, and where. */
export interface SettingValue {
  readonly value: string;
  readonly source: SettingSource;
  /** Where exactly, in words. */
  readonly from: string;
}

/** A setting as it is told to people and programs. */
export interface SettingView extends Pick<
  SettingDefinition,
  'name' | 'type' | 'default' | 'allowed' | 'doc' | 'isReloadable' | 'isSecret'
> {
  /** What is in force. */
  readonly value: string;
  readonly source: SettingSource;
  readonly from: string;
  /** Every value that was given, the strongest first; the default is the last. */
  readonly values: readonly SettingValue[];
  /** What is in force after a restart, where that is something else. */
  readonly afterRestart: string | null;
}

const mask = '********';

/** The same, with nothing in it that only its owner should know. The default is public. */
export function hidden(view: SettingView): SettingView {
  const masked = (value: string): string => (value === view.default ? value : mask);
  return {
    ...view,
    value: masked(view.value),
    values: view.values.map((given) => ({ ...given, value: masked(given.value) })),
    afterRestart: view.afterRestart === null ? null : masked(view.afterRestart),
  };
}

/** As `hidden`, one value of a setting. */
export function shown(definition: SettingDefinition, value: string): string {
  return definition.isSecret && value !== definition.default ? mask : value;
}
