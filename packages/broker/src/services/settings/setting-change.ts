import { QError } from '@q/protocol';
import type { SettingDefinition } from './setting-definition.ts';
import type { SettingLayers, ValueOf } from './setting-layers.ts';
import { shown } from './setting-view.ts';

/** What is to become of settings of the broker. */
export interface SettingsChange {
  readonly set: readonly { readonly name: string; readonly value: string }[];
  /** These go back to what they are without an API. */
  readonly unset: readonly string[];
  /** True: so does whatever is not set here. */
  readonly replacesAll?: boolean;
  /** True: everything is checked and nothing changed. */
  readonly validateOnly?: boolean;
  /** Who asks, for the log. */
  readonly by: string;
}

/** A setting that is another one than before. */
export interface ChangedSetting {
  readonly name: string;
  readonly before: string;
  readonly after: string;
}

/** More than there are. */
const changesMax = 500;

/** Longer values are refused unseen. */
const valueCharactersMax = 4096;

/** What is stored after the change. @throws QError INVALID_CONFIG with everything that is wrong */
export function checkChange(
  layers: Pick<SettingLayers, 'require' | 'stored'>,
  { set, unset, replacesAll = false }: SettingsChange,
): Map<string, string> {
  if (set.length + unset.length > changesMax)
    throw new QError(
      'INVALID_CONFIG',
      `a change names at most ${changesMax} settings, not ${set.length + unset.length}`,
    );
  const stored = new Map(replacesAll ? [] : layers.stored);
  const errors: QError[] = [];
  const collect = (step: () => void): void => {
    try {
      step();
    } catch (error) {
      if (!QError.is(error)) throw error;
      errors.push(error);
    }
  };
  for (const name of unset) collect(() => stored.delete(layers.require(name).name));
  const seen = new Set(unset);
  for (const { name, value } of set) {
    collect(() => {
      if (seen.has(name)) throw refusal({ name, value, why: 'the change names it twice' });
      seen.add(name);
      stored.set(name, checkValue(layers.require(name), value));
    });
  }
  const [first] = errors;
  if (first === undefined) return stored;
  throw errors.length === 1 ? first : manyWrong(errors);
}

/** Which settings become other ones. */
export function changedNames(
  layers: Pick<SettingLayers, 'definitions' | 'inForce'>,
  chosen: ValueOf,
): ChangedSetting[] {
  return layers.definitions().flatMap((definition) => {
    const { name } = definition;
    const before = layers.inForce(name) ?? '';
    const after = chosen(name) ?? definition.default;
    return before === after ? [] : [{ name, before: shown(definition, before), after: shown(definition, after) }];
  });
}

/** A check of the whole, in whose words the sources of this change are not named. @throws QError INVALID_CONFIG */
export function refuseChanges(check: () => void): void {
  try {
    check();
  } catch (error) {
    if (!QError.is(error)) throw error;
    throw new QError('INVALID_CONFIG', `with what is in force besides, this cannot be: ${error.message}`, {
      details: error.details,
      cause: error,
    });
  }
}

function checkValue(definition: SettingDefinition, value: string): string {
  const { name, allowed, isReloadable, normalize } = definition;
  if (!isReloadable) {
    const why = 'it cannot change while the broker runs: set it in the file, a variable or a flag, and start it again';
    throw refusal({ name, value: shown(definition, value).slice(0, shownMax), why });
  }
  const text = value.length > valueCharactersMax ? undefined : normalize(value);
  if (text !== undefined) return text;
  // What is refused is no address: nothing of a secret one may be told.
  const given = definition.isSecret ? '********' : shown(definition, value).slice(0, shownMax);
  throw refusal({ name, value: given, why: `allowed: ${allowed}`, allowed });
}

/** Of a value that is refused. */
const shownMax = 200;

function refusal(o: { name: string; value: string; why: string; allowed?: string }): QError {
  const { name, value, why, allowed } = o;
  return new QError('INVALID_CONFIG', `${JSON.stringify(value)} is not allowed for ${name}; ${why}`, {
    details: { setting: name, value, ...(allowed !== undefined && { allowed }) },
  });
}

/** One that says it all; each for itself is in the cause. */
function manyWrong(errors: readonly QError[]): QError {
  const message = errors.map((error) => error.message).join('; ');
  const setting = errors.map(({ details }) => String(details['setting'])).join(', ');
  return new QError('INVALID_CONFIG', message, { details: { setting }, cause: new AggregateError(errors, message) });
}
