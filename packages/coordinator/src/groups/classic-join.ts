/**
 * A member joins a classic group: for the first time, with the id that it was given, again because the group
 * rebalances, or in place of an earlier process of the same static name.
 */
import { coordinatorLimits } from '../limits.ts';
import type { ClassicGroup } from './classic-group.ts';
import { noAssignment, saidBytes } from './classic-member.ts';
import type { ClassicMember } from './classic-member.ts';
import { chooseProtocol, saysTheSame, suits } from './classic-protocols.ts';
import { beginIfAllAreThere, prepareRebalance, rebalanceOrGather } from './classic-rebalance.ts';
import type { ClassicJoinCommand, ClassicMemberName, ClassicRefusal, ClassicResult } from './classic-step.ts';
import { holderOf, joinedAs, nameFault, refused } from './classic-turn.ts';
import type { ClassicTurn } from './classic-turn.ts';

export function joinClassic(turn: ClassicTurn, command: ClassicJoinCommand): ClassicResult {
  const fault = joinFault(turn.group, command);
  if (fault !== null) return refused(fault);
  const { memberId, instanceId, newMemberId, needsId } = command;
  if (memberId !== '')
    return turn.group.pending.has(memberId) ? arrive(turn, command, memberId) : comeAgain(turn, command);
  const holder = instanceId === null ? null : holderOf(turn.group, instanceId);
  if (holder !== null) return takePlace(turn, holder, command);
  return needsId && instanceId === null ? nameIt(turn, command) : arrive(turn, command, newMemberId);
}

function joinFault(group: ClassicGroup, command: ClassicJoinCommand): ClassicRefusal | null {
  const limits = coordinatorLimits;
  const { memberId, instanceId, sessionTimeoutMs, protocols } = command;
  if (sessionTimeoutMs < limits.classicSessionTimeoutMsMin || sessionTimeoutMs > limits.sessionTimeoutMsMax)
    return 'INVALID_SESSION_TIMEOUT';
  if (
    (instanceId?.length ?? 0) > limits.classicInstanceIdCharactersMax
    || protocols.length > limits.classicProtocolsMax
  )
    return 'INVALID_REQUEST';
  const known = seatedAs(group, command);
  const isPending = group.pending.has(memberId);
  if (known === null && memberId !== '' && !isPending) return 'UNKNOWN_MEMBER_ID';
  // A static member is never told to come back with an id: whoever does has taken somebody's.
  if (isPending && instanceId !== null) return 'UNKNOWN_MEMBER_ID';
  if (known === null && !hasSeat(group, command)) return 'GROUP_MAX_SIZE_REACHED';
  if (!hasRoom(group, command, known)) return 'GROUP_MAX_SIZE_REACHED';
  return suits(group, command) ? null : 'INCONSISTENT_GROUP_PROTOCOL';
}

/** The member whose seat this is; null for a newcomer. */
export function seatedAs(group: ClassicGroup, { memberId, instanceId }: ClassicMemberName): ClassicMember | null {
  return group.members.get(memberId) ?? (instanceId === null ? null : holderOf(group, instanceId));
}

/** What a member said before makes room for what it says now, and what members were given is counted apart. */
function hasRoom({ members }: ClassicGroup, { protocols }: ClassicJoinCommand, before: ClassicMember | null): boolean {
  const grown = saidBytes(protocols) - saidBytes(before?.protocols ?? []);
  if (grown <= 0) return true;
  let bytes = grown;
  for (const member of members.values()) bytes += saidBytes(member.protocols);
  return bytes <= coordinatorLimits.classicGroupBytesMax;
}

/** Who has an id has a seat, until it is too late to come with it. */
function hasSeat({ members, pending }: ClassicGroup, { memberId }: ClassicJoinCommand): boolean {
  return pending.has(memberId) || members.size + pending.size < coordinatorLimits.membersPerGroupMax;
}

/** It is told its id, and has to come back with it: a client that never does leaves nothing in the group. */
function nameIt(turn: ClassicTurn, { newMemberId, sessionTimeoutMs }: ClassicJoinCommand): ClassicResult {
  const pending = new Map(turn.group.pending).set(newMemberId, turn.context.nowMs + sessionTimeoutMs);
  turn.await(pending);
  return { kind: 'refused', fault: 'MEMBER_ID_REQUIRED', memberId: newMemberId };
}

function arrive(turn: ClassicTurn, command: ClassicJoinCommand, memberId: string): ClassicResult {
  const { group } = turn;
  if (group.members.size === 0) turn.change({ protocolType: command.protocolType });
  const pending = new Map(group.pending);
  const knowsId = pending.delete(memberId);
  const initial = group.rebalance?.initial ?? null;
  if (group.rebalance !== null && initial !== null)
    turn.change({ rebalance: { ...group.rebalance, initial: { ...initial, hasGrown: true } } });
  turn.await(pending);
  turn.change({ leaderId: group.leaderId ?? memberId });
  turn.put({
    ...saidBy(command, turn),
    memberId,
    instanceId: command.instanceId,
    assignment: noAssignment,
    place: group.members.nextPlace,
    isNew: true,
    knowsId: knowsId || command.instanceId !== null,
    hasSynced: false,
  });
  rebalanceOrGather(turn);
  return { kind: 'waits', memberId };
}

function comeAgain(turn: ClassicTurn, command: ClassicJoinCommand): ClassicResult {
  const fault = nameFault(turn.group, command);
  if (fault !== null) return refused(fault);
  const { memberId } = command;
  const member = turn.group.members.get(memberId)!;
  const { state, leaderId } = turn.group;
  // A leader that joins a stable group wants to assign anew. Whoever else says nothing new has lost its answer.
  const isRepeated = state === 'CompletingRebalance' || (state === 'Stable' && memberId !== leaderId);
  if (isRepeated && saysTheSame(member, command.protocols)) {
    tellAgain(turn, member);
    return { kind: 'waits', memberId };
  }
  turn.put({ ...member, ...saidBy(command, turn, member) });
  rebalanceOrGather(turn);
  return { kind: 'waits', memberId };
}

/** An earlier request of it that waits is answered by whoever puts the newer one in its place. */
function tellAgain(turn: ClassicTurn, member: ClassicMember): void {
  turn.put({ ...member, waits: null, lastHeartbeatMs: turn.context.nowMs });
  turn.answer(member.memberId, joinedAs(turn.group, member.memberId));
}

/**
 * Comes back without its id: a new process of a static member. The old one is fenced. As long as the group would agree
 * on the same protocol nothing moves; the new process gets what the old one had.
 */
function takePlace(turn: ClassicTurn, holder: ClassicMember, command: ClassicJoinCommand): ClassicResult {
  const memberId = command.newMemberId;
  const leaderBefore = turn.group.leaderId;
  turn.evicted.push({ memberId: holder.memberId, reason: 'replaced' });
  turn.remove([holder], 'FENCED_INSTANCE_ID');
  turn.put({ ...holder, ...saidBy(command, turn, holder), memberId, knowsId: true });
  turn.change({ leaderId: leaderBefore === holder.memberId ? memberId : leaderBefore });
  const { state, protocolName } = turn.group;
  if (state === 'PreparingRebalance') beginIfAllAreThere(turn);
  else if (state === 'Stable' && chooseProtocol(turn.group) === protocolName) seat(turn, { command, leaderBefore });
  else prepareRebalance(turn);
  return { kind: 'waits', memberId };
}

/**
 * A leader that knows no skipping is told that the process before it leads, as it would assign anew otherwise; it asks
 * for its assignment as a follower does.
 */
function seat(
  turn: ClassicTurn,
  { command, leaderBefore }: { command: ClassicJoinCommand; leaderBefore: string | null },
): void {
  const memberId = command.newMemberId;
  turn.put({ ...turn.group.members.get(memberId)!, waits: null, isNew: false });
  const joined = joinedAs(turn.group, memberId);
  if (command.knowsSkipping) {
    turn.answer(memberId, { ...joined, skipsAssignment: turn.group.leaderId === memberId });
    return;
  }
  turn.answer(memberId, { ...joined, leaderId: leaderBefore ?? '', members: [] });
}

type Said = Pick<
  ClassicMember,
  'clientId' | 'host' | 'sessionTimeoutMs' | 'rebalanceTimeoutMs' | 'protocols' | 'lastHeartbeatMs' | 'waits'
>;

/** What was said before is kept as it is where it is the same, so that it is not stored again. */
function saidBy(command: ClassicJoinCommand, turn: ClassicTurn, before: ClassicMember | null = null): Said {
  const { clientId, host, sessionTimeoutMs, rebalanceTimeoutMs, protocols } = command;
  return {
    clientId: clientText(clientId),
    host: clientText(host),
    sessionTimeoutMs,
    // The oldest version of the protocol has one time for both.
    rebalanceTimeoutMs: timeout(rebalanceTimeoutMs < 0 ? sessionTimeoutMs : rebalanceTimeoutMs),
    protocols: before !== null && saysTheSame(before, protocols) ? before.protocols : protocols,
    lastHeartbeatMs: turn.context.nowMs,
    waits: 'join',
  };
}

/** Kept for people only: longer ones are cut. A cut may leave half a character, which could not be stored. */
function clientText(text: string): string {
  const max = coordinatorLimits.clientTextCharactersMax;
  return text.length <= max && text.isWellFormed() ? text : text.slice(0, max).toWellFormed();
}

/** Nobody waits for ever for one who said that it may take so long. */
function timeout(timeoutMs: number): number {
  return Math.min(timeoutMs, coordinatorLimits.classicRebalanceTimeoutMsMax);
}
