/**
 * The values of settings in their layers, and which of them count.
 *
 * Invariant: `#atStart` has what counted for a setting when the broker started, for those that only a restart changes.
 */
import { QError } from '@q/protocol';
import { settingSources } from './setting-definition.ts';
import type { GivenValue, SettingDefinition } from './setting-definition.ts';
import type { SettingValue, SettingView } from './setting-view.ts';

type Given = ReadonlyMap<string, readonly GivenValue[]>;
type Stored = ReadonlyMap<string, string>;

interface Layers {
  readonly stored: Stored;
  readonly given: Given;
}

/** The value of a setting by its name. */
export type ValueOf = (name: string) => string | undefined;

export class SettingLayers {
  readonly #definitions: ReadonlyMap<string, SettingDefinition>;
  readonly #atStart: Given;
  #given: Given;
  #stored: Stored = new Map();

  constructor(definitions: readonly SettingDefinition[], given: readonly GivenValue[]) {
    this.#definitions = new Map(definitions.map((definition) => [definition.name, definition]));
    this.#given = byName(given);
    this.#atStart = this.#given;
  }

  /** What was changed through an API. */
  get stored(): Stored {
    return this.#stored;
  }

  definitions(): SettingDefinition[] {
    return [...this.#definitions.values()];
  }

  /** @throws QError INVALID_CONFIG */
  require(name: string): SettingDefinition {
    const definition = this.#definitions.get(name);
    if (definition !== undefined) return definition;
    const shown = name.slice(0, 100);
    throw new QError('INVALID_CONFIG', `there is no setting ${JSON.stringify(shown)}; q config list shows all`, {
      details: { setting: shown },
    });
  }

  store(stored: Stored): void {
    this.#stored = stored;
  }

  give(given: readonly GivenValue[]): void {
    this.#given = byName(given);
  }

  /** What is in force; undefined where there is no such setting. */
  inForce(name: string): string | undefined {
    return this.chosen()(name) ?? this.#definitions.get(name)?.default;
  }

  /** What somebody chose, and is in force: undefined is the default. */
  chosen(): ValueOf {
    return (name) => this.#chosen(this.#now(), name);
  }

  /** As `chosen`, were this what is stored. */
  chosenWith(stored: Stored): ValueOf {
    return (name) => this.#chosen({ ...this.#now(), stored }, name);
  }

  /** As `chosen`, were this what the sources say. */
  chosenOf(values: readonly GivenValue[]): ValueOf {
    const given = byName(values);
    return (name) => this.#chosen({ ...this.#now(), given }, name);
  }

  /** As `chosenOf`, in a broker that is started again. */
  chosenAfterRestart(values: readonly GivenValue[]): ValueOf {
    const given = byName(values);
    return (name) => strongest({ ...this.#now(), given }, name);
  }

  /** The settings that only a restart puts in force as the sources have them. */
  waiting(): string[] {
    return this.definitions()
      .filter((definition) => this.#afterRestart(definition) !== null)
      .map(({ name }) => name);
  }

  view(definition: SettingDefinition): SettingView {
    const { name, type, default: standard, allowed, doc, isReloadable, isSecret } = definition;
    const stored = isReloadable ? this.#stored.get(name) : undefined;
    const given = (isReloadable ? this.#given : this.#atStart).get(name) ?? [];
    const values: SettingValue[] = [
      ...(stored === undefined ? [] : [{ value: stored, source: 'api' as const, from: 'changed through an API' }]),
      ...given.map(({ text, source, from }) => ({ value: text, source, from })),
      { value: standard, source: 'default', from: 'the default' },
    ];
    const afterRestart = this.#afterRestart(definition);
    return { name, type, default: standard, allowed, doc, isReloadable, isSecret, ...values[0]!, values, afterRestart };
  }

  #afterRestart({ name, isReloadable, default: standard }: SettingDefinition): string | null {
    if (isReloadable) return null;
    const next = strongest(this.#now(), name) ?? standard;
    return next === this.inForce(name) ? null : next;
  }

  #now(): Layers {
    return { stored: this.#stored, given: this.#given };
  }

  #chosen(layers: Layers, name: string): string | undefined {
    const isFixed = this.#definitions.get(name)?.isReloadable === false;
    return strongest(isFixed ? { stored: new Map(), given: this.#atStart } : layers, name);
  }
}

function strongest({ stored, given }: Layers, name: string): string | undefined {
  return stored.get(name) ?? given.get(name)?.[0]?.text;
}

/** The strongest first. Of one source that is what it says last: a flag that is given again, for example. */
function byName(given: readonly GivenValue[]): Given {
  const strength = ({ source }: GivenValue): number => settingSources.indexOf(source);
  return Map.groupBy(
    given.toReversed().toSorted((left, right) => strength(right) - strength(left)),
    ({ name }) => name,
  );
}
