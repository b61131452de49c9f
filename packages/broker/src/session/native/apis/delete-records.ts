/**
 * DELETE_RECORDS: moves the start of partitions up (row T1, `topic trim`).
 */
import { DeleteRecords } from '@q/protocol';
import type { DeleteRecordsRequest, DeleteRecordsResponse } from '@q/protocol';
import type { Services } from '../../../services/services.ts';
import type { Handler } from '../handler.ts';
import { errorsOf, wireResult } from './wire-result.ts';

const toHighWatermark = -1;

export function deleteRecordsHandler(
  deletion: Services['recordDeletion'],
): Handler<DeleteRecordsRequest, DeleteRecordsResponse> {
  return {
    api: DeleteRecords,
    handle: async ({ name, partitions }, caller) => {
      const results = await deletion.delete(
        name,
        partitions.map(({ partition, beforeOffset }) => ({
          partition,
          before: beforeOffset === toHighWatermark ? 'end' : beforeOffset,
        })),
        caller,
      );
      return {
        partitions: results.map(({ error, ...result }) => ({ ...result, ...wireResult(error) })),
      };
    },
    errorsIn: ({ partitions }) => errorsOf(partitions),
  };
}
