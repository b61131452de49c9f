import type { AssignedTopic } from './topic-view.ts';

/** A member as it is shown. */
export interface MemberDescription {
  readonly memberId: string;
  readonly instanceId: string | null;
  readonly clientId: string;
  readonly host: string;
  readonly memberEpoch: number;
  readonly state: string;
  readonly topics: readonly string[];
  readonly assigned: readonly AssignedTopic[];
  readonly target: readonly AssignedTopic[];
  readonly sinceHeartbeatMs: number;
  readonly sessionTimeoutMs: number;
  readonly stalledMs: number;
  /** Its application makes no progress, or its next heartbeat is overdue. */
  readonly stalled: boolean;
}

/** The members of a group, and where they stand together. */
export interface DescribedMembers {
  readonly state: string;
  readonly assignor: string;
  readonly groupEpoch: number;
  readonly targetEpoch: number;
  readonly members: readonly MemberDescription[];
}
