import type { LocalLog } from '../log/local-log.ts';
import type { LogContext } from '../log/log-context.ts';
import { maxTimestampOf } from '../log/timestamp-search.ts';
import type { MaintenanceReport } from '../ports/log-store.ts';
import { segmentsToDrop } from '../retention/drop-oldest.ts';
import { droppable, moveStartByRetention, moveStartOver } from '../retention/log-retention.ts';
import type { StartMove } from '../retention/log-retention.ts';

/*
 * Background work of a store, one round at a time.
 *
 * Invariants
 * - Start offsets that retention moved are durable before the files below them go.
 * - Recovery points are saved after the checkpoints that they promise.
 * - A log whose turn fails is reported, and the others have theirs. Only a failed sync of a log ends the store (flush queue).
 */
export class Maintenance {
  readonly #context: LogContext;
  readonly #directory: string;
  readonly #logs: () => readonly LocalLog[];
  #running: Promise<MaintenanceReport> | null = null;

  constructor(o: { context: LogContext; directory: string; logs: () => readonly LocalLog[] }) {
    this.#context = o.context;
    this.#directory = o.directory;
    this.#logs = o.logs;
  }

  /** A round that is under way is shared. */
  async run(now: number): Promise<MaintenanceReport> {
    this.#running ??= this.#run(now);
    try {
      return await this.#running;
    } finally {
      this.#running = null;
    }
  }

  async idle(): Promise<void> {
    await Promise.allSettled([this.#running]);
  }

  /** A fresh look at the room on the disk, for the reserve. */
  async observeDisk(): Promise<void> {
    const space = await this.#context.fileSystem.diskSpace(this.#directory);
    if (space) this.#context.cap.observeFree(space.freeBytes);
  }

  async #run(now: number): Promise<MaintenanceReport> {
    const report: MaintenanceReport = {
      segmentsDeleted: 0,
      bytesDeleted: 0,
      logsCompacted: 0,
      bytesCompacted: 0,
      filesRemoved: 0,
      logsCheckpointed: 0,
      logsFailed: 0,
    };
    await this.observeDisk();
    await this.#retain(now, report);
    await this.#each(report, 'removing old files', async (log) => {
      report.filesRemoved += await log.files.removeDue(now);
    });
    await this.#checkpoint(report);
    await this.#each(report, 'compaction', async (log) => {
      const result = await log.compaction.run(now);
      if (!result) return;
      report.logsCompacted += 1;
      report.bytesCompacted += result.bytesBefore - result.bytesAfter;
    });
    return report;
  }

  async #retain(now: number, report: MaintenanceReport): Promise<void> {
    const moved = new Set<LocalLog>();
    const note = (log: LocalLog, move: StartMove): void => {
      if (move.segments === 0) return;
      moved.add(log);
      report.segmentsDeleted += move.segments;
      report.bytesDeleted += move.bytes;
    };
    await this.#each(report, 'retention', async (log) => {
      log.dedup.expire(now);
      await learnTimes(log, now);
      note(log, moveStartByRetention(log, now));
    });
    await this.#makeRoom(report, note, report.bytesDeleted);
    if (moved.size === 0) return;
    await this.#context.saveStartOffsets();
    await this.#each(report, 'dropping old segments', async (log) => {
      if (moved.has(log)) await log.exclusively(() => log.files.dropBelowStart());
    });
  }

  /** Over the cap with `drop-oldest`: the oldest segments of all logs go. `freedBytes` are on their way out already. */
  async #makeRoom(report: MaintenanceReport, note: (log: LocalLog, move: StartMove) => void, freedBytes: number): Promise<void> {
    const bytesToFree = this.#context.cap.needsRoom - freedBytes;
    if (bytesToFree <= 0) return;
    await this.#each(report, 'reading the age of segments', async (log) => {
      for (const segment of log.segmentList.all) await maxTimestampOf(log, segment);
    });
    const logs = this.#logs().filter(({ state }) => state === 'open');
    const plan = segmentsToDrop({ logs: logs.map(droppable), bytesToFree });
    for (const [log, count] of plan.drops) note(log, moveStartOver(log, count, []));
    if (!plan.sufficient) this.#context.log.warn({ bytesToFree, bytes: plan.bytes }, 'the storage cap is passed, and what may be dropped does not suffice');
  }

  async #checkpoint(report: MaintenanceReport): Promise<void> {
    const before = report.logsCheckpointed;
    await this.#each(report, 'checkpoint', async (log) => {
      if (log.checkpoints.isDue && (await log.checkpoints.run())) report.logsCheckpointed += 1;
    });
    if (report.logsCheckpointed > before) await this.#context.saveRecoveryPoints();
  }

  async #each(report: MaintenanceReport, what: string, work: (log: LocalLog) => Promise<void>): Promise<void> {
    for (const log of this.#logs()) {
      if (log.state !== 'open' || this.#context.queue.failure) continue;
      try {
        await work(log);
      } catch (error) {
        report.logsFailed += 1;
        this.#context.log.error({ topic: log.id.topic, partition: log.id.partition, error }, `${what} failed for one log`);
      }
    }
  }
}

/** Reads the greatest timestamp of as many old segments as this round's decisions are about. */
async function learnTimes(log: LocalLog, now: number): Promise<void> {
  const { retentionMs, cleanupPolicy } = log.config;
  for (const segment of log.segmentList.all) {
    const latestMs = await maxTimestampOf(log, segment);
    const expires = retentionMs >= 0 && now - latestMs > retentionMs;
    if (!expires && !cleanupPolicy.compact) return;
  }
}
