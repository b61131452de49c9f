/**
 * Puts the services of a broker together over an open store, in the order in which they need each other.
 */
import type { LocalStore, LogStore, PartitionLog, PinnableLogs, RestoredStore } from '@q/storage';
import { isOpenToAll, listenersWithoutLogin } from './listeners-without-login.ts';
import { LateTerm } from './background/late-term.ts';
import type { Closers } from './closers.ts';
import type { BrokerIdentity } from './identity.ts';
import type { BrokerLogger } from './logger.ts';
import { BrokerTerm } from './metadata/broker-term.ts';
import { LogMetadataStore } from './metadata/log-metadata-store.ts';
import { metadataLogId } from './metadata/metadata-topic.ts';
import type { ClientKind } from './metrics/client-kinds.ts';
import { countRefusal, refusedLogins } from './metrics/counters.ts';
import type { BrokerCounters } from './metrics/counters.ts';
import { emptySummary } from './metrics/histogram.ts';
import type { RuntimeWatch } from './metrics/runtime-watch.ts';
import { TrafficSampler } from './metrics/traffic.ts';
import type { Traffic } from './metrics/traffic.ts';
import { nodeProcessUsage } from './metrics/node-process-usage.ts';
import { lookAtDescriptorLimit } from './node-descriptor-limit.ts';
import { readMemoryLimit } from './node-memory-limit.ts';
import { softwareVersion } from './node-version.ts';
import { LiveOptions } from './live-options.ts';
import { openSettings } from './open-settings.ts';
import { defaultDurability } from './options.ts';
import type { ResolvedOptions } from './options.ts';
import { Audit } from './services/audit/audit.ts';
import { auditLogConfig, auditLogId, auditTopicSettings } from './services/audit/audit-topic.ts';
import { everybodyMay } from './services/access/access.ts';
import { withoutRules, withRules } from './services/access/guarded-rules.ts';
import type { ServicesAccess } from './services/access/guarded-rules.ts';
import { OwnRules } from './services/access/own-rules.ts';
import { RuleAccess } from './services/access/rule-access.ts';
import { RuleStore } from './services/access/rule-store.ts';
import { guarded } from './services/access/guarded-services.ts';
import type { OwnServices } from './services/access/guarded-services.ts';
import { AppendService } from './services/append/append-service.ts';
import { FetchService } from './services/fetch/fetch-service.ts';
import { FetchWaiters } from './services/fetch/fetch-waiters.ts';
import { groupsLogId } from './services/groups/groups-topic.ts';
import { BackupService } from './services/backup/backup-service.ts';
import { Groups } from './services/groups/groups.ts';
import { lagsSeen } from './services/groups/lags-seen.ts';
import type { Finding } from './services/health/condition.ts';
import type { HealthSources } from './services/health/health-sources.ts';
import { HealthWatch } from './services/health/health-watch.ts';
import { LoginNews } from './services/identity/login-news.ts';
import { nodeSaltPassword } from './services/identity/node-key-derivation.ts';
import { openIdentities } from './services/identity/open-identities.ts';
import type { Identities } from './services/identity/open-identities.ts';
import { EpochLookup } from './services/offsets/epoch-lookup.ts';
import { OffsetLookup } from './services/offsets/offset-lookup.ts';
import { ProducerDescription } from './services/producers/producer-description.ts';
import { ProducerIdBlocks } from './services/producers/producer-id-blocks.ts';
import { QuotaStore } from './services/quotas/quota-store.ts';
import { Quotas } from './services/quotas/quotas.ts';
import { Throttle } from './services/quotas/throttle.ts';
import type { ThrottledUsers } from './services/quotas/throttled-users.ts';
import type { Services } from './services/services.ts';
import { brokerFacts } from './services/settings/broker-facts.ts';
import type { BrokerSettings, ReloadOutcome } from './services/settings/broker-settings.ts';
import { BrokerStats } from './services/stats/broker-stats.ts';
import { DataFolder } from './services/stats/data-folder.ts';
import { internalLogConfig } from './services/topics/internal-topic.ts';
import { Transactions } from './services/transactions/transactions.ts';
import { transactionsLogId } from './services/transactions/transactions-topic.ts';
import { SoleLeadership } from './services/topics/leadership.ts';
import { PartitionReopening } from './services/topics/partition-reopening.ts';
import { RecordDeletion } from './services/topics/record-deletion.ts';
import { TopicCatalog } from './services/topics/topic-catalog.ts';
import { TopicChanges } from './services/topics/topic-changes.ts';
import { TopicRegistry } from './services/topics/topic-registry.ts';
import { isStorageFull } from './storage-full.ts';
import type { ByteBudget } from './transport/byte-budget.ts';

export interface OpenServicesOptions {
  readonly options: ResolvedOptions;
  readonly store: LogStore;
  /** Where the store has its room. */
  readonly disk: Pick<LocalStore, 'diskSpace' | 'refuseAppends' | 'limitBytes' | 'room'> & PinnableLogs & RestoredStore;
  readonly budget: ByteBudget;
  /** How long syncs took of late. */
  readonly syncs: HealthSources['syncs'];
  /** Who is slowed down because of a quota. */
  readonly throttled: ThrottledUsers;
  readonly counters: BrokerCounters;
  /** Of listeners that encrypt. */
  readonly certificates: HealthSources['certificates'];
  readonly clients: () => ClientKind[];
  readonly runtime: RuntimeWatch;
  readonly closers: Closers;
  /** A broker that lost its disk cannot note anything any more; its next start takes it for a crash, as it should. */
  readonly hasFailed: () => boolean;
}

/** The services, and what only the composition root may do with them: nobody is asked whether they may. */
export interface OpenServices {
  readonly forDoors: Services;
  readonly identity: BrokerIdentity;
  readonly identities: Identities | null;
  readonly rules: OwnRules | null;
  readonly registry: TopicRegistry;
  readonly topicChanges: TopicChanges;
  readonly groups: Groups;
  readonly transactions: Transactions;
  readonly quotas: Quotas;
  readonly throttle: Throttle;
  readonly settings: BrokerSettings;
  readonly health: HealthWatch;
  /** Answers everything that waits for news, now and from now on: the broker is stopping. */
  readonly release: () => void;
}

/** @throws QError CORRUPT_LOG, STORAGE_FAILED */
export async function openServices(opened: OpenServicesOptions): Promise<OpenServices> {
  const { options, store, disk, counters, closers } = opened;
  const { clock, random, limits, logger, topicDefaults: brokerDefaults, brokerId } = options;
  const audit = openAudit(opened, () => openAuditTopic(opened, registry));
  const metadataLog = await store.open(metadataLogId, internalLogConfig);
  const metadata = await LogMetadataStore.open(metadataLog, clock);
  const { term, clusterId } = await beginTerm(opened, metadata);
  const live = new LiveOptions(options);
  let isRead = false;
  const settings = await openSettings({
    options,
    live,
    metadata,
    disk,
    holdings: () => (isRead ? { topics: registry.size, partitions: registry.partitionCount } : nothing),
    audit,
    topicDefaultsChanged: () => registry.defaultsChanged(),
  });
  const registry = makeRegistry(opened, { metadata, term });
  registry.serveInternal(metadataLog);
  const ownLogs = await registry.start();
  const hasTrail = ownLogs.some(({ topicId }) => topicId === auditLogId.topicId);
  if (hasTrail) audit.serve(await openAuditTopic(opened, registry));
  isRead = true;
  closers.add(() => stopRegistry(registry));
  const groups = await Groups.open({ store, registry, clock, random, limits, logger, audit }, ownLogs);
  closers.add(() => groups.close());
  const producerIds = await ProducerIdBlocks.open(metadata);
  const transactions = await openTransactions(opened, { registry, groups, producerIds, audit, term }, ownLogs);

  const health = watchHealth(opened, { registry, groups, transactions });
  settings.onReload((outcome) => health.tell('settings.bad', badSettings(outcome)));
  const identity = { brokerId, clusterId, software: 'q', softwareVersion, term };
  const waiters = new FetchWaiters({ clock, wakesPerTurnMax: limits.wakesPerTurnMax });
  const { quotas, throttle } = await openQuotas(opened, { metadata, audit });
  const common = { registry, clock, limits, logger, counters, audit };
  const topicChanges = new TopicChanges({ ...common, metadata, brokerDefaults, random, term });
  const identities = await openSecurity(opened, { metadata, audit });
  const { access, rules } = await openAccess(opened, { metadata, audit, identities });
  access.onChange(() => waiters.wakeAll());
  const holders = { groups, transactions, quotas, settings, health };
  const parts = { identity, identities, audit, registry, topicChanges, producerIds, ...holders };
  const own = ownServices(opened, { ...parts, waiters, live, access, throttle });
  const forDoors = guarded(own, { access, nameOf: (topicId) => registry.byId(topicId)?.name, topics: registry });
  return {
    forDoors,
    identity,
    identities,
    rules,
    registry,
    topicChanges,
    throttle,
    ...holders,
    release: () => {
      waiters.releaseAll();
      throttle.release();
      groups.release();
    },
  };
}

/** First, so that whatever the others do can be noted. It writes as soon as there is a registry. */
function openAudit(
  { options: { audit: settings, clock, logger }, counters, closers }: OpenServicesOptions,
  open: () => Promise<PartitionLog>,
): Audit {
  const { isLogged, isKept, hasLogins } = settings;
  const audit = new Audit({ clock, logger, counters, isLogged, open: isKept ? open : null, hasLogins });
  closers.add(() => audit.close());
  return audit;
}

/** Those that need nothing but what is open already. */
function ownServices(
  { options, disk, budget, counters, ...opened }: OpenServicesOptions,
  parts: Pick<
    OwnServices,
    | 'identity'
    | 'identities'
    | 'audit'
    | 'topicChanges'
    | 'producerIds'
    | 'groups'
    | 'transactions'
    | 'quotas'
    | 'settings'
    | 'health'
  > & {
    readonly registry: TopicRegistry;
    readonly waiters: FetchWaiters;
    readonly live: LiveOptions;
    readonly access: ServicesAccess;
    readonly throttle: Throttle;
  },
): OwnServices {
  const { registry, waiters, live, access, throttle, ...services } = parts;
  const { identity, audit, topicChanges: changes, groups, transactions, health } = services;
  const { clock, random, limits, logger, topicDefaults } = options;
  const common = { registry, clock, limits, logger, counters, access, audit, throttle };
  const inMemory = options.storage === 'memory';
  const dataDir = inMemory ? null : options.dataDir;
  return {
    ...services,
    throttle,
    append: new AppendService({ ...common, transactions, budget, inMemory, hangsForMs: () => health.hangsForMs }),
    fetch: new FetchService({ ...common, waiters }),
    offsets: new OffsetLookup(common),
    epochs: new EpochLookup(common),
    topics: new TopicCatalog({ registry, changes, access, options: live }),
    recordDeletion: new RecordDeletion(common),
    partitionReopening: new PartitionReopening(common),
    producers: new ProducerDescription(common),
    facts: brokerFacts({
      topicDefaults,
      autoCreateTopics: () => live.autoCreateTopics,
      dataDir,
      isInsecure: isOpenToAll(options),
      listenersWithoutLogin: listenersWithoutLogin(options.listeners).length,
    }),
    stats: openStats({ options, disk, budget, counters, ...opened }, { identity, registry, groups }),
    dataFolder: new DataFolder({ registry, disk, path: dataDir }),
    backups: new BackupService({ ...common, store: disk, identity, random }),
  };
}

async function openAuditTopic(
  { options: { audit: retention }, store }: OpenServicesOptions,
  registry: TopicRegistry,
): Promise<PartitionLog> {
  const log = await store.open(auditLogId, auditLogConfig(retention));
  registry.serveInternal(log, auditTopicSettings(retention));
  return log;
}

async function stopRegistry(registry: TopicRegistry): Promise<void> {
  registry.stop();
  await registry.settled();
}

function makeRegistry(
  { options: { brokerId, logger, clock, limits, topicDefaults: brokerDefaults }, store }: OpenServicesOptions,
  { metadata, term }: { readonly metadata: LogMetadataStore; readonly term: number },
): TopicRegistry {
  return new TopicRegistry({
    store,
    metadata,
    logger,
    brokerDefaults,
    leadership: new SoleLeadership({ brokerId, term }),
    logOpensMax: limits.logOpensMax,
    clock,
    retryPauseMsMin: limits.reopenPauseMsMin,
    retryPauseMsMax: limits.reopenPauseMsMax,
    ownLogs: [groupsLogId, transactionsLogId, auditLogId],
  });
}

async function openTransactions(
  { options: { clock, limits, logger }, store, closers }: OpenServicesOptions,
  parts: {
    readonly registry: TopicRegistry;
    readonly groups: Groups;
    readonly producerIds: ProducerIdBlocks;
    readonly audit: Audit;
    readonly term: number;
  },
  ownLogs: Parameters<typeof Transactions.open>[1],
): Promise<Transactions> {
  const { term: coordinatorEpoch, ...rest } = parts;
  const transactions = await Transactions.open({ ...rest, store, clock, limits, logger, coordinatorEpoch }, ownLogs);
  closers.add(() => transactions.close());
  return transactions;
}

async function openSecurity(
  { options: { security, clock, random, limits, logger }, counters, closers }: OpenServicesOptions,
  { metadata, audit }: { readonly metadata: LogMetadataStore; readonly audit: Audit },
): Promise<Identities | null> {
  if (security === null) return null;
  const news = new LoginNews({ logger, audit, counters });
  const tooMany = (): void => countRefusal(counters, 'connectionsPerUserMax');
  const tools = { metadata, clock, random, salt: nodeSaltPassword, news, audit, limits, logger, tooMany };
  const identities = await openIdentities(security, tools);
  closers.add(() => identities.close());
  return identities;
}

async function openAccess(
  { options: { security, logger, clock }, counters, closers }: OpenServicesOptions,
  {
    metadata,
    audit,
    identities,
  }: { readonly metadata: LogMetadataStore; readonly audit: Audit; readonly identities: Identities | null },
): Promise<{ readonly access: ServicesAccess; readonly rules: OwnRules | null }> {
  if (security === null) return { access: withoutRules(everybodyMay), rules: null };
  const store = await RuleStore.open({ metadata, logger, superUsers: security.superUsers ?? [] });
  closers.add(() => store.close());
  const access = new RuleAccess(store.authorizer, { counters, audit, clock });
  store.onChange(() => access.changed());
  identities?.onRemoved(() => access.changed());
  const rules = new OwnRules({ store, audit });
  return { access: withRules(access, rules), rules };
}

async function openQuotas(
  { options: { clock }, throttled, closers }: OpenServicesOptions,
  { metadata, audit }: { readonly metadata: LogMetadataStore; readonly audit: Audit },
): Promise<{ readonly quotas: Quotas; readonly throttle: Throttle }> {
  const store = await QuotaStore.open(metadata);
  closers.add(() => store.close());
  return { quotas: new Quotas({ store, audit }), throttle: new Throttle({ store, clock, users: throttled }) };
}

function openStats(
  { options, store, disk, counters, clients, runtime, throttled, closers }: OpenServicesOptions,
  { identity, registry, groups }: { identity: BrokerIdentity; registry: TopicRegistry; groups: Groups },
): BrokerStats {
  const { clock } = options;
  let loopDelay = emptySummary;
  const each = function* (): Iterable<Traffic> {
    yield counters;
    for (const { traffic } of registry.topics()) yield traffic;
  };
  const sampler = new TrafficSampler({ clock, each, tick: () => (loopDelay = runtime.takeLoopDelay()) });
  sampler.start();
  closers.add(() => sampler.stop());
  return new BrokerStats({
    identity,
    registry,
    store,
    disk,
    clock,
    limits: options.limits,
    counters,
    sampler,
    loopDelay: () => loopDelay,
    garbage: () => runtime.garbage,
    clients,
    throttled,
    groups,
    usage: nodeProcessUsage,
    durability: () => defaultDurability(options),
  });
}

/** Null: there is nothing wrong with them. */
function badSettings({ problems, by }: ReloadOutcome): Pick<Finding, 'reason' | 'figures'> | null {
  const [first] = problems;
  if (first === undefined) return null;
  const more = problems.length === 1 ? '' : `, and ${problems.length - 1} more`;
  return {
    reason: `the settings could not be read again (${by}): ${first}${more}`,
    figures: { problems: problems.length },
  };
}

/** Before the topics were read. */
const nothing = { topics: 0, partitions: 0 };

function watchHealth(
  { options, store, disk, budget, counters, certificates, syncs, throttled, closers }: OpenServicesOptions,
  {
    registry,
    groups,
    transactions,
  }: { readonly registry: TopicRegistry; readonly groups: Groups; readonly transactions: Transactions },
): HealthWatch {
  const { clock, logger, limits, alerts: thresholds, descriptorsMax, isShortOfDescriptors } = options;
  const isMachines = options.areDescriptorsTheSystems && descriptorsMax !== null;
  const watch = new HealthWatch({
    clock,
    logger,
    thresholds,
    intervalMs: limits.healthIntervalMs,
    sources: {
      store: {
        get pendingBytes() {
          return store.pendingBytes;
        },
        stats: store.stats,
        get room() {
          return disk.room;
        },
        diskSpace: () => disk.diskSpace(),
      },
      syncs,
      budget,
      connections: () => counters.connections,
      connectionsMax: () => limits.connectionsMax,
      usage: nodeProcessUsage,
      residentBytesMax: isMachines ? readMemoryLimit() : null,
      descriptors: () => {
        const found = isMachines ? lookAtDescriptorLimit() : descriptorsMax;
        const max = found === 'none left' ? descriptorsMax : (found ?? descriptorsMax);
        const isReduced = isShortOfDescriptors || (max !== null && descriptorsMax !== null && max < descriptorsMax);
        return { max, isReduced, isNoneLeft: found === 'none left' };
      },
      registry,
      certificates,
      refusedLogins: () => refusedLogins(counters),
      throttled: () => throttled.list(),
      holding: (bounds) => transactions.holdingLongest(bounds),
      lags: () => lagsSeen(groups.directory.groups(), registry),
    },
  });
  closers.add(() => watch.stop());
  return watch;
}

async function beginTerm(
  { options: { brokerId, random, logger, clock, limits }, disk, closers, hasFailed }: OpenServicesOptions,
  metadata: LogMetadataStore,
): Promise<BrokerTerm> {
  const { restored } = disk;
  const term = await BrokerTerm.begin(metadata, { brokerId, random, restored });
  closers.add(() => (hasFailed() ? undefined : endTerm(term, logger)));
  const lateTerm = new LateTerm({ term, disk, clock, logger, pauseMs: limits.termRetryMs });
  lateTerm.start();
  closers.add(() => lateTerm.stop());
  if (restored !== null) {
    await disk.forgetRestore();
    logger.info(
      { event: 'broker.restored', ...restored, clusterId: term.clusterId, term: term.term },
      'this is the first start on a restored backup',
    );
  } else if (term.followsCrash)
    logger.warn(
      { event: 'broker.follows_crash', term: term.term },
      'the last run did not end cleanly; leader epochs were raised',
    );
  return term;
}

/** On a full disk the next start takes this for a crash: that costs a leader epoch, and nothing else. */
async function endTerm(term: BrokerTerm, logger: BrokerLogger): Promise<void> {
  try {
    await term.end();
  } catch (error) {
    if (!isStorageFull(error)) throw error;
    logger.warn(
      { event: 'broker.stop_not_noted', err: error },
      'the disk is full, so the stop could not be noted; the next start takes it for a crash',
    );
  }
}
