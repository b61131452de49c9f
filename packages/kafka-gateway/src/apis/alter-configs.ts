/**
 * AlterConfigs: replaces the settings of topics (row B1).
 */
import { configOperation } from '../configs/config-codes.ts';
import { alterConfigs } from '../messages/alter-configs.ts';
import { handler } from '../session/handler.ts';
import type { Handler } from '../session/handler.ts';
import { alterEach } from './alter-resource.ts';
import type { ConfigParts } from './config-resource.ts';
import { refuseTooManyTopics } from './one-by-one.ts';

export function alterConfigsHandler(parts: ConfigParts): Handler {
  return handler(alterConfigs, {
    handle: async ({ resources, validateOnly }, { caller }) => {
      const refused = refuseTooManyTopics(resources, parts.tools);
      if (refused !== null) return refused;
      const changes = resources.map(({ configs, ...resource }) => ({
        ...resource,
        steps: configs.map((config) => ({ ...config, configOperation: configOperation.set })),
      }));
      return { responses: await alterEach(parts, changes, { caller, validateOnly, replacesAll: true }) };
    },
  });
}
