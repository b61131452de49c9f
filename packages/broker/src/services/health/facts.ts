import type { TransactionState } from '@q/coordinator';

/** What a look at the broker has seen. Plain values: the rules work on these alone. */
export interface HealthFacts {
  readonly disk: DiskFacts | null;
  readonly room: RoomFacts | null;
  /** Syncs of the last minute or so; null when there were too few to say anything. */
  readonly syncs: SyncFacts | null;
  /** How long the round of writes that is under way has been so, in ms; 0 when nothing waits. */
  readonly stuckMs: number;
  /** The longest time that the event loop stood still since the look before, in ms. */
  readonly loopBlockedMs: number;
  readonly memory: MemoryFacts;
  readonly connections: { readonly open: number; readonly max: number };
  readonly descriptors: DescriptorFacts;
  /** Those that the broker shows. */
  readonly certificates: readonly CertificateEnd[];
  readonly partitions: readonly PartitionTrouble[];
  /** Logins that were refused within the last minute. */
  readonly refusedLogins: number;
  /** Users that are slowed down because of a quota. */
  readonly throttled: readonly ThrottledFacts[];
  /** Those that have not ended for long. */
  readonly holding: readonly HoldingTransaction[];
  /** Those that are behind. Looked at once. */
  readonly groups: Iterable<GroupBehind>;
}

/** The disk that the data is on. */
export interface DiskFacts {
  readonly freeBytes: number;
  readonly totalBytes: number;
}

/** Whether records are taken, as far as room goes. */
export interface RoomFacts {
  readonly usedBytes: number;
  /** The cap on all logs, or null without one. */
  readonly bytesMax: number | null;
  /** The cap refuses; false where it drops the oldest instead. */
  readonly capRefuses: boolean;
  readonly isDiskShort: boolean;
  readonly reserveBytes: number;
  /** Why everything is refused, or null. */
  readonly refusal: string | null;
  /** Appends that were refused or failed for want of room, since the look before. */
  readonly refused: number;
  /** And for want of descriptors. */
  readonly refusedFiles: number;
}

export interface SyncFacts {
  readonly count: number;
  readonly p99Ms: number;
  readonly maxMs: number;
}

export interface MemoryFacts {
  /** Bytes on their way in, and above which connections are read no more, and writes are refused. */
  readonly heldBytes: number;
  readonly softBytes: number;
  readonly hardBytes: number;
  readonly residentBytes: number;
  /** What the process may have, or null where nobody has said so. */
  readonly residentBytesMax: number | null;
}

export interface DescriptorFacts {
  readonly open: number;
  /** Null where it is not known. */
  readonly max: number | null;
  /** The broker has had to take fewer connections or partitions than it was told to. */
  readonly isReduced: boolean;
  readonly isNoneLeft: boolean;
}

/** A user that is beyond its quota. */
export interface ThrottledFacts {
  readonly user: string;
  readonly clientId: string;
  readonly kind: string;
  /** For how long it has been slowed down again and again, in ms. */
  readonly forMs: number;
}

export interface PartitionTrouble {
  readonly kind: 'quarantined' | 'closed';
  readonly topic: string;
  readonly partition: number;
  readonly reason: string;
}

/** A group and a topic that it reads, at one moment. */
export interface GroupBehind {
  readonly groupId: string;
  readonly topic: string;
  readonly members: number;
  /** Records that it has not committed; may be more than there are, where compaction has removed some. */
  readonly lag: number;
  /** Since when there is any, in ms since 1970, as this broker has seen it; null when there is none. */
  readonly behindSinceMs: number | null;
  /** When a commit last moved it on, in ms since 1970; null when that is not known. */
  readonly progressedMs: number | null;
  /** For how long all of this holds, in ms: lag and no commit; lag and no member. */
  readonly stalledForMs: number;
  readonly emptyForMs: number;
  /** It does not catch up, by the last whole window. */
  readonly isGrowing: boolean;
  /** What the lag was a window ago; null when that is not known. */
  readonly lagBefore: number | null;
}

/** A transaction that has not ended, and what waits for it. */
export interface HoldingTransaction {
  readonly transactionalId: string;
  readonly state: TransactionState;
  readonly producerId: number;
  readonly producerEpoch: number;
  readonly timeoutMs: number;
  /** For how long, and since when in ms since 1970. */
  readonly forMs: number;
  readonly sinceMs: number;
  /** How many it has written to. */
  readonly partitions: number;
  /** Names of the first few topics that these are of. */
  readonly topics: readonly string[];
  /** The first few groups whose offsets it may commit. */
  readonly groups: readonly string[];
}

/** Until when a certificate of a listener holds. */
export interface CertificateEnd {
  readonly listener: string;
  /** Whose it is. */
  readonly name: string;
  /** What is left of it, in ms; below 0: it has expired. */
  readonly leftMs: number;
}
