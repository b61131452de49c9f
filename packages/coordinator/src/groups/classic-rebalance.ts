/**
 * From one generation to the next: members are gathered, a generation begins, and each asks for its assignment.
 */
import type { ClassicMember } from './classic-member.ts';
import { chooseProtocol } from './classic-protocols.ts';
import { coordinatorLimits } from '../limits.ts';
import type { ClassicGroup } from './classic-group.ts';
import { joinedAs } from './classic-turn.ts';
import type { ClassicTurn } from './classic-turn.ts';

/** Somebody came, went or changed: everybody has to join again. */
export function rebalanceOrGather(turn: ClassicTurn): void {
  if (turn.group.state === 'PreparingRebalance') beginIfAllAreThere(turn);
  else prepareRebalance(turn);
}

/** Who waits for its assignment has to join again; who is silent until time is up is out. */
export function prepareRebalance(turn: ClassicTurn): void {
  const { state } = turn.group;
  const { nowMs, initialDelayMs } = turn.context;
  for (const member of turn.group.members.values()) {
    if (member.waits !== 'sync') continue;
    turn.refuseWaiting(member.memberId, 'REBALANCE_IN_PROGRESS');
    turn.put({ ...member, waits: null, lastHeartbeatMs: nowMs });
  }
  const patienceMs = rebalanceTimeoutMs(turn.group);
  const isInitial = state === 'Empty';
  const remainingMs = Math.max(patienceMs - initialDelayMs, 0);
  turn.change({
    state: 'PreparingRebalance',
    syncByMs: null,
    rebalance: isInitial
      ? { deadlineMs: nowMs + initialDelayMs, initial: { remainingMs, delayMs: initialDelayMs, hasGrown: false } }
      : { deadlineMs: nowMs + patienceMs, initial: null },
  });
  if (isInitial && initialDelayMs === 0) beginGeneration(turn);
  else beginIfAllAreThere(turn);
}

/** The first generation of a group waits for its time all the same. */
export function beginIfAllAreThere(turn: ClassicTurn): void {
  const { state, rebalance, members, pending } = turn.group;
  if (state !== 'PreparingRebalance' || rebalance?.initial !== null || pending.size > 0) return;
  for (const { waits } of members.values()) if (waits !== 'join') return;
  beginGeneration(turn);
}

/** The time to gather is over. */
export function gatheringIsOver(turn: ClassicTurn): void {
  const initial = turn.group.rebalance?.initial ?? null;
  if (initial === null || !initial.hasGrown || initial.remainingMs === 0) {
    beginGeneration(turn);
    return;
  }
  const delayMs = Math.min(turn.context.initialDelayMs, initial.remainingMs);
  const remainingMs = Math.max(initial.remainingMs - initial.delayMs, 0);
  const deadlineMs = turn.context.nowMs + delayMs;
  turn.change({ rebalance: { deadlineMs, initial: { remainingMs, delayMs, hasGrown: false } } });
}

/** Whoever has not joined again is out, but for static members, which keep their place until their session ends. */
function beginGeneration(turn: ClassicTurn): void {
  const { nowMs } = turn.context;
  const absent = [...turn.group.members.values()].filter(({ waits }) => waits !== 'join');
  turn.evict(
    absent.filter(({ instanceId }) => instanceId === null),
    'rebalance',
  );
  const { members, leaderId } = turn.group;
  if (members.size === 0) {
    beEmpty(turn);
    return;
  }
  const leader = [leaderId === null ? undefined : members.get(leaderId), ...members.values()].find(isThere);
  if (leader === undefined) {
    // Only static members are left, and none of them is there: somebody comes, or their sessions end.
    turn.change({ rebalance: { deadlineMs: nowMs + rebalanceTimeoutMs(turn.group), initial: null } });
    return;
  }
  turn.change({
    state: 'CompletingRebalance',
    generation: generationAfter(turn.group),
    protocolName: chooseProtocol(turn.group),
    leaderId: leader.memberId,
    rebalance: null,
    syncByMs: nowMs + rebalanceTimeoutMs(turn.group),
  });
  const generation = turn.group;
  for (const member of members.values()) {
    turn.put({ ...member, waits: null, isNew: false, knowsId: true, hasSynced: false, lastHeartbeatMs: nowMs });
    if (isThere(member)) turn.answer(member.memberId, joinedAs(generation, member.memberId));
  }
}

function beEmpty(turn: ClassicTurn): void {
  turn.change({
    state: 'Empty',
    generation: generationAfter(turn.group),
    protocolName: null,
    leaderId: null,
    rebalance: null,
    syncByMs: null,
  });
}

function isThere(member: ClassicMember | undefined): member is ClassicMember {
  return member?.waits === 'join';
}

/** After the last one that the wire has room for they begin anew: nobody is left who remembers the first. */
function generationAfter({ generation }: ClassicGroup): number {
  return generation >= coordinatorLimits.groupEpochMax ? 1 : generation + 1;
}

/** As long as the most patient member wants. */
function rebalanceTimeoutMs({ members }: ClassicGroup): number {
  let longestMs = 0;
  for (const member of members.values()) longestMs = Math.max(longestMs, member.rebalanceTimeoutMs);
  return longestMs;
}
