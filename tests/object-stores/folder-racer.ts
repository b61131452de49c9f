/*
 * One of several processes that create the same names in one folder, as fast as they can.
 *
 *   node folder-racer.ts <folder> <racer> <names>
 *
 * Writes `ready`, waits for a byte, and writes a line for each name: `<number> <outcome>`.
 */
import { readSync, writeSync } from 'node:fs';
import { openObjectStore } from '@q/cluster';
import { nodeClock } from '@q/storage';

const [folder = '', racer = '', count = ''] = process.argv.slice(2);
const store = openObjectStore(`folder:${folder}`, { clock: nodeClock });
// Large enough that half of it would be seen.
const body = Buffer.alloc(100_000, racer);
writeSync(1, 'ready\n');
readSync(0, Buffer.alloc(1));
const numbers = Array.from({ length: Number(count) }, (_, n) => n);
// Whoever is a step behind stays so, and wins nothing: one comes towards the others.
if (racer === 'c') numbers.reverse();
for (const n of numbers) {
  const { outcome } = await store.create(`race/${n}`, body, { timeoutMs: 60_000 });
  // At once: what was told before a kill counts.
  writeSync(1, `${n} ${outcome}\n`);
}
