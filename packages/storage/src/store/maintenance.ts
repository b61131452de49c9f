import { OneByOne } from '../concurrency/one-by-one.ts';
import { Turnstile } from '../concurrency/turnstile.ts';
import type { DiskReserve } from '../room/disk-reserve.ts';
import type { LogContext } from '../log/log-context.ts';
import { maintainLogs, makeRoom } from '../maintenance/maintain-logs.ts';
import type { LocalLog } from '../partition/local-log.ts';
import type { DiskSpace } from '../ports/file-system.ts';
import type { MaintenanceReport } from '../ports/log-store.ts';
import { ClockCheckpoint } from './clock-checkpoint.ts';

export interface MaintenanceOptions {
  readonly context: LogContext;
  readonly directory: string;
  readonly reserve: DiskReserve;
  /** The logs that are open now. */
  readonly logs: () => readonly LocalLog[];
  /** Removes what deleted logs have left behind. Returns how many folders went. */
  readonly removeFolders: () => Promise<number>;
}

/** Background work of a store, one piece at a time; what it does is in maintain-logs.ts. */
export class Maintenance {
  readonly #options: MaintenanceOptions;
  readonly #clock: ClockCheckpoint;
  #round: Promise<MaintenanceReport> | null = null;
  readonly #turns = new OneByOne();
  #checkpoints: Promise<unknown> = Promise.resolve();
  /** Each opens files of its own. */
  readonly #checkpointing: Turnstile;
  #looking: Promise<void> | null = null;
  #isStopping = false;

  constructor(options: MaintenanceOptions) {
    this.#options = options;
    this.#checkpointing = new Turnstile(options.context.limits.logsInParallelMax);
    this.#clock = new ClockCheckpoint({ ...options.context, directory: options.directory });
  }

  /** Before the first log is opened: what an earlier process has seen of the clock. */
  async start(): Promise<void> {
    await this.#clock.load();
  }

  /** One round. Who asks while one is under way shares it. */
  async run(): Promise<MaintenanceReport> {
    this.#round ??= this.#turns.run(() => this.#run());
    try {
      return await this.#round;
    } finally {
      this.#round = null;
    }
  }

  /** The storage cap was passed: the oldest segments go without waiting for the next round. */
  makeRoom(): void {
    const { context, logs } = this.#options;
    const making = this.#turns.run(async () => await makeRoom(context, this.#isStopping ? [] : logs()));
    making.catch((error: unknown) =>
      context.log.error(
        { event: 'retention.failed', err: error },
        'the oldest segments could not be dropped; the next round tries again',
      ),
    );
  }

  /** Not in line with the other work, which may take long. A failure is reported where it happens. */
  checkpoint(log: LocalLog): void {
    const { context } = this.#options;
    const saving = this.#isStopping
      ? Promise.resolve()
      : this.#checkpointing
          .run(() => log.checkpoints.run())
          .then((isDone) => (isDone ? context.saveRecoveryPoints() : undefined));
    this.#checkpoints = Promise.allSettled([this.#checkpoints, saving]);
  }

  /**
   * Before the first record is taken. Whoever fills the disk before the first round would leave nothing to make room
   * with.
   */
  async takeRoom(): Promise<void> {
    const disk = await this.#diskSpace();
    if (disk !== null) await this.#options.reserve.begin(disk);
    await this.observeDisk();
  }

  /** A fresh look at the room on the disk, for the reserve. */
  async observeDisk(): Promise<void> {
    const { cap, roomWatch } = this.#options.context;
    const disk = await this.#diskSpace();
    if (disk !== null) cap.observeDisk(disk);
    if (cap.hasRoom) roomWatch.foundRoom();
  }

  /** As `observeDisk`, for whoever was refused and does not wait: who tries again profits. One look at a time. */
  lookAgain(): void {
    if (this.#looking || this.#isStopping) return;
    const looking = this.observeDisk().catch((error: unknown) =>
      this.#options.context.log.warn(
        { event: 'disk.room_unknown', err: error },
        'the room on the disk cannot be asked for',
      ),
    );
    this.#looking = looking.finally(() => (this.#looking = null));
  }

  /** No further work begins, and long work ends at the next good moment. Ends when nothing is under way. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    await this.#turns.idle();
    await this.#checkpoints;
    await this.#looking;
    this.#options.context.time.look();
    if (this.#options.context.queue.failure === null) await this.#clock.save();
  }

  async #run(): Promise<MaintenanceReport> {
    const { context, logs, removeFolders, reserve } = this.#options;
    context.time.look();
    const now = context.time.now();
    const foldersRemoved = this.#isStopping ? 0 : await removeFolders();
    const disk = await this.#diskSpace();
    const report = await maintainLogs(context, {
      logs: this.#isStopping ? [] : logs(),
      now,
      disk,
      isStopping: () => this.#isStopping,
    });
    // What was removed makes room for appends now, not a round later.
    report.filesRemoved += foldersRemoved;
    if (report.filesRemoved > 0 || context.roomWatch.isFull) await this.observeDisk();
    const left = await this.#diskSpace();
    if (left !== null && !this.#isStopping) await reserve.fillUp(left, context.cap.reserveBytes);
    await this.#clock.saveIfDue();
    return report;
  }

  /** What may still be promised to appends. */
  async #diskSpace(): Promise<DiskSpace | null> {
    const { fileSystem, lateWrites, queue } = this.#options.context;
    const disk = await fileSystem.diskSpace(this.#options.directory);
    // What was taken and is still to be written has its room already.
    return disk && { ...disk, freeBytes: disk.freeBytes - lateWrites.owedBytes - queue.pendingBytes };
  }
}
