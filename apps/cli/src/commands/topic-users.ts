import { withAdmin } from '../admin-call.ts';
import type { CommandContext, GlobalOptions } from '../command-context.ts';
import { CommandError } from '../command-error.ts';

/** Who uses a topic, as the admin API tells it. */
export interface TopicUsers {
  readonly groups: readonly {
    readonly groupId: string;
    readonly state: string;
    /** Of this topic; -1 = unknown. */
    readonly lag: number;
    readonly lagExact: boolean;
    /** -1 = it never moved. */
    readonly sinceProgressMs: number;
    readonly members: readonly { readonly clientId: string; readonly host: string; readonly stalled: boolean }[];
  }[];
  readonly groupsLeftOut: number;
  readonly producers: readonly { readonly producerId: number; readonly lastTimestampMs: number }[];
  readonly producersLeftOut: number;
  /** Partitions that open transactions hold back, the longest first; an older broker does not tell. */
  readonly heldBack?: readonly HeldBack[];
  readonly heldBackLeftOut?: number;
}

/** A partition that readers of committed records do not get to the end of. */
export interface HeldBack {
  readonly partition: number;
  readonly lastStableOffset: number;
  readonly highWatermark: number;
  readonly producerId: number;
  /** Null: not known, or not for whoever asks. */
  readonly transactionalId: string | null;
  readonly state: string | null;
  readonly sinceMs: number | null;
  readonly forMs: number | null;
}

/** The rest of the answer is there already, and does not wait for long. */
const usersWithinMs = 2_000;

/** Whoever asks is told the rest all the same: a text says why this cannot be told. */
export async function findUsers(
  context: CommandContext,
  topic: string,
  options: GlobalOptions,
): Promise<TopicUsers | string> {
  try {
    return await withAdmin(
      context,
      { ...options, timeout: Math.min(options.timeout ?? usersWithinMs, usersWithinMs) },
      (admin) => admin.json<TopicUsers>({ path: `/api/v1/topics/${encodeURIComponent(topic)}/users` }),
    );
  } catch (error) {
    if (error instanceof CommandError) return error.message;
    throw error;
  }
}
