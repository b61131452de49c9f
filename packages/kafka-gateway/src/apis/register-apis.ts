import type { Services } from '@q/broker';
import type { Dispatcher } from '../session/dispatcher.ts';
import { apiVersionsHandler } from './api-versions.ts';
import { fetchHandler } from './fetch.ts';
import { findCoordinatorHandler } from './find-coordinator.ts';
import { listOffsetsHandler } from './list-offsets.ts';

/** Every API that the table of versions has, with what it needs. */
export function registerApis(dispatcher: Dispatcher, services: Services): void {
  dispatcher.add(fetchHandler(services));
  dispatcher.add(listOffsetsHandler(services));
  dispatcher.add(findCoordinatorHandler(services));
  dispatcher.add(apiVersionsHandler(services));
}
