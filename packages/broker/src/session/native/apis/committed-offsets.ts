/**
 * COMMIT_OFFSET, FETCH_OFFSET, RESET_OFFSETS and DELETE_OFFSETS (rows C4, G3).
 */
import { CommitOffset, DeleteOffsets, FetchOffset, ResetOffsets } from '@q/protocol';
import type {
  CommitOffsetRequest,
  CommitOffsetResponse,
  DeleteOffsetsRequest,
  DeleteOffsetsResponse,
  FetchOffsetRequest,
  FetchOffsetResponse,
  ResetOffsetsRequest,
  ResetOffsetsResponse,
} from '@q/protocol';
import type { RequestBudget } from '../../../caller.ts';
import type { GroupOffsets } from '../../../services/groups/group-offsets.ts';
import type { OffsetChanges } from '../../../services/groups/offset-changes.ts';
import type { Handler } from '../handler.ts';
import { errorsOf, errorsOfPartitions, wireCode, wireResult } from './wire-result.ts';

export function commitOffsetHandler(
  offsets: Pick<GroupOffsets, 'commit'>,
): Handler<CommitOffsetRequest, CommitOffsetResponse> {
  return {
    api: CommitOffset,
    handle: async (request, { budget }) => {
      const topics = await holding(budget, offsets.commit(request));
      return {
        topics: topics.map(({ topicId, partitions }) => ({
          topicId,
          partitions: partitions.map(({ partition, error }) => ({ partition, ...wireResult(error) })),
        })),
      };
    },
    errorsIn: errorsOfPartitions,
  };
}

export function fetchOffsetHandler(
  offsets: Pick<GroupOffsets, 'fetch'>,
): Handler<FetchOffsetRequest, FetchOffsetResponse> {
  return {
    api: FetchOffset,
    handle: async (request) => {
      const topics = await offsets.fetch(request);
      return {
        topics: topics.map(({ partitions, ...topic }) => ({
          ...topic,
          partitions: partitions.map(({ error, ...found }) => ({ ...found, errorCode: wireCode(error) })),
        })),
      };
    },
    errorsIn: errorsOfPartitions,
  };
}

export function resetOffsetsHandler(
  changes: Pick<OffsetChanges, 'reset'>,
): Handler<ResetOffsetsRequest, ResetOffsetsResponse> {
  return {
    api: ResetOffsets,
    handle: async (request, { budget }) => {
      const topics = await holding(budget, changes.reset(request));
      return {
        topics: topics.map(({ topicId, partitions }) => ({
          topicId,
          partitions: partitions.map(({ error, ...set }) => ({ ...set, ...wireResult(error) })),
        })),
      };
    },
    errorsIn: errorsOfPartitions,
  };
}

export function deleteOffsetsHandler(
  changes: Pick<OffsetChanges, 'deleteOffsets'>,
): Handler<DeleteOffsetsRequest, DeleteOffsetsResponse> {
  return {
    api: DeleteOffsets,
    handle: async (request) => {
      const topics = await changes.deleteOffsets(request);
      return { topics: topics.map(({ error, ...topic }) => ({ ...topic, ...wireResult(error) })) };
    },
    errorsIn: ({ topics }) => errorsOf(topics),
  };
}

/**
 * Until it is answered a commit is held in memory: it counts in the budgets, so that a slow disk slows its senders
 * down.
 */
async function holding<T>(budget: RequestBudget, answer: Promise<T>): Promise<T> {
  const release = budget.holdFrame();
  try {
    return await answer;
  } finally {
    release();
  }
}
