/**
 * DELETE_RECORDS: moves the start of partitions up (row T1, `topic trim`).
 */
import { DeleteRecords, QError, errorCode, errorEntry } from '@q/protocol';
import type {
  DeleteRecordsRequest,
  DeleteRecordsRequestPartition,
  DeleteRecordsResponse,
  DeleteRecordsResponsePartition,
} from '@q/protocol';
import type { Handler } from '../dispatch.ts';
import { toPartitionError } from '../errors/wire-error.ts';
import type { BrokerLogger } from '../logger.ts';
import type { TopicRegistry } from '../topics/topic-registry.ts';
import { refuseInternal, unknownTopic } from '../topics/topic-rules.ts';
import type { Topic } from '../topics/topic.ts';
import { requirePartition } from './partition-lookup.ts';

const toHighWatermark = -1;

export function deleteRecordsHandler(
  registry: TopicRegistry,
  logger: BrokerLogger,
): Handler<DeleteRecordsRequest, DeleteRecordsResponse> {
  return {
    api: DeleteRecords,
    handle: async ({ name, partitions }) => {
      const topic = registry.byName(name);
      if (topic === undefined) throw unknownTopic(name);
      refuseInternal(name, 'trimmed');
      return { partitions: await Promise.all(partitions.map((wanted) => deleteBefore(topic, wanted, logger))) };
    },
    errorsIn: function* errorsIn(response) {
      for (const part of response.partitions) if (part.errorCode !== 0) yield errorEntry(part.errorCode).name;
    },
  };
}

async function deleteBefore(
  topic: Topic,
  { partition: index, beforeOffset }: DeleteRecordsRequestPartition,
  logger: BrokerLogger,
): Promise<DeleteRecordsResponsePartition> {
  let logStartOffset = -1;
  try {
    const log = requirePartition(topic, index).requireLog();
    ({ logStartOffset } = log);
    const { highWatermark } = log;
    const offset = beforeOffset === toHighWatermark ? highWatermark : beforeOffset;
    if (offset < 0 || offset > highWatermark) {
      throw new QError(
        'OFFSET_OUT_OF_RANGE',
        `partition ${index} of topic ${topic.name} can be trimmed up to ${highWatermark}, not to ${offset}`,
      );
    }
    // Below the start there is nothing left to delete.
    if (offset > logStartOffset) logStartOffset = await log.deleteBefore(offset);
    return { partition: index, errorCode: 0, errorMessage: null, logStartOffset };
  } catch (thrown) {
    const error = toPartitionError(thrown, logger);
    return { partition: index, errorCode: errorCode(error.code), errorMessage: error.message, logStartOffset };
  }
}
