/**
 * What the machine itself does meanwhile: a process with nothing but a file, beside the broker's. As often as the
 * honest client sends, it has a few bytes more to be written and synced, and whatever has come during one sync waits
 * for the next, as in the broker. When the disk or the host stands still, it does so here as well.
 */
import { open } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';
import { answerParent } from './child.ts';
import { everyMs } from './honest-rate.ts';
import { latencyOf } from './latency.ts';
import type { Latency } from './latency.ts';

const record = new Uint8Array(100);
/** The file begins anew then: hours of this must not fill a disk. */
const fileBytesMax = 1024 * 1024;

const file = await open(process.argv[2]!, 'w');
let position = 0;
let waiting: number[] = [];
let syncing: Promise<void> | undefined;
let tookMs: number[] = [];

void (async () => {
  for (;;) {
    waiting.push(performance.now());
    syncing ??= syncAll().finally(() => (syncing = undefined));
    await pause(everyMs);
  }
})();

answerParent({ latencies });

/** Since the last time that it was asked. */
function latencies(): Latency {
  const found = latencyOf(tookMs);
  tookMs = [];
  return found;
}

async function syncAll(): Promise<void> {
  while (waiting.length > 0) {
    const round = waiting;
    waiting = [];
    await file.write(record, 0, record.length, position);
    await file.datasync();
    position = (position + record.length) % fileBytesMax;
    const now = performance.now();
    for (const startedAt of round) tookMs.push(now - startedAt);
  }
}
