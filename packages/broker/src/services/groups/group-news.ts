/**
 * What a step of a group means to whoever reads the log: members that came, went, were fenced or stand still, a group
 * that began, was divided anew or is empty. Found by comparing the group after the step with the one before, in a time
 * that does not grow with the group.
 */
import type { ClassicCommand, ClassicGroup, ClassicStep, Group, GroupCommand, GroupStep, Member } from '@q/coordinator';
import type { BrokerLogger } from '../../logger.ts';

/** Says one thing. */
type Word = (logger: BrokerLogger) => void;

const joiningEpoch = 0;
const leavingEpoch = -1;

/** Codes that say: the group knows this member no more, or has another one in its place. */
const fences: ReadonlySet<string> = new Set([
  'UNKNOWN_MEMBER',
  'FENCED_MEMBER_EPOCH',
  'UNRELEASED_INSTANCE',
  'UNKNOWN_MEMBER_ID',
  'FENCED_INSTANCE_ID',
]);

/** Of a group whose partitions the broker assigns. `before` is null for one that this step made. */
export function groupNews(before: Group | null, command: GroupCommand, step: GroupStep): readonly Word[] {
  const words: Word[] = [];
  const { group: after, result, evicted, records } = step;
  const { groupId } = after;
  const members = after.members.size;
  const protocol = 'broker';
  if (command.kind === 'heartbeat') {
    const { memberId, memberEpoch, clientId, host: address, instanceId } = command;
    const was = before?.members.get(memberId);
    const is = after.members.get(memberId);
    if (result.kind === 'refused' && fences.has(result.code)) {
      const { code, message: reason } = result;
      words.push((log) =>
        log.info(
          { event: 'group.member_fenced', groupId, memberId, code, reason, clientId, address },
          'a member was refused',
        ),
      );
    }
    if (memberEpoch === joiningEpoch && was === undefined && is !== undefined) {
      if ((before?.members.size ?? 0) === 0) words.push(began(groupId, protocol));
      words.push(joined({ groupId, memberId, clientId, address, instanceId, members }));
    }
    if (memberEpoch === leavingEpoch && was !== undefined && is === undefined)
      words.push(left({ groupId, memberId, reason: 'left', members }));
    const stall = stallNews(groupId, was, is);
    if (stall !== null) words.push(stall);
  }
  for (const { memberId, reason } of evicted) words.push(gone({ groupId, memberId, reason, members }));
  if (records.length === 0 || before === null) return words;
  if (before.members.size > 0 && members === 0) words.push(emptied(groupId, protocol));
  else if (after.targetEpoch !== before.targetEpoch && members > 0)
    words.push(rebalanced({ groupId, epoch: after.targetEpoch, members, protocol }));
  return words;
}

function stallNews(groupId: string, was: Member | undefined, is: Member | undefined): Word | null {
  if (was === undefined || is === undefined || was.stalledMs > 0 === is.stalledMs > 0) return null;
  const { memberId, clientId, host: address, stalledMs: forMs } = is;
  const who = { groupId, memberId, clientId, address };
  if (forMs === 0) return (log) => log.info({ event: 'group.member_goes_on', ...who }, 'a member makes progress again');
  return (log) =>
    log.warn({ event: 'group.member_stalled', ...who, forMs }, 'a member makes no progress although records wait');
}

/** Of a group whose members divide the partitions themselves. */
export function classicNews(
  groupId: string,
  { before, command, step }: { before: ClassicGroup | null; command: ClassicCommand; step: ClassicStep },
): readonly Word[] {
  const words: Word[] = [];
  const { group: after, result, evicted } = step;
  const members = after?.members.size ?? 0;
  const protocol = 'classic';
  if (command.kind === 'join' && result.kind === 'waits') {
    const is = after?.members.get(result.memberId);
    if (is !== undefined && before?.members.get(result.memberId) === undefined) {
      if ((before?.members.size ?? 0) === 0) words.push(began(groupId, protocol));
      const { memberId, clientId, host: address, instanceId } = is;
      words.push(joined({ groupId, memberId, clientId, address, instanceId, members }));
    }
  }
  if (result.kind === 'refused' && fences.has(result.fault) && 'memberId' in command) {
    const { memberId } = command;
    words.push((log) =>
      log.info(
        { event: 'group.member_fenced', groupId, memberId, code: result.fault, reason: command.kind },
        'a member was refused',
      ),
    );
  }
  if (command.kind === 'leave' && result.kind === 'left')
    words.push(...leaving(groupId, command, result.faults, members));
  for (const { memberId, reason } of evicted) words.push(gone({ groupId, memberId, reason, members }));
  if ((before?.members.size ?? 0) > 0 && members === 0) words.push(emptied(groupId, protocol));
  else if (after !== null && before !== null && after.generation !== before.generation && members > 0)
    words.push(rebalanced({ groupId, epoch: after.generation, members, protocol }));
  return words;
}

function leaving(
  groupId: string,
  command: Extract<ClassicCommand, { kind: 'leave' }>,
  faults: readonly (string | null)[],
  members: number,
): Word[] {
  return command.members
    .filter((_, index) => faults[index] === null)
    .map(({ memberId, instanceId }) =>
      left({ groupId, memberId: memberId === '' ? (instanceId ?? '') : memberId, reason: 'left', members }),
    );
}

interface Departure {
  readonly groupId: string;
  readonly memberId: string;
  readonly reason: string;
  readonly members: number;
}

function joined(who: {
  readonly groupId: string;
  readonly memberId: string;
  readonly clientId: string;
  readonly address: string;
  readonly instanceId: string | null;
  readonly members: number;
}): Word {
  return (log) => log.info({ event: 'group.member_joined', ...who }, 'a member joined its group');
}

function left(who: Departure): Word {
  return (log) => log.info({ event: 'group.member_left', ...who }, 'a member left its group');
}

/** A static member that came back, and a client that hung up, are no trouble; silence is. */
function gone(who: Departure): Word {
  if (who.reason === 'replaced' || who.reason === 'gone') return left(who);
  return (log) => log.warn({ event: 'group.member_evicted', ...who }, 'a member was put out of its group');
}

function began(groupId: string, protocol: string): Word {
  return (log) => log.info({ event: 'group.created', groupId, protocol }, 'a group has its first member');
}

function emptied(groupId: string, protocol: string): Word {
  return (log) => log.info({ event: 'group.emptied', groupId, protocol }, 'the last member of a group is gone');
}

function rebalanced(facts: {
  readonly groupId: string;
  readonly epoch: number;
  readonly members: number;
  readonly protocol: string;
}): Word {
  return (log) => log.info({ event: 'group.rebalanced', ...facts }, 'partitions of a group were divided anew');
}

/** Says it once it is durable. What was taken back did not happen, and only what was refused is said. */
export async function tellWhenDurable(
  words: readonly Word[],
  { settled, logger }: { readonly settled: Promise<void>; readonly logger: BrokerLogger },
): Promise<void> {
  try {
    await settled;
  } catch {
    // Whoever asked for it was told why.
    return;
  }
  for (const word of words) word(logger);
}
