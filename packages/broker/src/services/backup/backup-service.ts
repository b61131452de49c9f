/**
 * Backups of a broker that goes on serving (row O2).
 *
 * Invariants:
 *  1. All logs are pinned in one turn of the event loop: what a group has committed in the backup lies at or below the
 *     end of its partitions, and every topic that the metadata knows is there.
 *  2. One backup at a time. Its pins end with it: when it is finished, ended by whoever reads it, or not read for
 *     `backupStallMs`.
 *  3. It reads in slices, and after each everybody else has a turn.
 */
import { QError } from '@q/protocol';
import { cluster } from '@q/security';
import { backupId, backupStream, decodePartition } from '@q/storage';
import type { LogId, ManifestHead, ManifestPartition, PinnableLogs } from '@q/storage';
import type { Author } from '../../caller.ts';
import type { Clock, Scheduled } from '../../clock.ts';
import type { BrokerIdentity } from '../../identity.ts';
import type { BrokerLimits } from '../../limits.ts';
import type { BrokerLogger } from '../../logger.ts';
import type { Random } from '../../random.ts';
import type { AuditNotes } from '../audit/audit.ts';
import type { TopicRegistry } from '../topics/topic-registry.ts';

export interface BackupServiceOptions {
  readonly store: PinnableLogs;
  readonly registry: Pick<TopicRegistry, 'topics' | 'byId'>;
  readonly identity: BrokerIdentity;
  readonly clock: Clock;
  readonly random: Random;
  readonly limits: Pick<BrokerLimits, 'backupStallMs'>;
  readonly logger: BrokerLogger;
  readonly audit?: AuditNotes;
}

/** A backup under way. */
export interface BackupRun {
  readonly id: string;
  /** A tar. Each piece is good until the next but two is asked for; ending the iteration ends the backup. */
  readonly chunks: AsyncGenerator<Buffer, void, undefined>;
}

/** Pieces of memory that take turns: one is being read into while others are on their way to the reader. */
const memoryPieces = 4;
const sliceBytes = 512 << 10;

export class BackupService {
  readonly #options: BackupServiceOptions;
  #running: string | null = null;

  constructor(options: BackupServiceOptions) {
    this.#options = options;
  }

  /**
   * Takes this moment, and gives it out as it is read.
   * `earlier`: lines of the manifest of an earlier backup, by partition; what is in that is named and not sent again.
   * @throws QError BROKER_BUSY: another one is under way
   */
  async begin(earlier: ReadonlyMap<string, string> = new Map(), by?: Author): Promise<BackupRun> {
    const { clock, random, store, registry } = this.#options;
    if (this.#running !== null)
      throw new QError('BROKER_BUSY', `backup ${this.#running} is under way; one is made at a time`);
    const createdMs = clock.now();
    const id = backupId({ createdMs, chance: random.bytes(4).readUInt32BE() });
    this.#running = id;
    try {
      for (const { log } of [...registry.topics()].flatMap(({ partitions }) => partitions))
        if (log !== null && log.config.dedupWindowMs > 0) await store.preparePin(log.id);
    } catch (error) {
      this.#running = null;
      throw error;
    }
    return this.#pinned({ id, createdMs }, earlier, by);
  }

  /** In one turn. */
  #pinned(
    { id, createdMs }: { id: string; createdMs: number },
    earlier: ReadonlyMap<string, string>,
    by: Author | undefined,
  ): BackupRun {
    const { clock, identity, store, registry, logger } = this.#options;
    const { clusterId, brokerId, software, softwareVersion } = identity;
    const head: ManifestHead = { id, createdMs, clusterId, brokerId, software, softwareVersion };
    const partitions = partitionsOf(registry).map((at) => ({ id: at, pin: store.pin(at) }));
    this.#options.audit?.note({
      event: 'audit.backup_started',
      by: by ?? null,
      operation: 'clusterAction',
      resource: cluster,
      after: { backup: id, partitions: partitions.length },
    });
    logger.info({ event: 'backup.started', backup: id, partitions: partitions.length }, 'a backup has begun');
    const watch = new StallWatch(clock, this.#options.limits.backupStallMs, () => {
      for (const { pin } of partitions) pin?.release();
      if (this.#running === id) this.#running = null;
    });
    const chunks = backupStream({
      head,
      partitions,
      earlier: (at) => earlierOf(earlier.get(keyOf(at))),
      isDeleted: ({ topicId }) => registry.byId(topicId) === undefined,
      pause: () =>
        new Promise((resolve, reject) => {
          clock.defer(() => (watch.hasStalled ? reject(stalled(id)) : resolve()));
        }),
      allocate: memoryInTurns(),
    });
    return { id, chunks: this.#watched(id, chunks, watch) };
  }

  async *#watched(
    id: string,
    chunks: AsyncGenerator<Buffer>,
    watch: StallWatch,
  ): AsyncGenerator<Buffer, void, undefined> {
    const { clock, logger } = this.#options;
    const startedMs = clock.monotonic();
    let bytes = 0;
    let outcome = 'ended by whoever read it';
    try {
      for await (const chunk of chunks) {
        watch.moved();
        bytes += chunk.length;
        yield chunk;
      }
      outcome = 'finished';
    } catch (error) {
      outcome = 'failed';
      logger.error({ event: 'backup.failed', backup: id, err: error }, 'a backup has failed');
      throw error;
    } finally {
      watch.stop();
      if (this.#running === id) this.#running = null;
      const elapsedMs = Math.round(clock.monotonic() - startedMs);
      logger.info({ event: 'backup.ended', backup: id, outcome, bytes, elapsedMs }, `a backup was ${outcome}`);
    }
  }
}

/** Names a partition within a manifest. */
export function keyOf({ topicId, partition }: Pick<LogId, 'topicId' | 'partition'>): string {
  return `${topicId}-${partition}`;
}

/** The broker's own first: an operator who looks into a tar that was cut off finds them. */
function partitionsOf(registry: Pick<TopicRegistry, 'topics'>): LogId[] {
  const topics = [...registry.topics()];
  const ordered = [...topics.filter(({ internal }) => internal), ...topics.filter(({ internal }) => !internal)];
  return ordered.flatMap(({ name: topic, id: topicId, partitions }) =>
    partitions.map(({ index: partition }) => ({ topic, topicId, partition })),
  );
}

/** A line that makes no sense is as good as none: more is copied. */
function earlierOf(line: string | undefined): ManifestPartition | null {
  if (line === undefined) return null;
  try {
    return decodePartition(line);
  } catch {
    return null;
  }
}

function memoryInTurns(): (length: number) => Buffer {
  const pieces = Array.from({ length: memoryPieces }, () => Buffer.allocUnsafeSlow(sliceBytes));
  let turn = 0;
  return (length) => {
    turn = (turn + 1) % memoryPieces;
    return length <= sliceBytes ? (pieces[turn] as Buffer) : Buffer.allocUnsafeSlow(length);
  };
}

function stalled(id: string): QError {
  return new QError('REQUEST_TIMED_OUT', `backup ${id} was not read for too long, so what it held was let go`);
}

/** Lets go of what a backup holds when nobody reads it any more and nobody says so. */
class StallWatch {
  readonly #clock: Clock;
  readonly #stallMs: number;
  readonly #onStall: () => void;
  #timer: Scheduled;
  #movedMs: number;
  hasStalled = false;

  constructor(clock: Clock, stallMs: number, onStall: () => void) {
    this.#clock = clock;
    this.#stallMs = stallMs;
    this.#onStall = onStall;
    this.#movedMs = clock.monotonic();
    this.#timer = clock.schedule(stallMs, () => this.#look());
  }

  moved(): void {
    this.#movedMs = this.#clock.monotonic();
  }

  #look(): void {
    const leftMs = this.#movedMs + this.#stallMs - this.#clock.monotonic();
    if (leftMs > 0) {
      this.#timer = this.#clock.schedule(leftMs, () => this.#look());
      return;
    }
    this.hasStalled = true;
    this.#onStall();
  }

  stop(): void {
    this.#timer.cancel();
  }
}
