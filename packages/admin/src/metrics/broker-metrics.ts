/** The metrics of a broker, gathered from its statistics in turns of the event loop. */
import { Turn } from '@q/broker';
import type {
  AdminTools,
  ApiCounter,
  BrokerCounters,
  BrokerPhase,
  GroupLag,
  Services,
  TopicNumbers,
  Vitals,
} from '@q/broker';
import { operationsOf, resourceTypes } from '@q/security';
import type { AdminContext } from '../admin-context.ts';
import { limits } from '../limits.ts';
import { transactionStates } from '../transactions/transaction-schemas.ts';
import { Exposition, labelsOf } from './exposition.ts';
import type { Format } from './exposition.ts';
import { metricTable as m } from './metric-table.ts';

/** Microseconds of a second. */
const micros = 1_000_000;

export async function exposeBroker({ services, tools }: AdminContext, format: Format): Promise<Buffer> {
  const page = new Exposition(format);
  const turn = new Turn(tools);
  const [vitals, lags] = await Promise.all([services.stats.vitals(), services.groups.lags()]);
  addVitals(page, vitals, tools.phase());
  addHealth(page, services);
  addCertificates(page, tools);
  page.add(m.insecure, services.facts.isInsecure ? 1 : 0);
  page.add(m.noLogin, services.facts.listenersWithoutLogin);
  addWork(page, services);
  await addTopics(page, services.stats.topics(), turn);
  await addGroups(page, services, turn);
  addLags(page, lags);
  await addTransactions(page, { services, tools }, turn);
  await turn.next();
  return page.finish(Object.values(m));
}

function addVitals(page: Exposition, vitals: Vitals, phase: BrokerPhase): void {
  const { usage, disk, storage, network, loopDelayMicros, garbage } = vitals;
  page.add(m.buildInfo, 1, labelsOf({ version: vitals.softwareVersion }));
  page.add(m.ready, phase === 'ready' ? 1 : 0);
  page.add(m.uptime, vitals.uptimeMs / 1000);
  page.add(m.cpu, usage.cpuUserMs / 1000, labelsOf({ mode: 'user' }));
  page.add(m.cpu, usage.cpuSystemMs / 1000, labelsOf({ mode: 'system' }));
  page.add(m.residentMemory, usage.rssBytes);
  page.add(m.heap, usage.heapBytes);
  page.add(m.externalMemory, usage.externalBytes);
  page.add(m.bufferMemory, usage.bufferBytes);
  if (garbage !== null) {
    page.add(m.garbage, garbage.collections);
    page.add(m.garbageSeconds, garbage.micros / micros);
  }
  if (disk !== null) {
    page.add(m.diskFree, disk.freeBytes);
    page.add(m.diskSize, disk.totalBytes);
  }
  page.add(m.openFiles, storage.openFiles);
  page.add(m.reads, storage.readsFromMemory, labelsOf({ source: 'memory' }));
  page.add(m.reads, storage.readsFromFiles, labelsOf({ source: 'files' }));
  page.add(m.loopDelayP99, loopDelayMicros.p99 / micros);
  page.add(m.loopDelayMax, loopDelayMicros.max / micros);
  for (const { door, software, softwareVersion: version, connections } of network.clients)
    page.add(m.connections, connections, labelsOf({ door, software, version }));
}

/** By name: what an alert is about may be any group or topic. */
function addHealth(page: Exposition, { health }: Services): void {
  const { conditions, writesRefused } = health.ownReport();
  page.add(m.writesRefused, writesRefused === null ? 0 : 1);
  const counts = new Map<string, number>();
  for (const { name: alert, severity } of conditions) {
    const labels = labelsOf({ alert, severity });
    counts.set(labels, (counts.get(labels) ?? 0) + 1);
  }
  for (const [labels, count] of counts) page.add(m.alerts, count, labels);
}

function addWork(page: Exposition, { stats: { counters, throttled }, groups }: Services): void {
  page.add(m.recordsIn, counters.recordsIn);
  page.add(m.recordsOut, counters.recordsOut);
  page.add(m.bytesIn, counters.bytesIn);
  page.add(m.bytesOut, counters.bytesOut);
  page.addClasses(m.flushSeconds, counters.rounds, { unit: micros });
  page.addClasses(m.flushRecords, counters.roundRecords);
  page.addClasses(m.flushBytes, counters.roundBytes);
  page.addClasses(m.fsyncSeconds, counters.syncs, { unit: micros });
  for (const [name, api] of counters.apis) if (api.times !== null) addApi(page, name, api);
  for (const [error, count] of counters.errors) page.add(m.errors, count, labelsOf({ error }));
  for (const [reason, count] of counters.refusals) page.add(m.connectionsRefused, count, labelsOf({ reason }));
  page.add(m.connectionsDelayed, counters.connectionsDelayed);
  addSecurity(page, counters);
  addThrottles(page, throttled);
  page.add(m.groupRebalances, groups.rebalances);
}

function addCertificates(page: Exposition, { certificates, clock }: AdminTools): void {
  for (const { listener, certificates: shown } of certificates.list()) {
    for (const { subject, validToMs } of shown)
      page.add(m.certificateExpiry, (validToMs - clock.now()) / 1000, labelsOf({ listener, subject }));
  }
}

function addSecurity(page: Exposition, { logins, denials, auditEntriesDropped }: BrokerCounters): void {
  page.add(m.auditDropped, auditEntriesDropped);
  for (const [mechanism, { done, refused }] of logins) {
    page.add(m.logins, done, labelsOf({ mechanism, outcome: 'done' }));
    page.add(m.logins, refused, labelsOf({ mechanism, outcome: 'refused' }));
  }
  for (const resource of resourceTypes) {
    for (const operation of operationsOf(resource))
      page.add(m.denials, denials.get(resource)?.get(operation) ?? 0, labelsOf({ resource, operation }));
  }
}

function addThrottles(page: Exposition, throttled: Services['stats']['throttled']): void {
  for (const [quota, { times, throttledMs }] of Object.entries(throttled.totals)) {
    page.add(m.throttled, times, labelsOf({ quota }));
    page.add(m.throttledSeconds, throttledMs / 1000, labelsOf({ quota }));
  }
  for (const { user, throttledMs } of throttled.list().slice(0, limits.metricUsersMax))
    page.add(m.userThrottledSeconds, throttledMs / 1000, labelsOf({ user }));
}

/** APIs of doors other than the native one have its name in front. */
function addApi(page: Exposition, name: string, { times, failed, errors }: ApiCounter): void {
  const [, door = 'native', api = name] = /^([^.]*)\.(.*)$/.exec(name) ?? [];
  const labels = labelsOf({ door, api });
  page.addClasses(m.requestSeconds, times!, { labels, unit: micros });
  page.add(m.requestsFailed, failed, labels);
  for (const [error, count] of errors ?? []) page.add(m.requestErrors, count, `${labels},${labelsOf({ error })}`);
}

async function addTopics(page: Exposition, topics: Iterable<TopicNumbers>, turn: Turn): Promise<void> {
  const sums = { topics: 0, partitions: 0, offline: 0, bytes: 0, segments: 0 };
  for (const { topic, traffic, partitionCount, partitions } of topics) {
    const labels = labelsOf({ topic });
    const isTold = sums.topics < limits.metricTopicsMax;
    sums.topics += 1;
    let records = 0;
    let bytes = 0;
    for (const partition of partitions) {
      records += partition.records;
      bytes += partition.diskBytes;
      sums.segments += partition.segments;
      if (!partition.isOnline) sums.offline += 1;
      if (sums.partitions < limits.metricPartitionsMax) {
        const place = `${labels},partition="${partition.partition}"`;
        page.add(m.partitionStart, partition.startOffset, place);
        page.add(m.partitionEnd, partition.highWatermark, place);
        page.add(m.partitionBytes, partition.bytes, place);
      }
      sums.partitions += 1;
      if (turn.isOver(1)) await turn.next();
    }
    sums.bytes += bytes;
    if (turn.isOver(1)) await turn.next();
    if (!isTold) continue;
    page.add(m.topicRecords, records, labels);
    page.add(m.topicBytes, bytes, labels);
    page.add(m.topicPartitions, partitionCount, labels);
    page.add(m.topicRecordsIn, traffic.recordsIn, labels);
    page.add(m.topicRecordsOut, traffic.recordsOut, labels);
    page.add(m.topicBytesIn, traffic.bytesIn, labels);
    page.add(m.topicBytesOut, traffic.bytesOut, labels);
  }
  page.add(m.topics, sums.topics);
  page.add(m.partitions, sums.partitions);
  page.add(m.partitionsOffline, sums.offline);
  page.add(m.logBytes, sums.bytes);
  page.add(m.segments, sums.segments);
  addLeftOut(page, 'topics', sums.topics - limits.metricTopicsMax);
  addLeftOut(page, 'partitions', sums.partitions - limits.metricPartitionsMax);
}

async function addGroups(page: Exposition, { groups }: Services, turn: Turn): Promise<void> {
  const states = new Map(['empty', 'assigning', 'reconciling', 'stable'].map((state) => [state, 0]));
  let count = 0;
  for (const { groupId, state, members, stalledMembers } of groups.numbers()) {
    states.set(state, (states.get(state) ?? 0) + 1);
    count += 1;
    if (count <= limits.metricGroupsMax) {
      const labels = labelsOf({ group: groupId });
      page.add(m.groupMembers, members, labels);
      page.add(m.groupStalled, stalledMembers, labels);
    }
    if (turn.isOver(1 + members)) await turn.next();
  }
  for (const [state, inState] of states) page.add(m.groups, inState, labelsOf({ state }));
  addLeftOut(page, 'groups', count - limits.metricGroupsMax);
}

/** Of too many those that are behind the longest are told. */
function addLags(page: Exposition, all: readonly GroupLag[]): void {
  const told = all.length <= limits.metricLagsMax ? all : all.toSorted((left, right) => right.lagMs - left.lagMs);
  for (const { groupId, topic, lagRecords, lagMs } of told.slice(0, limits.metricLagsMax)) {
    const labels = labelsOf({ group: groupId, topic });
    page.add(m.lagRecords, lagRecords, labels);
    if (lagMs >= 0) page.add(m.lagSeconds, lagMs / 1000, labels);
  }
  addLeftOut(page, 'lags', all.length - limits.metricLagsMax);
}

async function addTransactions(
  page: Exposition,
  { services: { transactions }, tools: { clock } }: Pick<AdminContext, 'services' | 'tools'>,
  turn: Turn,
): Promise<void> {
  const states = new Map<string, number>(transactionStates.map((state) => [state, 0]));
  let oldestMs = Infinity;
  let offsets = 0;
  for (const { state, startedMs, offsets: staged } of transactions.all()) {
    states.set(state, states.get(state)! + 1);
    if (startedMs !== null) oldestMs = Math.min(oldestMs, startedMs);
    for (const ofGroup of staged.values()) offsets += ofGroup.size;
    if (turn.isOver(1)) await turn.next();
  }
  for (const [state, count] of states) page.add(m.transactions, count, labelsOf({ state }));
  page.add(m.transactionOldest, oldestMs === Infinity ? 0 : Math.max(0, clock.monotonic() - oldestMs) / 1000);
  page.add(m.transactionOffsets, offsets);
  const { committed, aborted, durations, endings } = transactions.numbers;
  page.add(m.transactionsCommitted, committed);
  for (const [cause, count] of Object.entries(aborted)) page.add(m.transactionsAborted, count, labelsOf({ cause }));
  for (const outcome of ['commit', 'abort'] as const) {
    const options = { labels: labelsOf({ outcome }), unit: micros };
    page.addClasses(m.transactionSeconds, durations[outcome], options);
    page.addClasses(m.transactionEndSeconds, endings[outcome], options);
  }
}

function addLeftOut(page: Exposition, kind: string, count: number): void {
  page.add(m.leftOut, Math.max(0, count), labelsOf({ kind }));
}
