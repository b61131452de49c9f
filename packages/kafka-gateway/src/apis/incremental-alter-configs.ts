/**
 * IncrementalAlterConfigs: changes some settings of topics and leaves the others (row B1).
 */
import { incrementalAlterConfigs } from '../messages/incremental-alter-configs.ts';
import { handler } from '../session/handler.ts';
import type { Handler } from '../session/handler.ts';
import { alterEach, refuseEach } from './alter-resource.ts';
import type { ConfigParts } from './config-resource.ts';

export function incrementalAlterConfigsHandler(parts: ConfigParts): Handler {
  return handler(incrementalAlterConfigs, {
    handle: async ({ resources, validateOnly }, { caller }) => {
      const changes = resources.map(({ configs, ...resource }) => ({ ...resource, steps: configs }));
      return { responses: await alterEach(parts, changes, { caller, validateOnly, replacesAll: false }) };
    },
    refuse: (errorCode, { resources }, _context, errorMessage) => ({
      responses: refuseEach(resources, { errorCode, errorMessage }),
    }),
  });
}
