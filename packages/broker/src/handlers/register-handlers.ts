/**
 * Gives the dispatcher a handler for every API (row W1).
 */
import { durabilityCode } from '@q/protocol';
import type { LogStore } from '@q/storage';
import type { ByteBudget } from '../connection/budget.ts';
import type { Dispatcher } from '../dispatch.ts';
import type { FetchWaiters } from '../fetch/waiters.ts';
import type { Groups } from '../groups/groups.ts';
import type { BrokerIdentity } from '../identity.ts';
import type { BrokerCounters } from '../metrics/counters.ts';
import { nodeProcessUsage } from '../metrics/node-process-usage.ts';
import { defaultDurability } from '../options.ts';
import type { ResolvedOptions } from '../options.ts';
import type { ProducerIdBlocks } from '../producers/producer-id-blocks.ts';
import type { TopicChanges } from '../topics/topic-changes.ts';
import type { TopicRegistry } from '../topics/topic-registry.ts';
import { deleteRecordsHandler } from './delete-records.ts';
import { fetchHandler } from './fetch.ts';
import { groupHeartbeatHandler } from './group-heartbeat.ts';
import { deleteGroupHandler, describeGroupHandler, listGroupsHandler } from './group-lists.ts';
import {
  commitOffsetHandler,
  deleteOffsetsHandler,
  fetchOffsetHandler,
  resetOffsetsHandler,
} from './group-offsets.ts';
import { helloHandler } from './hello.ts';
import { initProducerHandler } from './init-producer.ts';
import { listOffsetsHandler } from './list-offsets.ts';
import { metadataHandler } from './metadata.ts';
import { pingHandler } from './ping.ts';
import { produceHandler } from './produce.ts';
import { statsHandler } from './stats.ts';
import {
  addPartitionsHandler,
  alterTopicHandler,
  createTopicHandler,
  deleteTopicHandler,
  describeTopicHandler,
  listTopicsHandler,
} from './topic-handlers.ts';

/** The parts of a broker that its handlers work on. */
export interface Services {
  readonly options: ResolvedOptions;
  readonly identity: BrokerIdentity;
  readonly store: LogStore;
  readonly registry: TopicRegistry;
  readonly changes: TopicChanges;
  readonly producerIds: ProducerIdBlocks;
  readonly groups: Groups;
  readonly waiters: FetchWaiters;
  readonly budget: ByteBudget;
  readonly counters: BrokerCounters;
  /** Known only once the broker listens. */
  readonly advertised: { readonly host: string; readonly port: number };
}

export function registerHandlers(dispatcher: Dispatcher, services: Services): void {
  const { options, identity, store, registry, changes, waiters, budget, counters } = services;
  const { clock, limits, logger, autoCreateTopics } = options;
  const inMemory = options.storage === 'memory';
  dispatcher.add(helloHandler({ identity, limits, dispatcher }));
  dispatcher.add(
    produceHandler({
      registry,
      budget,
      clock,
      limits,
      counters,
      logger,
      appendBuffers: store.appendBuffers,
      durabilityCode: (setting) => durabilityCode[inMemory ? 'memory' : setting],
    }),
  );
  dispatcher.add(fetchHandler({ registry, waiters, clock, limits, counters, logger }));
  dispatcher.add(metadataHandler({ registry, changes, identity, autoCreateTopics, advertised: services.advertised }));
  dispatcher.add(listOffsetsHandler({ registry, limits, logger }));
  dispatcher.add(createTopicHandler(changes));
  dispatcher.add(deleteTopicHandler(changes));
  dispatcher.add(listTopicsHandler(registry));
  dispatcher.add(describeTopicHandler(registry, identity.brokerId));
  dispatcher.add(alterTopicHandler(changes));
  dispatcher.add(addPartitionsHandler(changes));
  dispatcher.add(deleteRecordsHandler(registry, logger));
  dispatcher.add(initProducerHandler(services.producerIds));
  dispatcher.add(
    statsHandler({
      identity,
      registry,
      store,
      clock,
      counters,
      usage: nodeProcessUsage,
      durability: defaultDurability(options),
    }),
  );
  dispatcher.add(pingHandler);
  registerGroupHandlers(dispatcher, services);
}

function registerGroupHandlers(dispatcher: Dispatcher, { groups, registry, options: { limits } }: Services): void {
  dispatcher.add(groupHeartbeatHandler(groups.heartbeats));
  dispatcher.add(commitOffsetHandler(groups.offsets));
  dispatcher.add(fetchOffsetHandler(groups.offsets));
  dispatcher.add(listGroupsHandler(groups));
  dispatcher.add(describeGroupHandler({ groups, registry, limits }));
  dispatcher.add(deleteGroupHandler(groups));
  dispatcher.add(resetOffsetsHandler(groups.changes));
  dispatcher.add(deleteOffsetsHandler(groups.changes));
}
