/**
 * What can happen to a classic group, and what comes of it.
 */
import type { GroupRecord } from './group-record.ts';
import type { ClassicGroup } from './classic-group.ts';
import type { ClassicProtocol } from './classic-member.ts';

/** Why a command is refused, in Kafka's words. */
export type ClassicRefusal =
  | 'FENCED_INSTANCE_ID'
  | 'GROUP_MAX_SIZE_REACHED'
  | 'ILLEGAL_GENERATION'
  | 'INCONSISTENT_GROUP_PROTOCOL'
  | 'INVALID_REQUEST'
  | 'INVALID_SESSION_TIMEOUT'
  | 'MEMBER_ID_REQUIRED'
  | 'REBALANCE_IN_PROGRESS'
  | 'UNKNOWN_MEMBER_ID';

/** Who asks. */
export interface ClassicMemberName {
  /** Empty where it has none, or does not say. */
  readonly memberId: string;
  /** The name of a static member. */
  readonly instanceId: string | null;
}

/** A member comes, or comes again. */
export interface ClassicJoinCommand extends ClassicMemberName {
  readonly kind: 'join';
  /** The id that it gets if it has none. */
  readonly newMemberId: string;
  readonly clientId: string;
  readonly host: string;
  readonly sessionTimeoutMs: number;
  readonly rebalanceTimeoutMs: number;
  readonly protocolType: string;
  readonly protocols: readonly ClassicProtocol[];
  /** A new member is only told its id, and comes back with it. */
  readonly needsId: boolean;
  /** The client understands that it is the leader and need not assign. */
  readonly knowsSkipping: boolean;
}

/** A member asks for its assignment; the leader says what everybody's is. */
export interface ClassicSyncCommand extends ClassicMemberName {
  readonly kind: 'sync';
  readonly generation: number;
  /** Null where the client does not say. */
  readonly protocolType: string | null;
  readonly protocolName: string | null;
  readonly assignments: ReadonlyMap<string, Buffer>;
}

/** Its own generation; -1 for somebody who is in none. */
export interface ClassicClaim extends ClassicMemberName {
  readonly generation: number;
}

/** What a member wants, or what happens to the group. */
export type ClassicCommand =
  | ClassicJoinCommand
  | ClassicSyncCommand
  | (ClassicClaim & { readonly kind: 'heartbeat' })
  /** Offsets are to be committed: who may, and it is a sign of life. */
  | (ClassicClaim & { readonly kind: 'commit' })
  | { readonly kind: 'leave'; readonly members: readonly ClassicMemberName[] }
  /** The connection on which a request of the member waited is gone. */
  | { readonly kind: 'abandon'; readonly memberId: string }
  /** A moment that `nextClassicDeadlineMs` named has come. */
  | { readonly kind: 'tick' }
  /** The group went back to an older state, and all requests that waited have been answered. */
  | { readonly kind: 'taken-back' };

/** A generation, as a member is told of it. */
export interface ClassicJoined {
  readonly kind: 'joined';
  readonly memberId: string;
  readonly generation: number;
  readonly protocolType: string;
  readonly protocolName: string;
  readonly leaderId: string;
  /** The leader has to assign nothing: who gets what stays as it is. */
  readonly skipsAssignment: boolean;
  /** For the leader: what everybody says of itself. */
  readonly members: readonly {
    readonly memberId: string;
    readonly instanceId: string | null;
    readonly metadata: Buffer;
  }[];
}

/** A member has what it was given. */
export interface ClassicSynced {
  readonly kind: 'synced';
  readonly protocolType: string;
  readonly protocolName: string;
  readonly assignment: Buffer;
}

/** A member does not get what it wants, and is told why. */
export interface ClassicRefused {
  readonly kind: 'refused';
  readonly fault: ClassicRefusal;
  /** The id that a member is told with MEMBER_ID_REQUIRED. */
  readonly memberId?: string;
}

/** What the command itself came to. */
export type ClassicResult =
  | ClassicRefused
  /** The request waits until an `answer` for this member comes, perhaps in this very step. */
  | { readonly kind: 'waits'; readonly memberId: string }
  | { readonly kind: 'done' }
  /** For each member that was to leave, in the order of the command. */
  | { readonly kind: 'left'; readonly faults: readonly (ClassicRefusal | null)[] };

/** The answer to a request that waited. */
export interface ClassicAnswer {
  /** Under which it waited. */
  readonly memberId: string;
  readonly outcome: ClassicJoined | ClassicSynced | ClassicRefused;
}

/** Who was put out of the group, and why: for the log. */
export interface ClassicEviction {
  readonly memberId: string;
  readonly reason: 'session' | 'rebalance' | 'sync' | 'replaced' | 'gone';
}

/** What a command does to a group. */
export interface ClassicStep {
  /** Null when nothing is left of it: nobody is in it or on the way, and nothing of it is stored. */
  readonly group: ClassicGroup | null;
  readonly result: ClassicResult;
  /** To be given once the records are durable. */
  readonly answers: readonly ClassicAnswer[];
  /** To be made durable, all together, before anybody is told anything. */
  readonly records: readonly GroupRecord[];
  readonly evicted: readonly ClassicEviction[];
}

/** The time, and what the broker sets. */
export interface ClassicContext {
  /** On a clock that never goes back: what decides. */
  readonly nowMs: number;
  /** Ms since 1970: only for what is stored, to bridge a restart. */
  readonly wallMs: number;
  /** How long the first generation of a group waits for more members; put off as long as they come. */
  readonly initialDelayMs: number;
}
