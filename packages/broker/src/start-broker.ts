/**
 * The composition root: puts a broker together in the order in which its parts need each other, and takes it apart in
 * reverse. Nothing listens for clients before the data is recovered; the admin interface listens first, to say so.
 */
import { QError } from '@q/protocol';
import { defaultStorageLimits, openDirectoryStore, openMemoryStore } from '@q/storage';
import type { LocalStore, StorageError, StorageObserver } from '@q/storage';
import { openAdminExtension } from './admin-extension.ts';
import type { AdminTools } from './admin-extension.ts';
import { AdminGate } from './admin/admin-gate.ts';
import { AskingLogin, everybodyIn } from './admin/admin-login.ts';
import type { AdminLogin } from './admin/admin-login.ts';
import { adminSnapshot } from './admin/admin-snapshot.ts';
import type { AdminSnapshot } from './admin/admin-snapshot.ts';
import type { Health } from './admin/health.ts';
import { DescriptorWatch } from './background/descriptor-watch.ts';
import { DrainProgress } from './background/drain-progress.ts';
import { Maintenance } from './background/maintenance.ts';
import { formatAddress } from './address.ts';
import { isOpenToAll, listenersWithoutLogin } from './listeners-without-login.ts';
import type { Broker, CloseOptions } from './broker.ts';
import { Closers } from './closers.ts';
import { dataFolderError } from './errors/start-error.ts';
import { toWireError } from './errors/wire-error.ts';
import { BrokerCounters, diskTimes } from './metrics/counters.ts';
import { noRuntimeWatch } from './metrics/runtime-watch.ts';
import type { RuntimeWatch } from './metrics/runtime-watch.ts';
import { nodeRuntimeWatch } from './metrics/node-runtime-watch.ts';
import { adminUrlAt, startAdminServers } from './admin-servers.ts';
import type { TlsKeeper } from './tls/tls-keeper.ts';
import { followCertificates, keepCertificates } from './certificates.ts';
import type { AdminServers } from './admin-servers.ts';
import type { ListenerAddress } from './listener-options.ts';
import { Listeners } from './listeners.ts';
import { openListeners } from './open-listeners.ts';
import { nativeName, requestMeter } from './metrics/request-meter.ts';
import { defaultDurability, resolveOptions } from './options.ts';
import type { BrokerOptions, ResolvedOptions } from './options.ts';
import { openServices } from './open-services.ts';
import type { OpenServices } from './open-services.ts';
import { lookAtDescriptorLimit } from './node-descriptor-limit.ts';
import { syncSlots } from './services/health/health-look.ts';
import { RecentTimes } from './services/health/recent-times.ts';
import { BudgetWatch } from './transport/budget-watch.ts';
import { ThrottledUsers } from './services/quotas/throttled-users.ts';
import { AcceptPace } from './transport/accept-pace.ts';
import type { RateOfAddress } from './transport/accept-pace.ts';
import { ByteBudget } from './transport/byte-budget.ts';
import { Connections } from './transport/connections.ts';
import { HeldTotal } from './transport/held-total.ts';
import { checkRuntime } from './node-runtime.ts';
import { OutsideCaller } from './transport/outside-caller.ts';
import type { SharedBudgets } from './transport/outside-caller.ts';
import { OutputTotal } from './transport/output-total.ts';
import { openTracing } from './tracing/open-tracing.ts';

/**
 * Starts a broker and resolves when it serves.
 * @throws QError INVALID_CONFIG (a setting, a port or the data folder cannot be used), STORAGE_FAILED, CORRUPT_LOG;
 * whatever was opened by then is closed again
 */
export async function startBroker(options: BrokerOptions = {}): Promise<Broker> {
  checkRuntime();
  const resolved = resolveOptions(options);
  const health: Health = { phase: 'starting' };
  const closers = new Closers();
  try {
    return await assemble(resolved, health, closers);
  } catch (error) {
    if (health.phase !== 'failed') health.phase = 'stopping';
    await closers
      .closeAll()
      .catch((closing: unknown) =>
        resolved.logger.error({ event: 'broker.close_failed', err: closing }, 'closing after a failed start'),
      );
    throw toWireError(error);
  }
}

async function assemble(options: ResolvedOptions, health: Health, closers: Closers): Promise<Broker> {
  const counters = new BrokerCounters(options.clock);
  const runtime = watchRuntime(options, closers);
  const gate = adminGate(options);
  const tls = await keepCertificates(options, closers);
  const snapshot = (): AdminSnapshot => adminSnapshot(health, counters);
  const admin = await startAdminServers(options, { closers, tls, gate, snapshot });
  const adminUrl = admin?.url ?? null;
  const syncs = new RecentTimes({ slots: syncSlots });
  const store = await openStore(options, { health, closers, observer: alsoRecent(diskTimes(counters), syncs) });
  const transport = openTransport(options, counters);
  const services = await openServices({
    options,
    store,
    disk: store,
    budget: transport.budget,
    counters,
    certificates: () => tls?.certificates() ?? [],
    clients: () => transport.connections.clients(),
    runtime,
    syncs,
    throttled: new ThrottledUsers(options),
    closers,
    hasFailed: () => health.phase === 'failed',
  });
  transport.rates.of = (address) => services.throttle.rateOf(address);
  closers.add(() => transport.connections.close());

  const listeners = new Listeners(options, transport.connections);
  const { clock, limits, logger } = options;
  await openListeners({
    options,
    listeners,
    services,
    counters,
    frames: store.appendBuffers,
    tls,
    tracing: await openTracing(options.tracing, () => clock.now()),
    adminUrlFor: adminUrlAt(admin),
  });
  const maintenance = openMaintenance(options, { store, services });
  // What has failed by now has failed for good: nobody is told that it serves.
  if (health.phase === 'failed') throw new QError('STORAGE_FAILED', 'storage failed while the broker started');
  maintenance.start();
  serve(health, services);
  const addresses = [...listeners.addresses, ...(admin?.addresses ?? [])];
  const native = addresses.find(({ protocol }) => protocol === nativeName)!;
  followCertificates(tls, services);
  reportReady(options, services, { native, adminUrl });
  noteStart(options, services);
  tellOpen(addresses, options, services);
  const login = adminLogin(options, services);
  gate.serve({ login, access: services.forDoors.access });
  const closeExtension = extendAdmin(admin, { options, services, counters, health, transport, login, tls });

  const stop = async ({ timeoutMs = limits.closeTimeoutMs }: CloseOptions): Promise<void> => {
    if (health.phase === 'ready') health.phase = 'stopping';
    await listeners.close();
    await closeExtension();
    services.forDoors.audit.note({ event: 'audit.broker_stopped', by: null });
    await drain({ options, services, connections: transport.connections, health, timeoutMs });
    await transport.connections.close();
    await maintenance.stop();
    await closers.closeAll();
    logger.info({ event: 'broker.stopped' }, 'broker has stopped');
  };
  const { clusterId } = services.identity;
  return runningBroker({ options, native, addresses, adminUrl, clusterId, services, stop });
}

function noteStart({ security }: ResolvedOptions, { identity, forDoors }: OpenServices): void {
  const after = { version: identity.softwareVersion, isSecured: security !== null };
  forDoors.audit.note({ event: 'audit.broker_started', by: null, after });
}

/** Other machines come in without saying who they are: somebody wanted it so, and is told again and again. */
function tellOpen(addresses: readonly ListenerAddress[], options: ResolvedOptions, { health }: OpenServices): void {
  const names = new Set(listenersWithoutLogin(options.listeners).map(({ name }) => name));
  const open = addresses.filter(({ name }) => names.has(name));
  if (open.length === 0) return;
  const { logger } = options;
  const listeners = open.map(({ name, host, port }) => `${name}=${formatAddress(host, port)}`);
  if (!isOpenToAll(options)) {
    const what = `whoever reaches ${listeners.join(', ')} comes in as User:ANONYMOUS`;
    logger.warn({ event: 'broker.no_login', listeners }, `${what}, and may do what rules allow that user`);
    return;
  }
  const reason = `whoever reaches ${listeners.join(', ')} may do everything`;
  logger.warn({ event: 'broker.insecure', listeners }, `${reason}; set security up with q-broker init --secure`);
  health.tell('security.off', { reason, figures: { listeners: open.length } });
}

function openMaintenance(
  options: ResolvedOptions,
  { store, services }: { readonly store: LocalStore; readonly services: OpenServices },
): Maintenance {
  const { clock, logger, limits } = options;
  return new Maintenance({
    store,
    tryAgain: async () => {
      await services.topicChanges.tryAgain();
      await services.registry.tryAgain();
      await services.transactions.maintain();
    },
    lookAtDescriptors: descriptorLook(options, store),
    clock,
    logger,
    intervalMs: limits.maintenanceIntervalMs,
  });
}

/** Answers what is under way, and tells whoever waits how far it is. */
async function drain(o: {
  readonly options: ResolvedOptions;
  readonly services: OpenServices;
  readonly connections: Connections;
  readonly health: Health;
  readonly timeoutMs: number;
}): Promise<void> {
  const { services, connections, health, timeoutMs } = o;
  const { clock, logger } = o.options;
  const groups = services.groups.list('').filter(({ members }) => members > 0);
  const told = { groups: groups.length, members: groups.reduce((sum, { members }) => sum + members, 0) };
  const progress = new DrainProgress({ clock, logger, timeoutMs, told, count: () => connections.underWay() });
  health.drain = () => progress.state();
  services.release();
  progress.start();
  await connections.drain(timeoutMs).finally(() => progress.stop());
}

/** From now on the broker is ready, and looks at its health. */
function serve(health: Health, services: OpenServices): void {
  services.health.start();
  health.troubles = () => services.health.report().conditions.map(({ name, reason }) => `${name}: ${reason}`);
  health.phase = 'ready';
}

function alsoRecent(observer: StorageObserver, syncs: RecentTimes): StorageObserver {
  return {
    roundEnded: (ms, size) => observer.roundEnded(ms, size),
    synced: (ms) => {
      observer.synced(ms);
      syncs.record(ms);
    },
  };
}

/** Only where the system was asked at the start: another number is the caller's, and holds. */
function descriptorLook(options: ResolvedOptions, store: LocalStore): () => void {
  const { descriptorsMax: atStart, areDescriptorsTheSystems, limits, storageLimits, logger } = options;
  if (atStart === null || !areDescriptorsTheSystems) return () => undefined;
  const watch = new DescriptorWatch({ store, limits, storageLimits, logger, atStart, look: lookAtDescriptorLimit });
  return () => watch.run();
}

function reportReady(
  options: ResolvedOptions,
  { identity, registry }: OpenServices,
  { native, adminUrl }: { readonly native: ListenerAddress; readonly adminUrl: string | null },
): void {
  const fields = {
    address: formatAddress(native.host, native.port),
    adminUrl,
    durability: defaultDurability(options),
    clusterId: identity.clusterId,
    term: identity.term,
    ...registry.countForUsers(),
    partitionsMax: options.limits.partitionsMax,
    connectionsMax: options.limits.connectionsMax,
    openFilesMax: options.storageLimits.openFilesInUseMax ?? defaultStorageLimits.openFilesInUseMax,
  };
  options.logger.info({ event: 'broker.ready', ...fields }, 'broker is ready');
  const { descriptorsMax, isShortOfDescriptors } = options;
  if (!isShortOfDescriptors || descriptorsMax === null) return;
  const { connectionsMax, partitionsMax, openFilesMax } = fields;
  const message =
    'the process may have few files open, so fewer connections and partitions are taken; raise the limit (ulimit -n)';
  options.logger.warn(
    { event: 'broker.few_files', descriptorsMax, openFilesMax, connectionsMax, partitionsMax },
    message,
  );
}

/** Before the users are known nobody has more than the probes. */
function adminGate({ listeners, adminExtension, security }: ResolvedOptions): AdminGate {
  const hosts = listeners.filter(({ protocol }) => protocol === 'admin').map(({ host }) => host);
  const isSecured = security !== null;
  return new AdminGate({ isSecured, hosts: [...hosts, ...(adminExtension?.allowedHosts ?? [])] });
}

function adminLogin({ clock }: ResolvedOptions, { identities }: Pick<OpenServices, 'identities'>): AdminLogin {
  if (identities === null) return everybodyIn;
  const { requestLogins: logins, news } = identities;
  return new AskingLogin({ logins, news, clock });
}

/** The rest of the admin interface, which nobody waits for. Returns how to close it. */
function extendAdmin(
  server: AdminServers | null,
  {
    options,
    services,
    counters,
    health,
    transport: { connections, shared },
    login,
    tls,
  }: {
    readonly options: ResolvedOptions;
    readonly services: OpenServices;
    readonly counters: BrokerCounters;
    readonly health: Health;
    readonly transport: Transport;
    readonly login: AdminLogin;
    readonly tls: TlsKeeper | null;
  },
): () => Promise<void> {
  const extension = options.adminExtension;
  if (server === null || extension === null) return () => Promise.resolve();
  const { clock, random, limits, logger } = options;
  const meter = requestMeter(counters, 'admin');
  const tools: AdminTools = {
    clock,
    random,
    limits,
    logger,
    meter,
    phase: () => health.phase,
    url: server.url,
    certificates: {
      list: () => tls?.certificates() ?? [],
      reload: async (by, who) => void (await tls?.reload(by, who)),
    },
    login,
    hasOpenMetrics: options.hasOpenMetrics,
    connections: () => connections.describe(),
    openCaller: (who) => new OutsideCaller(shared, who),
  };
  return openAdminExtension(extension, { services: services.forDoors, tools, extend: server.extend });
}

/** Only where somebody may ask for it. */
function watchRuntime({ listeners }: ResolvedOptions, closers: Closers): RuntimeWatch {
  if (listeners.every(({ protocol }) => protocol !== 'admin')) return noRuntimeWatch;
  const watch = nodeRuntimeWatch();
  closers.add(() => watch.stop());
  return watch;
}

async function openStore(
  options: ResolvedOptions,
  o: { health: Health; closers: Closers; observer: StorageObserver },
): Promise<LocalStore> {
  const { health, closers, observer } = o;
  const { clock, logger, dataDir, fileSystem, storageMaxBytes, whenFull, storageLimits } = options;
  const onFatal = (error: StorageError): void => {
    health.phase = 'failed';
    health.failure = error.message;
    options.onFatal(toWireError(error));
  };
  const common = {
    clock,
    log: logger,
    observer,
    limits: storageLimits,
    whenFull,
    onFatal,
    ...(storageMaxBytes !== null && { storageBytesMax: storageMaxBytes }),
  };
  const opening =
    options.storage === 'memory'
      ? openMemoryStore(common)
      : openDirectoryStore({ ...common, directory: dataDir, ...(fileSystem !== null && { fileSystem }) });
  const store = await opening.catch((error: unknown) => {
    throw dataFolderError(error, dataDir);
  });
  closers.add(() => store.close());
  return store;
}

interface Transport {
  readonly budget: ByteBudget;
  readonly connections: Connections;
  readonly shared: SharedBudgets;
  /** Which quota of new connections an address has: known once the services are there. */
  readonly rates: { of: RateOfAddress };
}

/** One set of budgets and limits, however many doors there are. */
function openTransport({ clock, limits, logger }: ResolvedOptions, counters: BrokerCounters): Transport {
  const watch = new BudgetWatch({
    clock,
    logger,
    limitBytes: () => limits.brokerBytesMax,
    connections: () => counters.connections,
  });
  const bounds = {
    get softBytes() {
      return limits.brokerBytesMax;
    },
    get hardBytes() {
      return limits.brokerBytesHardMax;
    },
  };
  const budget = new ByteBudget(bounds, watch);
  const outputTotal = new OutputTotal({
    get bytesMax() {
      return limits.brokerOutputBytesMax;
    },
    get bytesHardMax() {
      return limits.brokerOutputBytesHardMax;
    },
  });
  const heldTotal = new HeldTotal(limits.brokerHeldMax);
  const shared = { clock, limits, budget, outputTotal, heldTotal };
  const rates: Transport['rates'] = { of: () => null };
  const pace = new AcceptPace({ clock, limits, rateOf: (address) => rates.of(address) });
  const connections = new Connections({ ...shared, logger, pace }, counters);
  return { budget, connections, shared, rates };
}

function runningBroker(parts: {
  options: ResolvedOptions;
  native: ListenerAddress;
  addresses: readonly ListenerAddress[];
  adminUrl: string | null;
  clusterId: string;
  services: Pick<OpenServices, 'settings' | 'health' | 'identities' | 'quotas' | 'rules'>;
  stop: (options: CloseOptions) => Promise<void>;
}): Broker {
  const { options, native, addresses, stop } = parts;
  const address = formatAddress(native.host, native.port);
  let closing: Promise<void> | null = null;
  const close = (closeOptions: CloseOptions = {}): Promise<void> => {
    closing ??= stop(closeOptions).catch((error: unknown) => {
      throw toWireError(error);
    });
    return closing;
  };
  return {
    brokerId: options.brokerId,
    clusterId: parts.clusterId,
    users: parts.services.identities?.users ?? null,
    rules: parts.services.rules,
    quotas: parts.services.quotas,
    settings: parts.services.settings,
    health: parts.services.health,
    host: native.host,
    port: native.port,
    address,
    url: `${native.isEncrypted ? 'qs' : 'q'}://${address}`,
    adminUrl: parts.adminUrl,
    doors: addresses
      .filter(({ protocol }) => protocol !== nativeName && protocol !== 'admin')
      .map(({ name, host, port }) => ({ name, host, port })),
    listeners: addresses,
    close,
    [Symbol.asyncDispose]: () => close(),
  };
}
