/**
 * REOPEN_PARTITIONS: opens partitions again that are in trouble (row S2, `topic reopen`).
 */
import { ReopenPartitions } from '@q/protocol';
import type { ReopenPartitionsRequest, ReopenPartitionsResponse } from '@q/protocol';
import type { Services } from '../../../services/services.ts';
import type { Handler } from '../handler.ts';
import { errorsOf, wireResult } from './wire-result.ts';

export function reopenPartitionsHandler(
  reopening: Services['partitionReopening'],
): Handler<ReopenPartitionsRequest, ReopenPartitionsResponse> {
  return {
    api: ReopenPartitions,
    handle: async ({ name, partitions }, caller) => {
      const results = await reopening.reopen(name, partitions.length === 0 ? 'in trouble' : partitions, caller);
      return { partitions: results.map(({ partition, error }) => ({ partition, ...wireResult(error) })) };
    },
    errorsIn: ({ partitions }) => errorsOf(partitions),
  };
}
