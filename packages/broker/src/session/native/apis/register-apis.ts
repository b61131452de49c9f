/**
 * Gives the dispatcher a handler for every API (row W1).
 */
import { authenticateHandler } from './authenticate.ts';
import type { BrokerLogger } from '../../../logger.ts';
import type { LentMemory } from '@q/protocol';
import type { Clock } from '../../../clock.ts';
import type { BrokerLimits } from '../../../limits.ts';
import type { Services } from '../../../services/services.ts';
import type { BrokerTracing } from '../../../tracing/tracing.ts';
import type { Dispatcher } from '../dispatcher.ts';
import { deleteRecordsHandler } from './delete-records.ts';
import { fetchHandler } from './fetch.ts';
import { groupHeartbeatHandler } from './group-heartbeat.ts';
import { deleteGroupHandler, describeGroupHandler, listGroupsHandler } from './group-lists.ts';
import {
  commitOffsetHandler,
  deleteOffsetsHandler,
  fetchOffsetHandler,
  resetOffsetsHandler,
} from './committed-offsets.ts';
import { helloHandler } from './hello.ts';
import { initProducerHandler } from './init-producer.ts';
import { listOffsetsHandler } from './list-offsets.ts';
import { metadataHandler } from './metadata.ts';
import { pingHandler } from './ping.ts';
import { produceHandler } from './produce.ts';
import { reopenPartitionsHandler } from './reopen-partitions.ts';
import { statsHandler } from './stats.ts';
import {
  addPartitionsHandler,
  alterTopicHandler,
  createTopicHandler,
  deleteTopicHandler,
  describeTopicHandler,
  listTopicsHandler,
} from './topics.ts';
import { endTransactionHandler, stageOffsetsHandler } from './transactions.ts';

export interface NativeApisOptions {
  readonly clock: Clock;
  /** Null: nobody wants spans. */
  readonly tracing: BrokerTracing | null;
  readonly services: Services;
  readonly logger: BrokerLogger;
  readonly limits: BrokerLimits;
  /** Where the memory of large frames comes from, if it is used again. */
  readonly frames: Pick<LentMemory, 'release'> | null;
  /**
   * Where clients should connect, an empty host being the address that they dialled. The port is known once the broker
   * listens.
   */
  readonly advertised: { readonly host: string; readonly port: number };
  /** Where whoever dialled that address of ours finds the admin interface; null where it finds none. */
  readonly adminUrlFor: (localAddress: string) => string | null;
}

export function registerApis(dispatcher: Dispatcher, options: NativeApisOptions): void {
  const { services, limits, frames, advertised, adminUrlFor, tracing, clock } = options;
  const traces = tracing === null ? null : { tracing, now: () => clock.now() };
  const { identity, topics, topicChanges, groups } = services;
  dispatcher.add(helloHandler({ identity, limits, dispatcher }));
  if (services.identities !== null) dispatcher.add(authenticateHandler());
  dispatcher.add(produceHandler({ service: services.append, throttle: services.throttle, frames, traces }));
  dispatcher.add(fetchHandler(services.fetch));
  dispatcher.add(metadataHandler({ catalog: topics, identity, advertised }));
  dispatcher.add(listOffsetsHandler(services.offsets));
  dispatcher.add(createTopicHandler(topicChanges));
  dispatcher.add(deleteTopicHandler(topicChanges));
  dispatcher.add(listTopicsHandler(topics));
  dispatcher.add(describeTopicHandler(topics));
  dispatcher.add(alterTopicHandler(topicChanges));
  dispatcher.add(addPartitionsHandler(topicChanges));
  dispatcher.add(deleteRecordsHandler(services.recordDeletion));
  dispatcher.add(reopenPartitionsHandler(services.partitionReopening));
  dispatcher.add(initProducerHandler(services));
  dispatcher.add(statsHandler({ stats: services.stats, adminUrlFor }));
  dispatcher.add(pingHandler);
  dispatcher.add(groupHeartbeatHandler(groups.heartbeats));
  dispatcher.add(commitOffsetHandler(groups.offsets));
  dispatcher.add(fetchOffsetHandler(services));
  dispatcher.add(listGroupsHandler(groups));
  dispatcher.add(describeGroupHandler(groups));
  dispatcher.add(deleteGroupHandler(groups.changes));
  dispatcher.add(resetOffsetsHandler(groups.changes));
  dispatcher.add(deleteOffsetsHandler(groups.changes));
  dispatcher.add(endTransactionHandler(services.transactions));
  dispatcher.add(stageOffsetsHandler(services.transactions));
}
