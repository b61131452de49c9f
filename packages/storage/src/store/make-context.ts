import { LentMemory } from '@q/protocol';
import { TailCache } from '../cache/tail-cache.ts';
import { ConfirmedTime } from '../clock/confirmed-time.ts';
import { Turnstile } from '../concurrency/turnstile.ts';
import { defaultLogConfig } from '../config.ts';
import type { StorageError } from '../errors.ts';
import { OpenFiles } from '../files/open-files.ts';
import { OwnMemory } from '../files/own-memory.ts';
import { ReadBuffers } from '../files/read-buffers.ts';
import { FlushQueue } from '../flush/flush-queue.ts';
import { LateWrites } from '../flush/late-writes.ts';
import type { LogContext } from '../log/log-context.ts';
import { ReadAhead } from '../log/read-ahead.ts';
import type { DiskReserve } from '../room/disk-reserve.ts';
import { RoomWatch } from '../room/room-watch.ts';
import { StorageCap } from '../room/storage-cap.ts';
import { IndexCache } from '../segment/index-cache.ts';
import { emptyStats } from '../stats.ts';
import type { StorageStats } from '../stats.ts';
import type { StoreParts } from './store-parts.ts';

/** What only the store can do or tell. */
export interface StoreCallbacks extends Pick<LogContext, 'saveStartOffsets' | 'saveRecoveryPoints' | 'observeDisk'> {
  readonly openLogs: () => number;
  readonly onNeedsRoom: () => void;
  readonly onDiskShort: () => void;
}

/** What all logs of one store share, made anew. */
export function makeContext(parts: StoreParts, o: { reserve: DiskReserve; callbacks: StoreCallbacks }): LogContext {
  const { fileSystem, clock, log, limits, observer } = parts;
  const { saveStartOffsets, saveRecoveryPoints, observeDisk } = o.callbacks;
  const stats = emptyStats();
  const watch: RoomWatch = new RoomWatch({ clock, log, quietMs: limits.roomQuietMs, facts: () => cap });
  const cap = makeCap(parts, { stats, watch }, o.callbacks);
  const queue = makeQueue(parts, { stats, watch });
  const { openFilesMax, openFilesInUseMax, readBlockBytes, lateWriteMs, lateWriteBytes, lateWritesInParallelMax } =
    limits;
  const openFiles = new OpenFiles({
    fileSystem,
    openFilesMax,
    openFilesInUseMax,
    stats,
    onFatal: (error) => void queue.fail(error),
  });
  const { indexIntervalBytes } = defaultLogConfig;
  return {
    fileSystem,
    clock,
    log,
    limits,
    observer,
    stats,
    queue,
    openFiles,
    reserve: o.reserve,
    saveStartOffsets,
    saveRecoveryPoints,
    observeDisk,
    ...makeMemory(parts, stats),
    time: new ConfirmedTime({ clock, log, limits }),
    indexCache: new IndexCache({
      fileSystem,
      openFiles,
      bytesMax: limits.indexCacheBytes,
      blockBytes: readBlockBytes,
      indexIntervalBytes,
    }),
    lateWrites: new LateWrites({
      clock,
      log,
      delayMs: lateWriteMs,
      bytesMax: lateWriteBytes,
      parallelMax: lateWritesInParallelMax,
    }),
    cap,
    roomWatch: watch,
    uncovered: { bytes: 0 },
    largeBatches: new Turnstile(limits.largeBatchesInParallelMax),
  };
}

function makeQueue(
  { clock, limits, log, observer, onFatal }: StoreParts,
  { stats, watch }: { readonly stats: StorageStats; readonly watch: RoomWatch },
): FlushQueue {
  const { roundBytesMax, flushesInParallelMax, syncIntervalMs } = limits;
  const failed = (error: StorageError): void => {
    log.error(
      { event: 'disk.failed', err: error },
      'storage failed; nothing is acknowledged any more, the process must end',
    );
    onFatal(error);
  };
  return new FlushQueue({
    clock,
    stats,
    observer,
    roundBytesMax,
    flushesInParallelMax,
    syncIntervalMs,
    watch,
    onFatal: failed,
  });
}

/** Memory that batches lie in, and what is kept of them. */
function makeMemory(
  { fileSystem, clock, limits }: StoreParts,
  stats: StorageStats,
): Pick<LogContext, 'tailCache' | 'readBuffers' | 'appendBuffers' | 'ownMemory' | 'readAhead'> {
  const {
    appendBuffersBytesMin,
    appendBuffersBytes,
    appendBuffersSharedBytes,
    tailCacheBytes,
    readBlockBytes,
    readBuffersBytes,
  } = limits;
  const appendBuffers = new LentMemory({
    bytesMin: appendBuffersBytesMin,
    bytesMax: appendBuffersBytes,
    sharedBytes: appendBuffersSharedBytes,
  });
  const readBuffers = new ReadBuffers({ bufferBytes: readBlockBytes, bytesMax: readBuffersBytes });
  return {
    appendBuffers,
    readBuffers,
    tailCache: new TailCache({ bytesMax: tailCacheBytes, stats, appendBuffers }),
    ownMemory: new OwnMemory({ buffers: appendBuffers, shares: fileSystem.copiesWrites }),
    readAhead: new ReadAhead({ limits, clock, stats, discard: ({ bytes }) => readBuffers.giveBack(bytes) }),
  };
}

function makeCap(
  { limits, storageBytesMax, whenFull }: StoreParts,
  { stats, watch }: { readonly stats: StorageStats; readonly watch: RoomWatch },
  o: StoreCallbacks,
): StorageCap {
  const { capOvershootBytesMax, diskReserveBytes } = limits;
  const { openLogs, onNeedsRoom, onDiskShort } = o;
  return new StorageCap({
    bytesMax: storageBytesMax,
    whenFull,
    overshootBytesMax: capOvershootBytesMax,
    diskReserveBytes,
    openLogs,
    stats,
    onNeedsRoom,
    onDiskShort,
    watch,
  });
}
