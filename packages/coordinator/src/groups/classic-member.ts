/**
 * One member of a classic group: what it said of itself, what it was given, and which of its requests waits.
 */
import { coordinatorLimits } from '../limits.ts';
import { Seats } from './seats.ts';

/** A way to assign that a member knows, and what it says of itself for it. Opaque: only members read it. */
export interface ClassicProtocol {
  readonly name: string;
  readonly metadata: Buffer;
}

/** What of a member is stored and comes back after a restart. */
export interface DurableClassicMember {
  readonly memberId: string;
  /** The name of a static member. */
  readonly instanceId: string | null;
  readonly clientId: string;
  readonly host: string;
  readonly sessionTimeoutMs: number;
  readonly rebalanceTimeoutMs: number;
  /** In the order in which the member prefers them. */
  readonly protocols: readonly ClassicProtocol[];
  /** What the leader gave it last. Opaque; says something only while the group is stable. */
  readonly assignment: Buffer;
  /** Its place in the order of joining; a static member that comes back takes its old one. */
  readonly place: number;
}

export interface ClassicMember extends DurableClassicMember {
  readonly lastHeartbeatMs: number;
  /** Which of its requests waits for the others. */
  readonly waits: 'join' | 'sync' | null;
  /** It has never been told a generation. */
  readonly isNew: boolean;
  /** Whether the client knows its id: only then can it come back when its connection breaks. */
  readonly knowsId: boolean;
  /** It has asked for its assignment in this generation. */
  readonly hasSynced: boolean;
}

export type ClassicMembers = Seats<ClassicMember>;

export const noClassicMembers: ClassicMembers = Seats.none(classicMemberDeadlineMs);
export const noAssignment: Buffer = Buffer.alloc(0);

/**
 * When it is put out of the group unless it does something. Who waits for the others is not silent. A new member that
 * waits is put out all the same after a while: its client may have given up and joined anew, under another id.
 */
function classicMemberDeadlineMs({ waits, isNew, lastHeartbeatMs, sessionTimeoutMs }: ClassicMember): number {
  if (waits === null) return lastHeartbeatMs + sessionTimeoutMs;
  return isNew && waits === 'join' ? lastHeartbeatMs + coordinatorLimits.classicJoinWaitMsMax : Infinity;
}

/** What somebody who is in a group, or on the way to it, takes in memory besides what it says: a generous guess. */
export const seatBytes = 1024;

/** What it takes in memory and in answers, roughly. */
export function classicMemberBytes({ protocols, assignment }: DurableClassicMember): number {
  return seatBytes + saidBytes(protocols) + assignment.length;
}

/** The part of it that members say of themselves. */
export function saidBytes(protocols: readonly ClassicProtocol[]): number {
  return protocols.reduce((sum, { name, metadata }) => sum + name.length + metadata.length, 0);
}

/** What it says of itself for this protocol; empty when it does not know it. */
export function metadataFor({ protocols }: DurableClassicMember, name: string | null): Buffer {
  return protocols.find((protocol) => protocol.name === name)?.metadata ?? noAssignment;
}
