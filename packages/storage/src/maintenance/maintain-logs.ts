import { inParallel } from '../concurrency/in-parallel.ts';
import type { LogContext } from '../log/log-context.ts';
import { keepMessageIds } from '../log/keep-message-ids.ts';
import { assertLogHolds } from '../log/log-invariants.ts';
import { moveStarts } from '../log/move-starts.ts';
import type { LocalLog } from '../partition/local-log.ts';
import type { DiskSpace } from '../ports/file-system.ts';
import type { MaintenanceReport } from '../ports/log-store.ts';
import { segmentsToDrop } from '../retention/drop-oldest.ts';
import type { DroppableLog } from '../retention/drop-oldest.ts';
import { droppable, moveByRetention, moveOver } from '../retention/log-retention.ts';
import type { StartMove } from '../retention/log-retention.ts';
import { RecordCounting } from './record-counting.ts';

export interface MaintenanceRound {
  readonly logs: readonly LocalLog[];
  readonly now: number;
  /** As it is now; null where that cannot be known. */
  readonly disk: DiskSpace | null;
  /** True once the store is being closed: long work ends at the next good moment. */
  readonly isStopping: () => boolean;
}

/*
 * One round of background work over the open logs of a store, cheapest and most urgent first: room is made by retention
 * and by the cap before compaction, which needs some, begins.
 *
 * Invariants
 * - Start offsets are durable, all of a step in one write, before they move, and before any file below them goes.
 * - Recovery points are saved after the checkpoints that they promise.
 */
export async function maintainLogs(context: LogContext, o: MaintenanceRound): Promise<MaintenanceReport> {
  const { logs, now, disk, isStopping } = o;
  const report = emptyReport();
  const guarded = new GuardedWork(context, report);
  if (disk !== null) context.cap.observeDisk(disk);
  await guarded.forEach(logs, async (log) => {
    assertLogHolds(log.core);
    log.core.dedup.expire(context.clock.monotonic());
    tellForgottenIds(log);
    await log.core.turns.run(() => log.dropped.setAsideLeftovers());
  });
  await removeSetAside(guarded, logs, report);
  await dropMoved(context, await movedByRetention(guarded, logs, now), report, guarded);
  await dropOldest(context, logs, report, guarded);
  if (context.cap.isDiskShort) await removeSetAside(guarded, logs, report);
  await checkpoint(context, logs, report, guarded);
  for (const log of logs) await guarded.run(log, () => compact(log, { now, isStopping }, report));
  const count = new RecordCounting(context.limits.countBytesPerRoundMax);
  for (const log of logs) if (!isStopping()) await guarded.run(log, () => count.run(log.core));
  return report;
}

/** `whenFull: 'drop-oldest'`: makes room now, without waiting for the next round. */
export async function makeRoom(context: LogContext, logs: readonly LocalLog[]): Promise<MaintenanceReport> {
  const report = emptyReport();
  await dropOldest(context, logs, report, new GuardedWork(context, report));
  return report;
}

/** Work of which a failure concerns one log: it is reported, and the others have their turn all the same. */
class GuardedWork {
  readonly #context: LogContext;
  readonly #report: MaintenanceReport;
  readonly #failed = new Set<LocalLog>();

  constructor(context: LogContext, report: MaintenanceReport) {
    this.#context = context;
    this.#report = report;
  }

  async run(log: LocalLog, work: () => Promise<void>): Promise<void> {
    if (log.state !== 'open' || this.#failed.has(log) || this.#context.queue.failure !== null) return;
    try {
      await work();
    } catch (error) {
      if (this.#isClosed(log)) return;
      this.#failed.add(log);
      this.#report.logsFailed += 1;
      this.#context.log.error(
        { event: 'partition.maintenance_failed', topic: log.id.topic, partition: log.id.partition, err: error },
        'background work on a log failed',
      );
    }
  }

  async forEach(logs: readonly LocalLog[], work: (log: LocalLog) => Promise<void>): Promise<void> {
    await inParallel(logs, this.#context.limits.logsInParallelMax, (log) => this.run(log, () => work(log)));
  }

  /** Closed or deleted while it had its turn. */
  #isClosed(log: LocalLog): boolean {
    return log.state === 'closed';
  }
}

async function removeSetAside(
  guarded: GuardedWork,
  logs: readonly LocalLog[],
  report: MaintenanceReport,
): Promise<void> {
  await guarded.forEach(logs, async (log) => {
    // Not in one expression: other logs add to it meanwhile.
    const removed = await log.dropped.removeDue();
    report.filesRemoved += removed;
  });
}

/** They are what `messageIdsMax` and `messageIdBytesMax` cost: repeats of them are stored again. */
function tellForgottenIds({ core: { id, dedup, context } }: LocalLog): void {
  const count = dedup.messageIds?.tellForgotten() ?? 0;
  if (count === 0) return;
  context.stats.messageIdsForgotten += count;
  context.log.warn(
    { event: 'partition.message_ids_forgotten', topic: id.topic, partition: id.partition, count },
    'message ids were forgotten inside their window: a partition remembers no more',
  );
}

type Moves = Map<LocalLog, StartMove>;

async function movedByRetention(guarded: GuardedWork, logs: readonly LocalLog[], now: number): Promise<Moves> {
  const moves: Moves = new Map();
  for (const log of logs) {
    await guarded.run(log, async () => {
      const move = await moveByRetention(log.core, now);
      if (move.segments > 0) moves.set(log, move);
    });
  }
  return moves;
}

async function dropMoved(
  context: LogContext,
  moves: Moves,
  report: MaintenanceReport,
  guarded: GuardedWork,
): Promise<void> {
  if (moves.size === 0) return;
  await guarded.forEach([...moves.keys()], (log) => keepMessageIds(log, (moves.get(log) as StartMove).offset));
  await moveStarts(context, new Map([...moves].map(([log, { offset }]) => [log.core, offset])));
  await guarded.forEach([...moves.keys()], async (log) => {
    const move = moves.get(log) as StartMove;
    await log.core.turns.run(() => log.dropped.dropBelowStart());
    report.segmentsDeleted += move.segments;
    report.bytesDeleted += move.bytes;
    const { id, logStartOffset } = log;
    context.log.info(
      {
        event: 'partition.segments_dropped',
        topic: id.topic,
        partition: id.partition,
        segments: move.segments,
        bytes: move.bytes,
        logStartOffset,
        reasons: [...new Set(move.reasons)],
      },
      'old segments were dropped',
    );
  });
}

async function dropOldest(
  context: LogContext,
  logs: readonly LocalLog[],
  report: MaintenanceReport,
  guarded: GuardedWork,
): Promise<void> {
  const bytesToFree = context.cap.needsRoom;
  if (bytesToFree === 0) return;
  const candidates: DroppableLog<LocalLog>[] = [];
  for (const log of logs) await guarded.run(log, async () => void candidates.push(await droppable(log)));
  const plan = segmentsToDrop({ logs: candidates, bytesToFree });
  const moves: Moves = new Map();
  for (const { log, segments } of candidates) {
    const count = plan.drops.get(log) ?? 0;
    if (count > 0) moves.set(log, moveOver(segments.slice(0, count), ['size']));
  }
  await dropMoved(context, moves, report, guarded);
  if (!plan.sufficient)
    context.log.warn(
      { event: 'retention.cap_passed', bytesToFree, bytesDropped: plan.bytes },
      'the storage cap is passed, and nothing more may be dropped',
    );
}

async function compact(
  log: LocalLog,
  o: { now: number; isStopping: () => boolean },
  report: MaintenanceReport,
): Promise<void> {
  const result = await log.compaction.run(o);
  if (result === null) return;
  report.logsCompacted += 1;
  report.bytesCompacted += result.bytesBefore - result.bytesAfter;
  log.core.context.log.info(
    { event: 'partition.compacted', topic: log.id.topic, partition: log.id.partition, ...result },
    'a log was compacted',
  );
}

async function checkpoint(
  context: LogContext,
  logs: readonly LocalLog[],
  report: MaintenanceReport,
  guarded: GuardedWork,
): Promise<void> {
  const due = logs.filter((log) => log.state === 'open' && log.checkpoints.isDue);
  if (due.length === 0) return;
  await guarded.forEach(due, async (log) => {
    if (await log.checkpoints.run()) report.logsCheckpointed += 1;
  });
  await context.saveRecoveryPoints();
}

function emptyReport(): MaintenanceReport {
  return {
    segmentsDeleted: 0,
    bytesDeleted: 0,
    logsCompacted: 0,
    bytesCompacted: 0,
    filesRemoved: 0,
    logsCheckpointed: 0,
    logsFailed: 0,
  };
}
