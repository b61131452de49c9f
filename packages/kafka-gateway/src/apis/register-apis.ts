import type { DoorTools, Services } from '@q/broker';
import { TopicConfigs } from '../configs/topic-configs.ts';
import type { Dispatcher } from '../session/dispatcher.ts';
import { apiVersionsHandler } from './api-versions.ts';
import { consumerGroupDescribeHandler } from './consumer-group-describe.ts';
import { consumerGroupHeartbeatHandler } from './consumer-group-heartbeat.ts';
import { createTopicsHandler } from './create-topics.ts';
import { deleteTopicsHandler } from './delete-topics.ts';
import { describeClusterHandler } from './describe-cluster.ts';
import { describeTopicPartitionsHandler } from './describe-topic-partitions.ts';
import { deleteGroupsHandler } from './delete-groups.ts';
import { describeGroupsHandler } from './describe-groups.ts';
import { fetchHandler } from './fetch.ts';
import { findCoordinatorHandler } from './find-coordinator.ts';
import { initProducerIdHandler } from './init-producer-id.ts';
import { listGroupsHandler } from './list-groups.ts';
import { listOffsetsHandler } from './list-offsets.ts';
import { metadataHandler } from './metadata.ts';
import { offsetCommitHandler } from './offset-commit.ts';
import { offsetDeleteHandler } from './offset-delete.ts';
import { offsetFetchHandler } from './offset-fetch.ts';
import { produceHandler } from './produce.ts';

/** Every API that the table of versions has, with what it needs. */
export function registerApis(dispatcher: Dispatcher, services: Services, tools: DoorTools): void {
  const configs = new TopicConfigs(tools.limits);
  dispatcher.add(apiVersionsHandler(services));
  dispatcher.add(consumerGroupDescribeHandler());
  dispatcher.add(consumerGroupHeartbeatHandler());
  dispatcher.add(createTopicsHandler({ services, configs }));
  dispatcher.add(deleteGroupsHandler(services));
  dispatcher.add(deleteTopicsHandler(services));
  dispatcher.add(describeClusterHandler(services));
  dispatcher.add(describeGroupsHandler(services, tools));
  dispatcher.add(describeTopicPartitionsHandler(services));
  dispatcher.add(fetchHandler(services));
  dispatcher.add(findCoordinatorHandler(services));
  dispatcher.add(initProducerIdHandler(services));
  dispatcher.add(listGroupsHandler(services));
  dispatcher.add(listOffsetsHandler(services));
  dispatcher.add(metadataHandler(services));
  dispatcher.add(offsetCommitHandler(services));
  dispatcher.add(offsetDeleteHandler(services));
  dispatcher.add(offsetFetchHandler(services));
  dispatcher.add(produceHandler(services, tools));
}
