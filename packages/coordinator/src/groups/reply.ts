import type { HeartbeatReply } from './group-step.ts';
import type { Member } from './member.ts';
import type { PartitionsByTopic } from '../partitions.ts';

/** What a member that stays is told. */
export function replyTo(member: Member, { assignment }: { assignment: PartitionsByTopic | null }): HeartbeatReply {
  return { kind: 'reply', memberEpoch: member.memberEpoch, sessionTimeoutMs: member.sessionTimeoutMs, assignment };
}
