/**
 * What concerns the broker as a whole, for those who may (row A3, SEC-12).
 */
import type { ScramMechanism } from '@q/protocol';
import type { Asking } from '../../caller.ts';
import type { BackupRun, BackupService } from '../backup/backup-service.ts';
import type { HealthReport, HealthWatch } from '../health/health-watch.ts';
import type { Identities } from '../identity/open-identities.ts';
import type { SaltedPassword, UserDescription, Users } from '../identity/passwords.ts';
import type { BrokerSettings, ReloadOutcome, SettingsChanged } from '../settings/broker-settings.ts';
import type { SettingsChange } from '../settings/setting-change.ts';
import type { SettingView } from '../settings/setting-view.ts';
import type { BrokerStats, BrokerSnapshot } from '../stats/broker-stats.ts';
import type { DataFolder, DataFolderDescription } from '../stats/data-folder.ts';
import { demandOfCluster } from './access.ts';
import type { Access } from './access.ts';

/** The settings of the broker. */
export class GuardedSettings {
  readonly #settings: BrokerSettings;
  readonly #access: Access;

  constructor(settings: BrokerSettings, access: Access) {
    this.#settings = settings;
    this.#access = access;
  }

  /** Rises with each change of what is in force. */
  get revision(): number {
    return this.#settings.revision;
  }

  /** What is in force, as text; undefined: there is no such setting. For doors, that tell nobody. */
  valueOf(name: string): string | undefined {
    return this.#settings.valueOf(name);
  }

  /** As `BrokerSettings.describe`, for a door that makes an answer of its own of it, and asks `Access` itself. */
  lookUp(name: string): SettingView {
    return this.#settings.describe(name);
  }

  /** Calls `listener` after each change of what is in force. Returns how to stop that. */
  onChange(listener: () => void): () => void {
    return this.#settings.onChange(listener);
  }

  /** The file that settings come from, if there is one. @throws QError NOT_AUTHORIZED */
  file(caller: Asking): string | null {
    demandOfCluster(this.#access, caller, 'describeConfigs');
    return this.#settings.file;
  }

  /** What came of the last reload, if there was one. @throws QError NOT_AUTHORIZED */
  lastReload(caller: Asking): ReloadOutcome | null {
    demandOfCluster(this.#access, caller, 'describeConfigs');
    return this.#settings.lastReload;
  }

  /** As `BrokerSettings.list`. @throws QError NOT_AUTHORIZED */
  list(caller: Asking): SettingView[] {
    demandOfCluster(this.#access, caller, 'describeConfigs');
    return this.#settings.list();
  }

  /** As `BrokerSettings.describe`. @throws QError NOT_AUTHORIZED, too */
  describe(name: string, caller: Asking): SettingView {
    demandOfCluster(this.#access, caller, 'describeConfigs');
    return this.#settings.describe(name);
  }

  /** As `BrokerSettings.change`. @throws QError NOT_AUTHORIZED, too */
  async change(wanted: SettingsChange, caller: Asking): Promise<SettingsChanged> {
    demandOfCluster(this.#access, caller, 'alterConfigs');
    return this.#settings.change(wanted, caller);
  }

  /** As `BrokerSettings.reload`. @throws QError NOT_AUTHORIZED */
  async reload(by: string, caller: Asking): Promise<ReloadOutcome> {
    demandOfCluster(this.#access, caller, 'alterConfigs');
    return this.#settings.reload(by, caller);
  }
}

/** What the broker holds, uses and has done. */
export class GuardedStats {
  readonly #stats: BrokerStats;
  readonly #access: Access;

  constructor(stats: BrokerStats, access: Access) {
    this.#stats = stats;
    this.#access = access;
  }

  /** As `BrokerStats.snapshot`. @throws QError NOT_AUTHORIZED */
  async snapshot(caller: Asking): Promise<BrokerSnapshot> {
    demandOfCluster(this.#access, caller, 'describe');
    return this.#stats.snapshot();
  }

  // For metrics: whoever serves them asks once for all of them.

  /** As `BrokerStats.vitals`. */
  vitals(): ReturnType<BrokerStats['vitals']> {
    return this.#stats.vitals();
  }

  /** As `BrokerStats.throttled`. */
  get throttled(): BrokerStats['throttled'] {
    return this.#stats.throttled;
  }

  /** As `BrokerStats.counters`. */
  get counters(): BrokerStats['counters'] {
    return this.#stats.counters;
  }

  /** As `BrokerStats.topics`. */
  topics(): ReturnType<BrokerStats['topics']> {
    return this.#stats.topics();
  }
}

/** Where the records lie. */
export class GuardedDataFolder {
  readonly #folder: DataFolder;
  readonly #access: Access;

  constructor(folder: DataFolder, access: Access) {
    this.#folder = folder;
    this.#access = access;
  }

  /** As `DataFolder.describe`. @throws QError NOT_AUTHORIZED */
  async describe(caller: Asking): Promise<DataFolderDescription> {
    demandOfCluster(this.#access, caller, 'describe');
    return this.#folder.describe();
  }
}

/** Backups. One has all records, and what is kept of passwords. */
export class GuardedBackups {
  readonly #backups: BackupService;
  readonly #access: Access;

  constructor(backups: BackupService, access: Access) {
    this.#backups = backups;
    this.#access = access;
  }

  /** As `BackupService.begin`. @throws QError NOT_AUTHORIZED, too */
  async begin(earlier: ReadonlyMap<string, string> | undefined, caller: Asking): Promise<BackupRun> {
    demandOfCluster(this.#access, caller, 'clusterAction');
    return this.#backups.begin(earlier, caller);
  }
}

/** How the broker is. */
export class GuardedHealth {
  readonly #health: HealthWatch;
  readonly #access: Access;

  constructor(health: HealthWatch, access: Access) {
    this.#health = health;
    this.#access = access;
  }

  /** As `HealthWatch.report`. @throws QError NOT_AUTHORIZED */
  report(caller: Asking): HealthReport {
    demandOfCluster(this.#access, caller, 'describe');
    return this.#health.report();
  }

  /** As `HealthWatch.lags`. @throws QError NOT_AUTHORIZED */
  lags(caller: Asking): ReturnType<HealthWatch['lags']> {
    demandOfCluster(this.#access, caller, 'describe');
    return this.#health.lags();
  }

  // For metrics and alerts, which nobody asks for: whoever passes them on answers for who gets them.

  /** As `HealthWatch.report`, for metrics and alerts. */
  ownReport(): HealthReport {
    return this.#health.report();
  }

  /** As `HealthWatch.tell`. */
  tell(...told: Parameters<HealthWatch['tell']>): void {
    this.#health.tell(...told);
  }

  /** As `HealthWatch.note`. */
  note(...noted: Parameters<HealthWatch['note']>): void {
    this.#health.note(...noted);
  }

  /** As `HealthWatch.onChange`. */
  onChange(listener: Parameters<HealthWatch['onChange']>[0]): () => void {
    return this.#health.onChange(listener);
  }
}

/** The users of a broker that asks who its clients are. */
export class GuardedUsers {
  readonly #users: Users;
  readonly #access: Access;

  constructor(users: Users, access: Access) {
    this.#users = users;
    this.#access = access;
  }

  /** As `Users.list`. @throws QError NOT_AUTHORIZED */
  list(caller: Asking): readonly string[] {
    demandOfCluster(this.#access, caller, 'describe');
    return this.#users.list();
  }

  /** As `Users.setPassword`. @throws QError NOT_AUTHORIZED, too */
  async setPassword(name: string, password: string, caller: Asking): Promise<void> {
    demandOfCluster(this.#access, caller, 'alter');
    return this.#users.setPassword(name, password, caller);
  }

  /** As `Users.describe`. @throws QError NOT_AUTHORIZED */
  describe(name: string, caller: Asking): UserDescription | null {
    demandOfCluster(this.#access, caller, 'describe');
    return this.#users.describe(name);
  }

  /** As `Users.setSaltedPassword`. @throws QError NOT_AUTHORIZED, too */
  async setSaltedPassword(
    { name, mechanism }: { readonly name: string; readonly mechanism: ScramMechanism },
    salted: SaltedPassword,
    caller: Asking,
  ): Promise<void> {
    demandOfCluster(this.#access, caller, 'alter');
    return this.#users.setSaltedPassword({ name, mechanism }, salted, caller);
  }

  /** As `Users.removeCredential`. @throws QError NOT_AUTHORIZED */
  async removeCredential(name: string, mechanism: ScramMechanism, caller: Asking): Promise<boolean> {
    demandOfCluster(this.#access, caller, 'alter');
    return this.#users.removeCredential({ name, mechanism }, caller);
  }

  /** As `Users.remove`. @throws QError NOT_AUTHORIZED */
  async remove(name: string, caller: Asking): Promise<boolean> {
    demandOfCluster(this.#access, caller, 'alter');
    return this.#users.remove(name, caller);
  }
}

/** Who is let in, for doors. */
export type GuardedIdentities = Omit<Identities, 'users' | 'close'> & { readonly users: GuardedUsers };
