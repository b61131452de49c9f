/**
 * Members of a classic group show that they are alive, leave, or are missed.
 */
import type { ClassicGroup } from './classic-group.ts';
import type { ClassicMember } from './classic-member.ts';
import { gatheringIsOver, prepareRebalance, rebalanceOrGather } from './classic-rebalance.ts';
import type { ClassicClaim, ClassicMemberName, ClassicRefusal, ClassicResult } from './classic-step.ts';
import { syncingIsOver } from './classic-sync.ts';
import { done, nameFault, refused } from './classic-turn.ts';
import type { ClassicTurn } from './classic-turn.ts';

export function heartbeatOfClassic(turn: ClassicTurn, claim: ClassicClaim): ClassicResult {
  const { group } = turn;
  const fault = nameFault(group, claim) ?? generationFault(group, claim);
  if (fault !== null) return refused(fault);
  turn.touch(group.members.get(claim.memberId)!);
  return group.state === 'PreparingRebalance' ? refused('REBALANCE_IN_PROGRESS') : done;
}

/**
 * Whoever is in no generation may commit while the group has no members. While members gather they still may: the
 * last commit before a rebalance must be possible. While they ask for their assignments they may not any more: the
 * partition may be another's by now.
 */
export function commitToClassic(turn: ClassicTurn, claim: ClassicClaim): ClassicResult {
  const { group } = turn;
  const { memberId, instanceId, generation } = claim;
  const isOutsider = generation < 0 && (group.state === 'Empty' || (memberId === '' && instanceId === null));
  if (isOutsider) return group.state === 'Empty' ? done : refused('UNKNOWN_MEMBER_ID');
  const fault = nameFault(group, claim) ?? generationFault(group, claim);
  if (fault !== null) return refused(fault);
  if (group.state === 'CompletingRebalance') return refused('REBALANCE_IN_PROGRESS');
  turn.touch(group.members.get(memberId)!);
  return done;
}

/** Static members may be named by their static names alone, as administrators do. */
export function leaveClassic(turn: ClassicTurn, names: readonly ClassicMemberName[]): ClassicResult {
  const { group } = turn;
  const pending = new Map(group.pending);
  const holders = holdersOf(group);
  const gone = new Set<ClassicMember>();
  const leaveOne = (name: ClassicMemberName): ClassicRefusal | null => {
    if (pending.delete(name.memberId)) return null;
    const member = memberNamed(group, name, holders);
    if (typeof member === 'string') return member;
    if (gone.has(member)) return 'UNKNOWN_MEMBER_ID';
    gone.add(member);
    return null;
  };
  const faults = names.map(leaveOne);
  if (faults.includes(null)) {
    // All at once: to take a member out costs as much as the group has members.
    turn.await(pending);
    turn.remove([...gone]);
    membersWent(turn);
  }
  return { kind: 'left', faults };
}

/** Whoever does not know its id yet can never come back with it, and is out; everybody else may join again in time. */
export function abandonClassic(turn: ClassicTurn, memberId: string): ClassicResult {
  const member = turn.group.members.get(memberId);
  if (member === undefined || member.waits === null) return done;
  if (member.knowsId) {
    turn.put({ ...member, waits: null, lastHeartbeatMs: turn.context.nowMs });
    return done;
  }
  turn.evict([{ ...member, waits: null }], 'gone');
  membersWent(turn);
  return done;
}

/** Puts out whoever is overdue, and goes on where a time to wait is over. */
export function tickClassic(turn: ClassicTurn): ClassicResult {
  const { nowMs } = turn.context;
  const pending = new Map([...turn.group.pending].filter(([, untilMs]) => untilMs > nowMs));
  const overdue = turn.group.members.overdue(nowMs);
  const isFewer = overdue.length > 0 || pending.size < turn.group.pending.size;
  if (isFewer) turn.await(pending);
  turn.evict(overdue, 'session');
  if (overdue.length > 0) membersWent(turn);
  else if (isFewer && turn.group.state === 'PreparingRebalance') rebalanceOrGather(turn);
  if ((turn.group.rebalance?.deadlineMs ?? Infinity) <= nowMs) gatheringIsOver(turn);
  if ((turn.group.syncByMs ?? Infinity) <= nowMs) syncingIsOver(turn);
  return done;
}

/** Sessions and times to wait begin anew, and nothing waits any more. */
export function takenBackClassic(turn: ClassicTurn): ClassicResult {
  const { nowMs } = turn.context;
  for (const member of turn.group.members.values()) turn.put({ ...member, waits: null, lastHeartbeatMs: nowMs });
  const { rebalance, syncByMs, members } = turn.group;
  const patienceMs = Math.max(0, ...[...members.values()].map(({ rebalanceTimeoutMs }) => rebalanceTimeoutMs));
  const gatherMs = rebalance?.initial === null ? patienceMs : turn.context.initialDelayMs;
  if (rebalance !== null) turn.change({ rebalance: { ...rebalance, deadlineMs: nowMs + gatherMs } });
  if (syncByMs !== null) turn.change({ syncByMs: nowMs + patienceMs });
  return done;
}

/** Static members by their static names. */
function holdersOf({ members }: ClassicGroup): ReadonlyMap<string, ClassicMember> {
  const holders = new Map<string, ClassicMember>();
  for (const member of members.values()) if (member.instanceId !== null) holders.set(member.instanceId, member);
  return holders;
}

function memberNamed(
  { members }: ClassicGroup,
  { memberId, instanceId }: ClassicMemberName,
  holders: ReadonlyMap<string, ClassicMember>,
): ClassicMember | ClassicRefusal {
  const holder = instanceId === null ? undefined : holders.get(instanceId);
  if (memberId === '' && holder !== undefined) return holder;
  const member = members.get(memberId);
  if (member !== undefined && (instanceId === null || member === holder)) return member;
  return holder === undefined ? 'UNKNOWN_MEMBER_ID' : 'FENCED_INSTANCE_ID';
}

/** An empty group stays so: there is nobody who would have to join again. */
function membersWent(turn: ClassicTurn): void {
  if (turn.group.state === 'PreparingRebalance') rebalanceOrGather(turn);
  else if (turn.group.state !== 'Empty') prepareRebalance(turn);
}

function generationFault(group: ClassicGroup, { generation }: ClassicClaim): ClassicRefusal | null {
  return generation === group.generation ? null : 'ILLEGAL_GENERATION';
}
