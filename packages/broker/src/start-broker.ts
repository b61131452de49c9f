/**
 * The composition root: puts a broker together in the order in which its parts need each other, and takes it apart in
 * reverse. Nothing listens for clients before the data is recovered; the admin interface listens first, to say so.
 */
import { openDirectoryStore, openMemoryStore } from '@q/storage';
import type { LogStore, StorageError } from '@q/storage';
import type { Health } from './admin/health.ts';
import { Maintenance } from './background/maintenance.ts';
import { formatAddress } from './broker.ts';
import type { Broker, CloseOptions } from './broker.ts';
import { Closers } from './closers.ts';
import { ByteBudget } from './connection/budget.ts';
import { Connections } from './connection/connections.ts';
import { HeldTotal } from './connection/held-total.ts';
import { OutputTotal } from './connection/output-total.ts';
import { Dispatcher } from './dispatch.ts';
import { dataFolderError, listenError } from './errors/start-error.ts';
import { toWireError } from './errors/wire-error.ts';
import { FetchWaiters } from './fetch/waiters.ts';
import { groupsLogId } from './groups/groups-topic.ts';
import { Groups } from './groups/groups.ts';
import { registerHandlers } from './handlers/register-handlers.ts';
import type { Services } from './handlers/register-handlers.ts';
import { BrokerTerm } from './metadata/broker-term.ts';
import { LogMetadataStore } from './metadata/log-metadata-store.ts';
import { metadataLogId } from './metadata/metadata-topic.ts';
import { createCounters } from './metrics/counters.ts';
import { softwareVersion } from './node-version.ts';
import type { Listener } from './network/network.ts';
import { defaultDurability, resolveOptions } from './options.ts';
import type { BrokerOptions, ResolvedOptions } from './options.ts';
import { ProducerIdBlocks } from './producers/producer-id-blocks.ts';
import { internalLogConfig, internalTopic } from './topics/internal-topic.ts';
import { TopicChanges } from './topics/topic-changes.ts';
import { TopicRegistry } from './topics/topic-registry.ts';

/**
 * Starts a broker and resolves when it serves.
 * @throws QError INVALID_CONFIG (a setting, a port or the data folder cannot be used), STORAGE_FAILED, CORRUPT_LOG;
 * whatever was opened by then is closed again
 */
export async function startBroker(options: BrokerOptions = {}): Promise<Broker> {
  const resolved = resolveOptions(options);
  const health: Health = { phase: 'starting' };
  const closers = new Closers();
  try {
    return await assemble(resolved, health, closers);
  } catch (error) {
    if (health.phase !== 'failed') health.phase = 'stopping';
    await closers
      .closeAll()
      .catch((closing: unknown) => resolved.logger.error({ err: closing }, 'closing after a failed start'));
    throw toWireError(error);
  }
}

async function assemble(options: ResolvedOptions, health: Health, closers: Closers): Promise<Broker> {
  const adminUrl = await startAdmin(options, health, closers);
  const store = await openStore(options, health, closers);
  const services = await openServices(options, { store, health, closers });
  const { connections, waiters } = serve(services, closers);

  const listener = await listen(options, connections);
  services.advertised.port ||= listener.port;
  const maintenance = new Maintenance({
    store,
    tryAgain: () => services.registry.tryAgain(),
    clock: options.clock,
    logger: options.logger,
    intervalMs: options.limits.maintenanceIntervalMs,
  });
  maintenance.start();
  health.phase = 'ready';
  reportReady(services, listener, adminUrl);

  const stop = async ({ timeoutMs = options.limits.closeTimeoutMs }: CloseOptions): Promise<void> => {
    if (health.phase === 'ready') health.phase = 'stopping';
    await listener.close();
    waiters.releaseAll();
    services.groups.release();
    await connections.drain(timeoutMs);
    await connections.close();
    await maintenance.stop();
    await closers.closeAll();
    options.logger.info({}, 'broker has stopped');
  };
  return runningBroker({ options, listener, adminUrl, clusterId: services.identity.clusterId, stop });
}

function reportReady({ options, identity, registry }: Services, listener: Listener, adminUrl: string | null): void {
  const fields = {
    address: formatAddress(options.host, listener.port),
    adminUrl,
    durability: defaultDurability(options),
    clusterId: identity.clusterId,
    term: identity.term,
    topics: registry.size,
    partitions: registry.partitionCount,
  };
  options.logger.info(fields, 'broker is ready');
}

async function startAdmin(options: ResolvedOptions, health: Health, closers: Closers): Promise<string | null> {
  const { admin } = options;
  if (admin === null) return null;
  // Loaded only where it is wanted: an embedded broker without it starts faster and stays smaller.
  const { startAdminServer } = await import('./admin/node-admin-server.ts');
  const server = await startAdminServer({ ...admin, health }).catch((error: unknown) => {
    throw listenError(error, { setting: 'admin.port', ...admin });
  });
  closers.add(() => server.close());
  return server.url;
}

async function openStore(options: ResolvedOptions, health: Health, closers: Closers): Promise<LogStore> {
  const { clock, logger, dataDir, fileSystem, storageMaxBytes, whenFull, storageLimits } = options;
  const onFatal = (error: StorageError): void => {
    health.phase = 'failed';
    logger.error({ err: error }, 'data can no longer be made durable; nothing is acknowledged any more');
    options.onFatal(toWireError(error));
  };
  const common = {
    clock,
    log: logger,
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

type OpenServices = Services & { readonly advertised: { readonly host: string; port: number } };

async function openServices(
  options: ResolvedOptions,
  opened: { store: LogStore; health: Health; closers: Closers },
): Promise<OpenServices> {
  const { store, health, closers } = opened;
  const { clock, random, limits, logger, topicDefaults: brokerDefaults, brokerId } = options;
  const metadataLog = await store.open(metadataLogId, internalLogConfig);
  const metadata = await LogMetadataStore.open(metadataLog, clock);
  const term = await BrokerTerm.begin(metadata, { brokerId, random });
  // A broker that lost its disk cannot note anything any more; its next start takes it for a crash, as it should.
  closers.add(() => (health.phase === 'failed' ? undefined : term.end()));
  if (term.followsCrash)
    logger.warn({ term: term.term }, 'the last run did not end cleanly; leader epochs were raised');

  const registry = new TopicRegistry({
    store,
    metadata,
    logger,
    brokerDefaults,
    term: term.term,
    logOpensMax: limits.logOpensMax,
    clock,
    retryPauseMsMin: limits.reopenPauseMsMin,
    retryPauseMsMax: limits.reopenPauseMsMax,
    ownLogs: [groupsLogId],
  });
  registry.addInternal(internalTopic({ log: metadataLog, brokerDefaults }));
  const ownLogs = await registry.start();
  closers.add(async () => {
    registry.stop();
    await registry.settled();
  });
  const groups = await Groups.open({ store, registry, brokerDefaults, clock, limits, logger }, ownLogs);
  closers.add(() => groups.close());
  return {
    options,
    identity: { brokerId, clusterId: term.clusterId, software: 'q', softwareVersion, term: term.term },
    store,
    registry,
    changes: new TopicChanges({ registry, metadata, brokerDefaults, limits, clock, random, term: term.term }),
    producerIds: await ProducerIdBlocks.open(metadata),
    groups,
    waiters: new FetchWaiters({ clock, wakesPerTurnMax: limits.wakesPerTurnMax }),
    budget: new ByteBudget({ softBytes: limits.brokerBytesMax, hardBytes: limits.brokerBytesHardMax }),
    counters: createCounters(),
    advertised: { host: options.advertised?.host ?? '', port: options.advertised?.port ?? 0 },
  };
}

function serve(services: Services, closers: Closers): { connections: Connections; waiters: FetchWaiters } {
  const { options, counters, budget, waiters } = services;
  const { clock, logger, limits } = options;
  const { appendBuffers } = services.store;
  const dispatcher = new Dispatcher({ clock, logger, counters, ...(appendBuffers && { copyToLetGo: appendBuffers.copyOf }) });
  registerHandlers(dispatcher, services);
  const outputTotal = new OutputTotal({
    bytesMax: limits.brokerOutputBytesMax,
    bytesHardMax: limits.brokerOutputBytesHardMax,
  });
  const heldTotal = new HeldTotal(limits.brokerHeldMax);
  const allocateFrame = appendBuffers?.take ?? ((length: number) => Buffer.allocUnsafe(length));
  const host = { clock, limits, logger, dispatcher, budget, outputTotal, heldTotal, allocateFrame };
  const connections = new Connections(host, counters);
  closers.add(() => connections.close());
  return { connections, waiters };
}

async function listen(options: ResolvedOptions, connections: Connections): Promise<Listener> {
  const { host, port, network, logger } = options;
  try {
    return await network.listen({
      host,
      port,
      accept: (stream) => connections.accept(stream),
      acceptFailed: (error) => logger.warn({ err: error }, 'a connection could not be accepted'),
    });
  } catch (error) {
    throw listenError(error, { setting: 'port', host, port });
  }
}

function runningBroker(parts: {
  options: ResolvedOptions;
  listener: Listener;
  adminUrl: string | null;
  clusterId: string;
  stop: (options: CloseOptions) => Promise<void>;
}): Broker {
  const { options, listener, stop } = parts;
  const address = formatAddress(options.host, listener.port);
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
    host: options.host,
    port: listener.port,
    address,
    url: `q://${address}`,
    adminUrl: parts.adminUrl,
    close,
    [Symbol.asyncDispose]: () => close(),
  };
}
