/**
 * The settings of this broker: what is in force, who said so, and how they change while it runs (rows Q3, O3).
 *
 * Who is stronger wins: what was changed through an API, then flags, variables, the file, options, defaults.
 *
 * Invariants:
 *  1. Changes are made one after another (`#tail`), each as a whole or not at all: checked with everything else that is
 *     in force, durable before it is in force, and in force before it is answered.
 *  2. What cannot change while the broker runs is what it was at the start, whatever the sources say meanwhile.
 *  3. A source that cannot be read, or says what is not allowed, changes nothing.
 */
import { QError } from '@q/protocol';
import { cluster } from '@q/security';
import type { Author } from '../../caller.ts';
import type { BrokerLogger } from '../../logger.ts';
import type { MetadataEntry, MetadataStore } from '../../metadata/metadata-store.ts';
import type { AuditNotes } from '../audit/audit.ts';
import type { GivenValue, ProgramSettings, SettingDefinition } from './setting-definition.ts';
import { changedNames, checkChange, refuseChanges } from './setting-change.ts';
import type { ChangedSetting, SettingsChange } from './setting-change.ts';
import { decodeSettings, encodeSettings, settingsKey } from './setting-record.ts';
import { SettingLayers } from './setting-layers.ts';
import type { ValueOf } from './setting-layers.ts';
import { hidden } from './setting-view.ts';
import type { SettingView } from './setting-view.ts';

/** What became of the last look at the sources. */
export interface ReloadOutcome {
  readonly atMs: number;
  /** What asked for it: `SIGHUP`, `the file changed`, `admin API`. */
  readonly by: string;
  /** Why nothing was changed; empty where all is well. */
  readonly problems: readonly string[];
  readonly changed: readonly ChangedSetting[];
  /** Settings that are otherwise in the sources than in force, because only a restart puts them in force. */
  readonly needsRestart: readonly string[];
}

/** What a change came to. */
export interface SettingsChanged {
  readonly changed: readonly ChangedSetting[];
  readonly needsRestart: readonly string[];
}

export interface BrokerSettingsOptions {
  readonly brokerId: number;
  readonly metadata: Pick<MetadataStore, 'get' | 'compareAndSet'>;
  readonly logger: BrokerLogger;
  readonly audit: AuditNotes;
  readonly clock: { now(): number };
  readonly program: ProgramSettings;
  /** Checks settings as a whole. @throws QError INVALID_CONFIG */
  readonly check: (chosen: ValueOf) => void;
  /** Puts settings in force that were checked; resolves when they are. */
  readonly apply: (chosen: ValueOf) => Promise<void>;
  /** What a limit is in force: the machine may have lowered it. */
  readonly limitInForce: (name: string) => number | undefined;
}

export class BrokerSettings {
  readonly #options: BrokerSettingsOptions;
  readonly #layers: SettingLayers;
  readonly #listeners = new Set<() => void>();
  readonly #reloadListeners = new Set<(outcome: ReloadOutcome) => void>();
  #version = 0;
  #revision = 0;
  #lastReload: ReloadOutcome | null = null;
  #tail: Promise<unknown> = Promise.resolve();

  private constructor(options: BrokerSettingsOptions, definitions: readonly SettingDefinition[]) {
    this.#options = options;
    this.#layers = new SettingLayers(definitions, options.program.given);
  }

  /**
   * Reads what was stored and puts it in force. What does not fit any more is left out, and said: it must not keep a
   * broker from starting.
   * @throws QError CORRUPT_LOG
   */
  static async open(
    options: BrokerSettingsOptions,
    definitions: readonly SettingDefinition[],
  ): Promise<BrokerSettings> {
    const settings = new BrokerSettings(options, definitions);
    await settings.#load();
    return settings;
  }

  /** Rises with each change of what is in force: whoever keeps something made of settings makes it anew. */
  get revision(): number {
    return this.#revision;
  }

  /** The file that settings come from, if there is one. */
  get file(): string | null {
    return this.#options.program.file;
  }

  get lastReload(): ReloadOutcome | null {
    return this.#lastReload;
  }

  /** What is in force, as text; undefined: there is no such setting. */
  valueOf(name: string): string | undefined {
    return this.#layers.inForce(name);
  }

  /** Every setting, in the order of the definitions. Secrets are masked. */
  list(): SettingView[] {
    return this.#layers.definitions().map((definition) => this.#view(definition));
  }

  /** @throws QError INVALID_CONFIG when there is no such setting */
  describe(name: string): SettingView {
    return this.#view(this.#layers.require(name));
  }

  /** Calls `listener` after each change of what is in force. Returns how to stop that. */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** Calls `listener` with what comes of each reload. */
  onReload(listener: (outcome: ReloadOutcome) => void): void {
    this.#reloadListeners.add(listener);
  }

  /** @throws QError INVALID_CONFIG with all that is wrong, STORAGE_… */
  change(wanted: SettingsChange, by?: Author): Promise<SettingsChanged> {
    return this.#inTurn(() => this.#change(wanted, by));
  }

  /** Reads the sources again. What is wrong with them is in the outcome, and in the log. */
  reload(by: string, who?: Author): Promise<ReloadOutcome> {
    return this.#inTurn(async () => {
      const outcome = await this.#reload(by);
      this.#noteReload(outcome, who);
      for (const listener of this.#reloadListeners) listener(outcome);
      return outcome;
    });
  }

  #inTurn<T>(step: () => Promise<T>): Promise<T> {
    const result = this.#tail.then(step);
    this.#tail = result.catch(() => undefined);
    return result;
  }

  async #load(): Promise<void> {
    const { metadata, brokerId } = this.#options;
    const key = settingsKey(brokerId);
    const entry = await metadata.get(key);
    if (entry !== null) await this.#takeStored(key, entry);
    this.#options.program.apply((name) => this.#layers.inForce(name));
  }

  async #takeStored(key: string, entry: MetadataEntry): Promise<void> {
    const { logger, check } = this.#options;
    this.#version = entry.version;
    const ignored: Record<string, string> = {};
    for (const [name, text] of decodeSettings(key, entry.value)) {
      try {
        // One by one, so that one that contradicts the rest takes no other with it.
        const next = checkChange(this.#layers, { set: [{ name, value: text }], unset: [], by: 'the last run' });
        check(this.#layers.chosenWith(next));
        this.#layers.store(next);
      } catch (error) {
        ignored[name] = (error as Error).message;
      }
    }
    if (Object.keys(ignored).length > 0)
      logger.error(
        { event: 'settings.stored_ignored', problems: Object.entries(ignored).map(([name, why]) => `${name}: ${why}`) },
        'settings that were changed by API do not fit any more',
      );
    await this.#options.apply(this.#layers.chosen());
  }

  async #change(wanted: SettingsChange, by: Author | undefined): Promise<SettingsChanged> {
    const { check, metadata, brokerId } = this.#options;
    const next = checkChange(this.#layers, wanted);
    refuseChanges(() => check(this.#layers.chosenWith(next)));
    const changed = changedNames(this.#layers, this.#layers.chosenWith(next));
    const outcome = { changed, needsRestart: this.#layers.waiting() };
    if (wanted.validateOnly === true || next.size + this.#layers.stored.size === 0) return outcome;
    const { isSet, entry } = await metadata.compareAndSet({
      key: settingsKey(brokerId),
      expectedVersion: this.#version,
      value: encodeSettings(next),
      // A full disk may be what it is about.
      isVital: true,
    });
    if (!isSet) throw new QError('BROKER_BUSY', 'the settings were changed by somebody else at the same time');
    this.#version = entry?.version ?? 0;
    this.#layers.store(next);
    await this.#putInForce();
    if (changed.length > 0) this.#noteChange(changed, wanted.by, by);
    return outcome;
  }

  #noteChange(changed: readonly ChangedSetting[], what: string, by: Author | undefined): void {
    const { logger, audit } = this.#options;
    audit.note({
      event: 'audit.settings_changed',
      by: by ?? null,
      operation: 'alterConfigs',
      resource: cluster,
      reason: what,
      ...beforeAndAfter(changed),
    });
    logger.info({ event: 'settings.changed', by: what, changed: changed.map(changeText) }, 'settings were changed');
  }

  #noteReload({ by: what, problems, changed }: ReloadOutcome, by: Author | undefined): void {
    this.#options.audit.note({
      event: 'audit.settings_reloaded',
      by: by ?? null,
      result: problems.length > 0 ? 'failed' : 'done',
      operation: 'alterConfigs',
      resource: cluster,
      reason: problems.length > 0 ? `${what}: the settings are not allowed; the log says why` : what,
      ...beforeAndAfter(changed),
    });
  }

  async #reload(by: string): Promise<ReloadOutcome> {
    const { program, logger, clock } = this.#options;
    const read = await program.read();
    const outcome = { atMs: clock.now(), by, problems: [], changed: [], needsRestart: this.#layers.waiting() };
    const problems = 'problems' in read ? read.problems : this.#problemsOf(read.given);
    if ('problems' in read || problems.length > 0) {
      this.#lastReload = { ...outcome, problems };
      logger.error(
        { event: 'settings.reload_failed', by, problems },
        'the settings could not be read again; those in force stay in force',
      );
      return this.#lastReload;
    }
    const changed = changedNames(this.#layers, this.#layers.chosenOf(read.given));
    this.#layers.give(read.given);
    await this.#putInForce();
    const needsRestart = this.#layers.waiting();
    this.#lastReload = { ...outcome, changed, needsRestart };
    logger.info(
      { event: 'settings.reloaded', by, changed: changed.map(changeText), needsRestart },
      reloadedText(changed, needsRestart),
    );
    return this.#lastReload;
  }

  /** What is wrong with values that are right each for itself: now, and after a restart. */
  #problemsOf(given: readonly GivenValue[]): string[] {
    const { check } = this.#options;
    try {
      check(this.#layers.chosenAfterRestart(given));
    } catch (error) {
      return [(error as Error).message];
    }
    try {
      check(this.#layers.chosenOf(given));
    } catch (error) {
      return [`${(error as Error).message}; what would make it right only a restart changes: start the broker again`];
    }
    return [];
  }

  async #putInForce(): Promise<void> {
    await this.#options.apply(this.#layers.chosen());
    this.#options.program.apply((name) => this.#layers.inForce(name));
    this.#revision += 1;
    for (const listener of this.#listeners) listener();
  }

  #view(definition: SettingDefinition): SettingView {
    const view = this.#layers.view(definition);
    const limit = this.#options.limitInForce(definition.name);
    const inForce = limit === undefined || String(limit) === view.value ? view : { ...view, value: String(limit) };
    return hidden(definition, inForce);
  }
}

function changeText({ name, before, after }: ChangedSetting): string {
  return `${name}: ${before} -> ${after}`;
}

/** As they are shown: secrets are masked. */
function beforeAndAfter(changed: readonly ChangedSetting[]): {
  readonly before?: { readonly settings: readonly string[] };
  readonly after?: { readonly settings: readonly string[] };
} {
  if (changed.length === 0) return {};
  const settings = changed.map(({ name, before }) => `${name}=${before}`);
  return { before: { settings }, after: { settings: changed.map(({ name, after }) => `${name}=${after}`) } };
}

function reloadedText(changed: readonly ChangedSetting[], needsRestart: readonly string[]): string {
  const what = changed.length === 0 ? 'the settings were read again; nothing changed' : 'the settings were read again';
  return needsRestart.length === 0 ? what : `${what}; a restart is needed for ${needsRestart.join(', ')}`;
}
