/**
 * libuv's thread pool carries every file operation of the broker: the fdatasyncs of a group-commit round, reads of cold
 * segments, opening and deleting files, and asynchronous zlib. The default of 4 threads would let one round over four
 * partitions hold every thread for as long as the disk takes to sync, and each cold read would wait behind it.
 *
 * 24 is the 16 syncs that the storage has under way at most (`flushesInParallelMax`) and 8 for everything else. An idle
 * thread costs a few kilobytes, and these threads wait for the disk rather than use a core, so the number does not
 * follow the core count.
 */
export const threadPoolSize = 24;

/**
 * Must run before the first asynchronous file operation: libuv reads the variable once, when its pool starts.
 * A size that the operator chose is left alone.
 */
export function sizeThreadPool(env: NodeJS.ProcessEnv): void {
  env['UV_THREADPOOL_SIZE'] ??= String(threadPoolSize);
}
