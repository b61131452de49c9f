import { writeSync } from 'node:fs';
import { workerData } from 'node:worker_threads';
import type { WatchdogData } from './watchdog.ts';

const { beats, secondsMax, command } = workerData as WatchdogData;
// A thread of its own: one that is caught in promises or in a loop runs no timer.
for (;;) {
  const beat = Atomics.load(beats, 0);
  if (Atomics.wait(beats, 0, beat, secondsMax * 1_000) === 'timed-out' && Atomics.load(beats, 1) >= 0) end();
}

function end(): never {
  writeSync(2, `a run did not end within ${secondsMax} s: ${command} ${Atomics.load(beats, 1)}\n`);
  process.kill(process.pid, 'SIGKILL');
  throw new Error('it is still here');
}
