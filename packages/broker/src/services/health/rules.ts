/**
 * What of the facts is wrong: pure, one function for each kind of trouble. A rule is told whether its condition is
 * raised already, and wants it to be gone by a margin then, so that nothing flaps about a threshold.
 */
import type { Finding } from './condition.ts';
import type { CertificateEnd, GroupBehind, HealthFacts, HoldingTransaction, PartitionTrouble } from './facts.ts';
import type { HealthThresholds } from './thresholds.ts';

export interface RuleContext {
  readonly facts: HealthFacts;
  readonly thresholds: HealthThresholds;
  readonly isRaised: (name: Finding['name']) => boolean;
}

type Rule = (context: RuleContext) => Finding | null;

const lowMarginPercent = 2;
const connectionsMarginPercent = 10;
const descriptorsMarginPercent = 5;
const syncMargin = 0.75;
/** The board tells of fewer, and counts the rest. */
const groupFindingsMax = 250;

export function findAll(context: RuleContext): Finding[] {
  const { facts, thresholds } = context;
  const found = rules.map((rule) => rule(context)).filter((finding) => finding !== null);
  const troubles = [...facts.partitions.map(partitionTrouble), ...throttledLong(facts.throttled, thresholds)];
  const holding = facts.holding.filter(({ forMs }) => forMs >= thresholds.transactionHoldsMs);
  return [
    ...found,
    ...facts.certificates.flatMap((end) => certificateTrouble(end, thresholds)),
    ...troubles,
    ...holding.map(transactionHolding),
    ...troublesOf(facts, thresholds),
  ];
}

const rules: readonly Rule[] = [
  function loginsRefused({ facts: { refusedLogins }, thresholds: { refusedLoginsPerMinute } }) {
    if (refusedLogins <= refusedLoginsPerMinute) return null;
    const reason = `${many(refusedLogins, 'login')} were refused within a minute`;
    return { name: 'logins.refused', subject: '', reason, figures: { refusedLogins } };
  },
  function diskFull({ facts: { room, disk } }) {
    if (room === null) return null;
    const figures = { usedBytes: room.usedBytes, reserveBytes: room.reserveBytes, refused: room.refused };
    const full = (reason: string): Finding => ({
      name: 'disk.full',
      subject: '',
      reason,
      figures: disk === null ? figures : { ...figures, ...disk },
    });
    if (room.refusal !== null) return full(room.refusal);
    if (room.isDiskShort)
      return full(`the disk has ${disk?.freeBytes ?? 0} bytes free, and ${room.reserveBytes} are kept in reserve`);
    const cap =
      room.bytesMax !== null && room.capRefuses
        ? `the logs hold ${room.usedBytes} bytes of ${room.bytesMax} (storageMaxBytes)`
        : null;
    if (cap !== null && room.usedBytes >= (room.bytesMax ?? 0)) return full(cap);
    if (room.refused === 0) return null;
    // Whole batches are refused, so that some room is left under a cap that they do not fit in.
    return full(`${many(room.refused, 'write')} found no room${cap === null ? ' on the disk' : `; ${cap}`}`);
  },
  function diskLow({ facts: { disk }, thresholds, isRaised }) {
    if (disk === null || disk.totalBytes === 0) return null;
    const freePercent = (disk.freeBytes / disk.totalBytes) * 100;
    const leastPercent = thresholds.diskLowPercent + (isRaised('disk.low') ? lowMarginPercent : 0);
    if (freePercent >= leastPercent) return null;
    const reason = `the disk has ${freePercent.toFixed(1)} % of its room left, and ${thresholds.diskLowPercent} % are asked for`;
    return { name: 'disk.low', subject: '', reason, figures: { ...disk, freePercent: round(freePercent) } };
  },
  function diskSlow({ facts: { syncs }, thresholds, isRaised }) {
    if (syncs === null) return null;
    const leastMs = thresholds.syncSlowMs * (isRaised('disk.slow') ? syncMargin : 1);
    if (syncs.p99Ms < leastMs) return null;
    const reason = `one sync in a hundred takes ${round(syncs.p99Ms)} ms or longer, and ${thresholds.syncSlowMs} ms are asked for`;
    const figures = { p99Ms: round(syncs.p99Ms), maxMs: round(syncs.maxMs), syncs: syncs.count };
    return { name: 'disk.slow', subject: '', reason, figures };
  },
  function diskStuck({ facts: { stuckMs }, thresholds }) {
    if (stuckMs < thresholds.diskStuckMs) return null;
    const reason = `the disk has not finished a write for ${round(stuckMs / 1000)} s`;
    return { name: 'disk.stuck', subject: '', reason, figures: { stuckMs: Math.round(stuckMs) } };
  },
  function loopBlocked({ facts: { loopBlockedMs }, thresholds }) {
    if (loopBlockedMs < thresholds.loopBlockedMs) return null;
    const blockedMs = Math.round(loopBlockedMs);
    const reason = `the event loop stood still for ${blockedMs} ms`;
    return { name: 'loop.blocked', subject: '', reason, figures: { blockedMs } };
  },
  function memoryOver({ facts: { memory }, thresholds }) {
    const { heldBytes, softBytes, hardBytes, residentBytes, residentBytesMax } = memory;
    const figures = { heldBytes, softBytes, hardBytes, residentBytes, residentBytesMax: residentBytesMax ?? -1 };
    const over = (reason: string): Finding => ({ name: 'memory.over', subject: '', reason, figures });
    if (heldBytes > softBytes) return over(`requests on their way in hold ${heldBytes} bytes of ${softBytes}`);
    if (residentBytesMax === null || residentBytes < (residentBytesMax * thresholds.memoryPercent) / 100) return null;
    return over(`the process has ${residentBytes} bytes of memory of the ${residentBytesMax} that it may have`);
  },
  function connectionsMany({ facts: { connections }, thresholds, isRaised }) {
    const { open, max } = connections;
    const margin = isRaised('connections.many') ? connectionsMarginPercent : 0;
    if (open < (max * (thresholds.connectionsPercent - margin)) / 100) return null;
    const reason = `connections are open: ${open} of ${max} (connectionsMax)`;
    return { name: 'connections.many', subject: '', reason, figures: { open, max } };
  },
  function descriptorsShort({ facts: { descriptors, room }, thresholds, isRaised }) {
    const { open, max, isReduced, isNoneLeft } = descriptors;
    const short = (reason: string, severity: 'warning' | 'critical'): Finding => ({
      name: 'descriptors.short',
      subject: '',
      reason,
      severity,
      figures: { open, max: max ?? -1 },
    });
    if (isNoneLeft) return short('the process has no descriptor left for a file or a connection', 'critical');
    if (room !== null && room.refusedFiles > 0)
      return short(`${many(room.refusedFiles, 'write')} could not open a file: too many are open`, 'critical');
    if (max === null) return null;
    const margin = isRaised('descriptors.short') ? descriptorsMarginPercent : 0;
    if (open >= (max * (thresholds.descriptorsPercent - margin)) / 100)
      return short(`files and connections are open: some ${open} of the ${max} that the process may have`, 'critical');
    if (!isReduced) return null;
    return short(`the process may have ${max} files open, so the broker takes less than it was told to`, 'warning');
  },
];

function throttledLong(throttled: HealthFacts['throttled'], { throttledMs }: HealthThresholds): Finding[] {
  return throttled
    .filter(({ forMs }) => forMs >= throttledMs)
    .map(({ user, clientId, kind, forMs }) => ({
      name: 'client.throttled',
      subject: user,
      reason: `user ${user} (client id ${JSON.stringify(clientId)}) has been slowed down for ${seconds(forMs)} s by ${kind}`,
      figures: { user, clientId, quota: kind, forMs },
    }));
}

function certificateTrouble(
  { listener, name, leftMs }: CertificateEnd,
  { certificateDays }: HealthThresholds,
): Finding[] {
  const leftDays = Math.floor(leftMs / dayMs);
  if (leftMs >= certificateDays * dayMs) return [];
  const figures = { listener, certificate: name, leftDays };
  const whose = `the certificate of listener ${listener} (${name})`;
  if (leftMs <= 0) return [{ name: 'certificate.expired', subject: listener, reason: `${whose} has expired`, figures }];
  const reason = `${whose} ends in ${many(leftDays, 'day')}`;
  return [{ name: 'certificate.expiring', subject: listener, reason, figures }];
}

/** Not for how long: a text is read later than it was written. */
function isoTime(ms: number): string {
  return new Date(ms).toISOString();
}

const dayMs = 86_400_000;

function partitionTrouble({ kind, topic, partition, reason }: PartitionTrouble): Finding {
  return {
    name: kind === 'quarantined' ? 'log.quarantined' : 'partition.closed',
    subject: `${topic}/${partition}`,
    reason,
    figures: { topic, partition },
  };
}

function transactionHolding(transaction: HoldingTransaction): Finding {
  const { transactionalId, state, producerId, producerEpoch, forMs, sinceMs, timeoutMs, partitions } = transaction;
  const named = `transaction ${transactionalId} (producer ${producerId})`;
  const ending = state === 'prepareCommit' ? 'commit' : state === 'prepareAbort' ? 'abort' : null;
  const what = heldBy(transaction).join(', and ');
  const reason =
    ending === null
      ? `${named} has been open since ${isoTime(sinceMs)}, and holds back ${what}`
      : `${named} began at ${isoTime(sinceMs)}, and its ${ending} has not reached all of ${what}`;
  const figures = { transactionalId, state, producerId, producerEpoch, sinceMs, forMs: Math.round(forMs), timeoutMs };
  return { name: 'transaction.holding', subject: transactionalId, reason, figures: { ...figures, partitions } };
}

function heldBy({ partitions, topics, groups }: HoldingTransaction): string[] {
  const held: string[] = [];
  if (partitions > 0) held.push(`${many(partitions, 'partition')} of ${topics.join(', ') || 'a topic that is gone'}`);
  if (groups.length > 0) held.push(`offsets of ${groups.length === 1 ? 'group' : 'groups'} ${groups.join(', ')}`);
  return held;
}

/** More than can be told are not put into words: thousands of groups that hang would hold the event loop up. */
function troublesOf({ groups, holding }: HealthFacts, thresholds: HealthThresholds): Finding[] {
  const found: Finding[] = [];
  for (const group of groups) {
    const holder = holding.find(({ topics }) => topics.includes(group.topic));
    found.push(...groupTroubles(group, thresholds, holder));
    if (found.length > groupFindingsMax) break;
  }
  return found;
}

function groupTroubles(group: GroupBehind, thresholds: HealthThresholds, holder?: HoldingTransaction): Finding[] {
  const { groupId, topic, lag, members, stalledForMs, emptyForMs, isGrowing, lagBefore } = group;
  const found: Finding[] = [];
  const subject = `${groupId} of ${topic}`;
  const figures = { group: groupId, topic, lag, members, behindSinceMs: group.behindSinceMs ?? -1 };
  const is = (name: Finding['name'], reason: string, more: Finding['figures'] = {}, action?: string): void =>
    void found.push({
      name,
      subject,
      reason,
      figures: { ...figures, ...more },
      ...(action !== undefined && { action }),
    });
  const named = `group ${groupId}`;
  if (stalledForMs >= thresholds.groupStalledMs) {
    const reason = `${named} has ${many(members, 'member')} and ${many(lag, 'record')} of ${topic} to read, and has committed nothing for ${seconds(stalledForMs)} s`;
    // Then it is not its consumers that hang, if they want committed records.
    const why =
      holder === undefined ? '' : `; transaction ${holder.transactionalId} holds back what is committed there`;
    const action =
      holder === undefined
        ? undefined
        : `Look at that transaction (q transaction describe ${holder.transactionalId}): the consumers may wait for it. If it has ended, look at them.`;
    is('group.stalled', `${reason}${why}`, { stalledForMs: Math.round(stalledForMs) }, action);
  }
  if (emptyForMs >= thresholds.groupEmptyMs) {
    const reason = `${named} has had no member for ${seconds(emptyForMs)} s, and ${many(lag, 'record')} of ${topic} to read`;
    is('group.empty', reason, { emptyForMs: Math.round(emptyForMs) });
  }
  // Who has nobody to catch up, or somebody who hangs, is told so, once.
  if (found.length === 0 && isGrowing && lag >= thresholds.lagRecordsMin) {
    const before = lagBefore ?? lag;
    const reason = `${named} is ${many(lag, 'record')} behind in ${topic}, and was ${before} behind ${seconds(thresholds.lagWindowMs)} s ago`;
    is('lag.growing', reason, { lagBefore: before });
  }
  return found;
}

function seconds(ms: number): number {
  return Math.round(ms / 1000);
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}

function many(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`;
}
