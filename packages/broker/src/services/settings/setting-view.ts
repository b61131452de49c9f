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
export function hidden(definition: Pick<SettingDefinition, 'isSecret' | 'default'>, view: SettingView): SettingView {
  const masked = (value: string): string => shown(definition, value);
  return {
    ...view,
    value: masked(view.value),
    values: view.values.map((given) => ({ ...given, value: masked(given.value) })),
    afterRestart: view.afterRestart === null ? null : masked(view.afterRestart),
  };
}

/** As `hidden`, one value of a setting. Of a secret address the host is told: it says where things go. */
export function shown(definition: Pick<SettingDefinition, 'isSecret' | 'default'>, value: string): string {
  if (value === definition.default) return value;
  const [, scheme, user, place, query] = webAddress.exec(value) ?? [];
  if (definition.isSecret) return place === undefined ? mask : `${scheme}${place.replace(/[/?#].*$/s, '')}/${mask}`;
  if (place === undefined || (user === undefined && query === undefined)) return value;
  return `${scheme}${user === undefined ? '' : `${mask}@`}${place}${query === undefined ? '' : `?${mask}`}`;
}

/** Scheme, whoever logs in, host and path, query. What comes before and behind the path is for the other end alone. */
const webAddress = /^(https?:\/\/)([^\s/?#]*@)?([^\s?#]+)([?#]\S*)?$/;
