/**
 * COMMIT_OFFSET, FETCH_OFFSET, RESET_OFFSETS and DELETE_OFFSETS (rows C4, G3).
 */
import { CommitOffset, DeleteOffsets, errorCode, FetchOffset, ResetOffsets } from '@q/protocol';
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
import type { CommittedTopic } from '../../../services/groups/group-offsets.ts';
import type { Services } from '../../../services/services.ts';
import type { Handler } from '../handler.ts';
import { errorsOf, errorsOfPartitions, wireCode, wireResult } from './wire-result.ts';

const unstableOffsets = errorCode('UNSTABLE_OFFSETS');
const none: ReadonlySet<string> = new Set();

export function commitOffsetHandler(
  offsets: Services['groups']['offsets'],
): Handler<CommitOffsetRequest, CommitOffsetResponse> {
  return {
    api: CommitOffset,
    handle: async (request, caller) => {
      return committedAnswer(await holding(caller.budget, offsets.commit(request, caller)));
    },
    errorsIn: errorsOfPartitions,
  };
}

export interface FetchOffsetDependencies {
  readonly groups: { readonly offsets: Pick<Services['groups']['offsets'], 'fetch'> };
  readonly transactions: Pick<Services['transactions'], 'unstableOffsets'>;
}

/** Of commits at once, and of those with a transaction. */
export function committedAnswer(topics: readonly CommittedTopic[]): CommitOffsetResponse {
  return {
    topics: topics.map(({ topicId, partitions }) => ({
      topicId,
      partitions: partitions.map(({ partition, error }) => ({ partition, ...wireResult(error) })),
    })),
  };
}

export function fetchOffsetHandler({
  groups: { offsets },
  transactions,
}: FetchOffsetDependencies): Handler<FetchOffsetRequest, FetchOffsetResponse> {
  return {
    api: FetchOffset,
    handle: async (request, caller) => {
      // Before they are read: the transaction may end until they are answered.
      const unstable = request.requireStable
        ? (transactions.unstableOffsets(new Set([request.groupId])).get(request.groupId) ?? none)
        : none;
      const topics = await offsets.fetch(request, caller);
      return {
        topics: topics.map(({ partitions, ...topic }) => ({
          ...topic,
          partitions: partitions.map(({ error, ...found }) => {
            const isUnstable = error === null && unstable.has(`${topic.topicId}/${found.partition}`);
            return { ...found, errorCode: isUnstable ? unstableOffsets : wireCode(error) };
          }),
        })),
      };
    },
    errorsIn: errorsOfPartitions,
  };
}

export function resetOffsetsHandler(
  changes: Services['groups']['changes'],
): Handler<ResetOffsetsRequest, ResetOffsetsResponse> {
  return {
    api: ResetOffsets,
    handle: async (request, caller) => {
      const topics = await holding(caller.budget, changes.reset(request, caller));
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
  changes: Services['groups']['changes'],
): Handler<DeleteOffsetsRequest, DeleteOffsetsResponse> {
  return {
    api: DeleteOffsets,
    handle: async (request, caller) => {
      const topics = await changes.deleteOffsets(request, caller);
      return { topics: topics.map(({ error, ...topic }) => ({ ...topic, ...wireResult(error) })) };
    },
    errorsIn: ({ topics }) => errorsOf(topics),
  };
}

/**
 * Until it is answered a commit is held in memory: it counts in the budgets, so that a slow disk slows its senders
 * down.
 */
export async function holding<T>(budget: RequestBudget, answer: Promise<T>): Promise<T> {
  const release = budget.holdFrame();
  try {
    return await answer;
  } finally {
    release();
  }
}
