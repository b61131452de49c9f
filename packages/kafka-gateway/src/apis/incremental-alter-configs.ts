/**
 * IncrementalAlterConfigs: changes some settings of topics and leaves the others (row B1).
 */
import { incrementalAlterConfigs } from '../messages/incremental-alter-configs.ts';
import { handler } from '../session/handler.ts';
import type { Handler } from '../session/handler.ts';
import { alterEach } from './alter-resource.ts';
import type { ConfigParts } from './config-resource.ts';
import { refuseTooManyTopics } from './one-by-one.ts';

export function incrementalAlterConfigsHandler(parts: ConfigParts): Handler {
  return handler(incrementalAlterConfigs, {
    handle: async ({ resources, validateOnly }, { caller }) => {
      const refused = refuseTooManyTopics(resources, parts.tools);
      if (refused !== null) return refused;
      const changes = resources.map(({ configs, ...resource }) => ({ ...resource, steps: configs }));
      return { responses: await alterEach(parts, changes, { caller, validateOnly, replacesAll: false }) };
    },
  });
}
