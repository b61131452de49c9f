/**
 * What a broker can be told, the defaults, and the checks (row Q3).
 */
import { wildcard } from '@q/security';
import type { Durability, FileSystem, StorageLimits, WhenFull } from '@q/storage';
import { listenersWithoutLogin, mayNobodyDoAll } from './listeners-without-login.ts';
import type { AdminExtension } from './admin-extension.ts';
import type { Clock } from './clock.ts';
import { budgetDescriptors } from './descriptor-budget.ts';
import type { Door } from './door.ts';
import type { BrokerLimits } from './limits.ts';
import { resolveLimits, resolveTopicDefaults } from './live-options.ts';
import type { ListenerOptions, ResolvedListener } from './listener-options.ts';
import { fieldOf, resolveListeners } from './resolve-listeners.ts';
import type { ShortListener } from './resolve-listeners.ts';
import { silentLogger } from './logger.ts';
import type { BrokerLogger } from './logger.ts';
import type { Network } from './transport/network.ts';
import type { TlsOptions } from './tls/tls-options.ts';
import { flag, oneOf, refuse, text, whole } from './option-checks.ts';
import { nativeName } from './metrics/request-meter.ts';
import { nodeNetwork } from './transport/node-network.ts';
import { nodeClock } from './node-clock.ts';
import { readDescriptorLimit } from './node-descriptor-limit.ts';
import { nodeRandom } from './node-random.ts';
import type { Random } from './random.ts';
import { fromOptions } from './services/settings/own-definitions.ts';
import type { AuditOptions, AuditSettings } from './services/audit/audit-settings.ts';
import { resolveAudit } from './services/audit/audit-settings.ts';
import { lifetimeMsMin } from './services/identity/session-identity.ts';
import { mechanismNames } from './services/identity/authentication.ts';
import type { SecurityOptions } from './services/identity/open-identities.ts';
import { resolveTokenOptions } from './services/identity/tokens/token-options.ts';
import type { ProgramSettings } from './services/settings/setting-definition.ts';
import { resolveThresholds } from './services/health/thresholds.ts';
import type { HealthThresholds } from './services/health/thresholds.ts';
import type { SettingTexts } from './services/topics/topic-config.ts';
import { checkFitsFrame } from './services/topics/topic-rules.ts';

/** Where the admin HTTP interface listens. */
export interface AdminOptions {
  /** Default: the broker's own host. */
  readonly host?: string;
  /** Default: 7421. 0 takes a free port. */
  readonly port?: number;
  /** More than the probes; `@q/admin` is one. Default: none. */
  readonly extension?: AdminExtension;
  /** Encrypts it: https. Default: plain. */
  readonly tls?: TlsOptions;
  /**
   * With `security`: whether whoever asks has to show who they are. `none`: those who show nothing come in as nobody,
   * and may what the access rules say of nobody. Default: `needed`.
   */
  readonly authentication?: 'needed' | 'none';
  /** With `security`: `/metrics` is for whoever reaches the port. Default: false. */
  readonly openMetrics?: boolean;
}

/** Everything about a broker can be left out. */
export interface BrokerOptions {
  /** Address to listen on, for listeners that have none of their own. Default: '127.0.0.1', this machine only. */
  readonly host?: string;
  /** Of the native protocol. Default: 7420. 0 takes a free port; see `Broker.port`. */
  readonly port?: number;
  /** The admin HTTP interface, or false for none. */
  readonly admin?: false | AdminOptions;
  /** 'file' (the default) keeps records in `dataDir`; 'memory' loses them when the broker closes. */
  readonly storage?: 'file' | 'memory';
  /** Folder for the data; made if absent. Default: './data'. */
  readonly dataDir?: string;
  /** Default: 1. */
  readonly brokerId?: number;
  /** Where clients should connect when that is not the address that they dialled first. */
  readonly advertised?: { readonly host: string; readonly port: number };
  /** What an acknowledgement means, for topics that do not choose: 'fsync' (the default), 'interval' or 'os'. */
  readonly durability?: Durability;
  /** Settings of topics that do not set them themselves, e.g. `{ 'retention.ms': '3600000' }`. */
  readonly topicDefaults?: Readonly<Record<string, string>>;
  /** Make a topic when a client asks for one that does not exist. Default: false. */
  readonly autoCreateTopics?: boolean;
  /** Cap on the bytes of all topics together. Default: none. */
  readonly storageMaxBytes?: number;
  /** What happens at that cap: 'refuse' writes (the default) or 'drop-oldest' records. */
  readonly whenFull?: WhenFull;
  /** More protocols, each on a port of its own. Default: none. */
  readonly doors?: readonly Door[];
  /**
   * Several ports of one protocol, each with its own TLS and its own way to show who one is, such as a plain one on the
   * loopback and an encrypted one outside. A protocol that is named here has these ports alone. Default: those of
   * `port`, `admin` and `doors`.
   */
  readonly listeners?: readonly ListenerOptions[];
  /** Encrypts the native protocol. Default: plain. */
  readonly tls?: TlsOptions;
  /** Who is let in. Default: whoever reaches the port. */
  readonly security?: SecurityOptions;
  /**
   * Without `security` a broker listens on this machine alone; true: on other addresses too, where whoever reaches it
   * may do everything. Default: false.
   */
  readonly insecure?: boolean;
  /** What is told of logins, denials and changes, and where; see docs/AUDIT.md. Default: both, where `security` is. */
  readonly audit?: AuditOptions;
  readonly limits?: Partial<BrokerLimits>;
  /**
   * Spans for OpenTelemetry; see docs/TRACING.md. Default: if an SDK is registered in this process before the broker
   * starts; else nothing is loaded. True needs `@opentelemetry/api`.
   */
  readonly tracing?: boolean;
  /**
   * The settings of the program around the broker, where it has a file of them or such: their values are the options
   * here. Default: those options alone.
   */
  readonly settings?: ProgramSettings;
  /** When something counts as wrong with the broker; see docs/ALERTS.md. */
  readonly alerts?: Partial<HealthThresholds>;
  /** Bounds of the storage engine, for whoever embeds a broker in little memory, and for simulations. */
  readonly storageLimits?: Partial<StorageLimits>;
  /**
   * Files and connections that the process may have open: the limits of both are lowered to fit. Default: what the
   * system says, or no limit with a `network` that is not the machine's.
   */
  readonly descriptorsMax?: number;
  /** Default: silent. */
  readonly logger?: BrokerLogger;
  /** Called once when data can no longer be made durable. Nothing is acknowledged any more; the process should end. */
  readonly onFatal?: (error: Error) => void;
  readonly clock?: Clock;
  readonly random?: Random;
  readonly network?: Network;
  /** Default: the machine's. */
  readonly fileSystem?: FileSystem;
}

/** The same, checked and complete. */
export interface ResolvedOptions {
  readonly host: string;
  /** Every port. */
  readonly listeners: readonly ResolvedListener[];
  /** Of the admin HTTP interface: more than the probes. */
  readonly adminExtension: AdminExtension | null;
  /** `/metrics` is for whoever reaches an admin port. */
  readonly hasOpenMetrics: boolean;
  readonly storage: 'file' | 'memory';
  readonly dataDir: string;
  readonly brokerId: number;
  readonly durability: Durability;
  readonly topicDefaults: SettingTexts;
  readonly autoCreateTopics: boolean;
  readonly storageMaxBytes: number | null;
  readonly whenFull: WhenFull;
  readonly security: SecurityOptions | null;
  readonly audit: AuditSettings;
  readonly limits: BrokerLimits;
  /** Undefined: if an SDK is there. */
  readonly tracing: boolean | undefined;
  readonly settings: ProgramSettings;
  readonly alerts: HealthThresholds;
  readonly storageLimits: Partial<StorageLimits>;
  readonly descriptorsMax: number | null;
  /** They are what the system says, and may change. */
  readonly areDescriptorsTheSystems: boolean;
  readonly adminConnectionsMax: number;
  /** The process may have too few descriptors for what was asked, or for the defaults. */
  readonly isShortOfDescriptors: boolean;
  readonly logger: BrokerLogger;
  readonly onFatal: (error: Error) => void;
  readonly clock: Clock;
  readonly random: Random;
  readonly network: Network;
  readonly fileSystem: FileSystem | null;
}

/** The TCP port of the broker, unless another is given. */
export const defaultPort = 7420;
/** The TCP port of the admin HTTP server, unless another is given. */
export const defaultAdminPort = 7421;

const knownOptions: readonly (keyof BrokerOptions)[] = [
  'host',
  'port',
  'admin',
  'storage',
  'dataDir',
  'brokerId',
  'advertised',
  'durability',
  'topicDefaults',
  'autoCreateTopics',
  'storageMaxBytes',
  'whenFull',
  'doors',
  'listeners',
  'tls',
  'security',
  'insecure',
  'audit',
  'limits',
  'tracing',
  'settings',
  'alerts',
  'storageLimits',
  'descriptorsMax',
  'logger',
  'onFatal',
  'clock',
  'random',
  'network',
  'fileSystem',
];

/** @throws QError INVALID_CONFIG naming the setting, its value and what is allowed */
export function resolveOptions(given: BrokerOptions): ResolvedOptions {
  for (const name of Object.keys(given)) {
    if (!(knownOptions as readonly string[]).includes(name))
      refuse(name, undefined, `there is no such setting; there are: ${knownOptions.join(', ')}`);
  }
  const host = text('host', given.host ?? '127.0.0.1');
  const durability = oneOf('durability', given.durability ?? 'fsync', ['fsync', 'interval', 'os']);
  const descriptorsMax = resolveDescriptors(given);
  const budget = budgetDescriptors(descriptorsMax, {
    limits: resolveLimits(given.limits ?? {}),
    storageLimits: given.storageLimits ?? {},
  });
  const { limits } = budget;
  const security = resolveSecurity(given.security);
  const topicDefaults = resolveTopicDefaults({ topicDefaults: defaultTexts(given.topicDefaults ?? {}), durability });
  checkFitsFrame({ topic: new Map(), broker: topicDefaults }, limits);
  const listeners = resolveListeners({ short: shortListeners(given), listeners: listListeners(given), host, security });
  if (!flag('insecure', given.insecure ?? false) && mayNobodyDoAll(security)) refuseOpen(listeners);
  return {
    host,
    listeners,
    adminExtension: (given.admin === false ? undefined : given.admin?.extension) ?? null,
    hasOpenMetrics: given.admin !== false && given.admin?.openMetrics === true,
    storage: oneOf('storage', given.storage ?? 'file', ['file', 'memory']),
    dataDir: text('dataDir', given.dataDir ?? './data'),
    brokerId: whole('brokerId', given.brokerId ?? 1, { min: 0, max: 2 ** 31 - 1 }),
    durability,
    topicDefaults,
    autoCreateTopics: flag('autoCreateTopics', given.autoCreateTopics ?? false),
    storageMaxBytes:
      given.storageMaxBytes === undefined
        ? null
        : whole('storageMaxBytes', given.storageMaxBytes, { min: 1, max: Number.MAX_SAFE_INTEGER }),
    whenFull: oneOf('whenFull', given.whenFull ?? 'refuse', ['refuse', 'drop-oldest']),
    security,
    audit: resolveAudit(given.audit, { isSecured: given.security !== undefined }),
    limits,
    tracing: given.tracing === undefined ? undefined : flag('tracing', given.tracing),
    settings: given.settings ?? embedded(given),
    alerts: resolveThresholds(given.alerts ?? {}),
    storageLimits: budget.storageLimits,
    descriptorsMax,
    areDescriptorsTheSystems: given.descriptorsMax === undefined,
    adminConnectionsMax: budget.adminConnectionsMax,
    isShortOfDescriptors: budget.isReduced,
    logger: given.logger ?? silentLogger,
    onFatal: given.onFatal ?? (() => undefined),
    clock: given.clock ?? nodeClock,
    random: given.random ?? nodeRandom,
    network: given.network ?? nodeNetwork,
    fileSystem: given.fileSystem ?? null,
  };
}

/** Whether a broker could be told this; nothing is opened. @throws QError INVALID_CONFIG as `startBroker` does */
export function checkOptions(options: BrokerOptions): void {
  resolveOptions(options);
}

/** What an acknowledgement means for topics that do not choose. */
export function defaultDurability({ storage, topicDefaults }: ResolvedOptions): string {
  return storage === 'memory' ? 'memory' : (topicDefaults.get('durability') ?? 'fsync');
}

/** @throws QError INVALID_CONFIG when other machines may do everything without saying who they are */
function refuseOpen(listeners: readonly ResolvedListener[]): void {
  const [open] = listenersWithoutLogin(listeners);
  if (open === undefined) return;
  refuse(
    fieldOf(open.setting === '' ? '' : open.setting, 'host'),
    open.host,
    'other machines would reach a broker that asks nobody who they are; set security up (q-broker init --secure), or start it with --insecure',
  );
}

/** The ports of the short way. */
function shortListeners(given: BrokerOptions): ShortListener[] {
  const { port, tls, advertised, admin = {}, doors = [] } = given;
  const native: ShortListener = {
    name: nativeName,
    protocol: 'native',
    port: port ?? defaultPort,
    ...(tls !== undefined && { tls }),
    ...(advertised !== undefined && { advertised }),
    setting: '',
    isGiven: port !== undefined || tls !== undefined || advertised !== undefined,
  };
  return [native, ...(admin === false ? [] : [adminListener(admin)]), ...doors.map(doorListener)];
}

function adminListener({ host, port, tls, authentication = 'needed', openMetrics }: AdminOptions): ShortListener {
  oneOf('admin.authentication', authentication, ['needed', 'none']);
  if (openMetrics !== undefined) flag('admin.openMetrics', openMetrics);
  return {
    name: 'admin',
    protocol: 'admin',
    ...(host !== undefined && { host }),
    ...(tls !== undefined && { tls }),
    ...(authentication === 'none' && { authentication }),
    port: port ?? defaultAdminPort,
    setting: 'admin',
    isGiven: port !== undefined || tls !== undefined,
  };
}

function doorListener(given: Door, index: number): ShortListener {
  const name = text(`doors[${index}].name`, given.name);
  return { ...given, name, protocol: given, setting: `doors.${name}`, isGiven: true };
}

function listListeners({ listeners = [], admin }: BrokerOptions): readonly ListenerOptions[] {
  if (!Array.isArray(listeners)) refuse('listeners', undefined, 'must be a list of listeners');
  if (admin === false && listeners.some(({ protocol }) => protocol === 'admin'))
    refuse('admin', false, 'listeners has ports of the admin interface');
  return listeners;
}

/** Of a login, in ms, up to a week. */
const lifetimes = { min: lifetimeMsMin, max: 604_800_000 };

function resolveSecurity(given: BrokerOptions['security']): SecurityOptions | null {
  if (given === undefined) return null;
  const { mechanisms = [], sessionLifetimeMs = 0 } = given;
  mechanisms.forEach((each, at) => oneOf(`security.mechanisms[${at}]`, each, mechanismNames));
  if (mechanisms.includes('OAUTHBEARER') && given.tokens === undefined)
    refuse('security.tokens', undefined, 'OAUTHBEARER needs something that checks tokens');
  if (given.tokens !== undefined && !('verify' in given.tokens)) resolveTokenOptions(given.tokens);
  if (sessionLifetimeMs !== 0) whole('security.sessionLifetimeMs', sessionLifetimeMs, lifetimes);
  const superUsers = (given.superUsers ?? []).map(superUser);
  const { certificates } = given;
  return {
    mechanisms,
    sessionLifetimeMs,
    superUsers,
    ...(certificates !== undefined && { certificates }),
    ...(given.tokens !== undefined && { tokens: given.tokens }),
  };
}

/** Everybody would be no restriction at all. */
function superUser(principal: string, at: number): string {
  const name = `security.superUsers[${at}]`;
  if (!/^User:./s.test(text(name, principal)) || principal === wildcard.principal)
    refuse(name, principal, 'must be User:NAME, of one user');
  return principal;
}

function resolveDescriptors({ descriptorsMax, network }: BrokerOptions): number | null {
  if (descriptorsMax !== undefined)
    return whole('descriptorsMax', descriptorsMax, { min: 1, max: Number.MAX_SAFE_INTEGER });
  return network === undefined ? readDescriptorLimit() : null;
}

function defaultTexts(given: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(given).map(([key, value]) => [key, text(`topicDefaults.${key}`, value)]));
}

/** Who embeds a broker gives its settings once. */
function embedded(given: BrokerOptions): ProgramSettings {
  const values = fromOptions(given);
  return {
    definitions: [],
    given: values,
    file: null,
    read: () => Promise.resolve({ given: values }),
    apply: () => undefined,
  };
}
