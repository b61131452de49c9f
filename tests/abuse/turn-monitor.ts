/**
 * Loaded into a broker before its program: measures, in processor time of the main thread, how long the event loop goes
 * from one look at its timers to the next. Unlike the clock on the wall this says the same on a machine that does other
 * work.
 *
 * After SIGUSR2 it begins anew, and writes what it has found to the error output, every second, as a line of JSON.
 */
const lookMs = 2;
const tellMs = 1_000;
const bucketMs = 1;
/** Turns by their milliseconds; the last bucket takes what is longer. */
let turns = new Uint32Array(1_000);
let maxMs = 0;
let last = cpuMs();

setInterval(() => {
  const now = cpuMs();
  const tookMs = now - last;
  last = now;
  maxMs = Math.max(maxMs, tookMs);
  turns[Math.min(turns.length - 1, Math.floor(tookMs / bucketMs))]! += 1;
}, lookMs).unref();

process.once('SIGUSR2', () => {
  turns = new Uint32Array(turns.length);
  maxMs = 0;
  last = cpuMs();
  setInterval(
    () => process.stderr.write(`${JSON.stringify({ turnP99Ms: percentile(0.99), turnMaxMs: Math.round(maxMs) })}\n`),
    tellMs,
  ).unref();
});

function cpuMs(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1000;
}

/** The upper end of the bucket that has it. */
function percentile(share: number): number {
  const total = turns.reduce((sum, count) => sum + count, 0);
  let seen = 0;
  const bucket = turns.findIndex((count) => (seen += count) >= total * share);
  return (bucket + 1) * bucketMs;
}
