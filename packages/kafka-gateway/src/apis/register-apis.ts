import type { DoorTools, Services } from '@q/broker';
import type { Dispatcher } from '../session/dispatcher.ts';
import { apiVersionsHandler } from './api-versions.ts';
import { fetchHandler } from './fetch.ts';
import { findCoordinatorHandler } from './find-coordinator.ts';
import { listOffsetsHandler } from './list-offsets.ts';
import { metadataHandler } from './metadata.ts';
import { produceHandler } from './produce.ts';

/** Every API that the table of versions has, with what it needs. */
export function registerApis(dispatcher: Dispatcher, services: Services, tools: DoorTools): void {
  dispatcher.add(produceHandler(services, tools));
  dispatcher.add(fetchHandler(services));
  dispatcher.add(listOffsetsHandler(services));
  dispatcher.add(metadataHandler(services));
  dispatcher.add(findCoordinatorHandler(services));
  dispatcher.add(apiVersionsHandler(services));
}
