/**
 * COMMIT_OFFSET, FETCH_OFFSET, RESET_OFFSETS and DELETE_OFFSETS (rows C4, G3).
 */
import { CommitOffset, DeleteOffsets, FetchOffset, ResetOffsets, errorEntry } from '@q/protocol';
import type {
  CommitOffsetRequest,
  CommitOffsetResponse,
  DeleteOffsetsRequest,
  DeleteOffsetsResponse,
  ErrorName,
  FetchOffsetRequest,
  FetchOffsetResponse,
  ResetOffsetsRequest,
  ResetOffsetsResponse,
} from '@q/protocol';
import type { RequestBudget } from '../../../caller.ts';
import type { Handler } from '../handler.ts';
import type { GroupOffsets } from '../../../services/groups/group-offsets.ts';
import type { OffsetChanges } from '../../../services/groups/offset-changes.ts';

export function commitOffsetHandler(offsets: GroupOffsets): Handler<CommitOffsetRequest, CommitOffsetResponse> {
  return { api: CommitOffset, handle: (request, { budget }) => holding(budget, offsets.commit(request)), errorsIn: errorsOfPartitions };
}

export function fetchOffsetHandler(offsets: GroupOffsets): Handler<FetchOffsetRequest, FetchOffsetResponse> {
  return { api: FetchOffset, handle: (request) => offsets.fetch(request), errorsIn: errorsOfPartitions };
}

export function resetOffsetsHandler(changes: OffsetChanges): Handler<ResetOffsetsRequest, ResetOffsetsResponse> {
  return { api: ResetOffsets, handle: (request, { budget }) => holding(budget, changes.reset(request)), errorsIn: errorsOfPartitions };
}

export function deleteOffsetsHandler(changes: OffsetChanges): Handler<DeleteOffsetsRequest, DeleteOffsetsResponse> {
  return {
    api: DeleteOffsets,
    handle: (request) => changes.deleteOffsets(request),
    errorsIn: ({ topics }) => errorsOf(topics),
  };
}

/** Until it is answered a commit is held in memory: it counts in the budgets, so that a slow disk slows its senders down. */
async function holding<T>(budget: RequestBudget, answer: Promise<T>): Promise<T> {
  const release = budget.holdFrame();
  try {
    return await answer;
  } finally {
    release();
  }
}

function* errorsOfPartitions({
  topics,
}: {
  topics: readonly { partitions: readonly { errorCode: number }[] }[];
}): Iterable<ErrorName> {
  for (const { partitions } of topics) yield* errorsOf(partitions);
}

function* errorsOf(parts: readonly { errorCode: number }[]): Iterable<ErrorName> {
  for (const part of parts) if (part.errorCode !== 0) yield errorEntry(part.errorCode).name;
}
