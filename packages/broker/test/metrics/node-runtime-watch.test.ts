import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it, onTestFinished, vi } from 'vitest';
import { nodeRuntimeWatch } from '../../src/metrics/node-runtime-watch.ts';

it('M1 tells how long the event loop was blocked, without the time between two looks', async () => {
  const watch = nodeRuntimeWatch();
  onTestFinished(() => watch.stop());
  // Only what comes after the first look counts.
  await vi.waitFor(() => expect(watch.takeLoopDelay().count).toBeGreaterThan(0), { timeout: 5000 });
  // It is the machine's own clock that is looked at here.
  await sleep(250);
  const until = performance.now() + 400;
  while (performance.now() < until);
  await sleep(150);
  const { count, max, p50 } = watch.takeLoopDelay();
  expect(count).toBeGreaterThan(0);
  expect(max).toBeGreaterThan(250_000);
  expect(p50).toBeLessThan(250_000);
});

it('M1 counts collections of garbage', async () => {
  const watch = nodeRuntimeWatch();
  onTestFinished(() => watch.stop());
  const kept: unknown[] = [];
  await vi.waitFor(
    () => {
      for (let index = 0; index < 100_000; index += 1) kept[index % 1000] = { index };
      expect(watch.garbage!.collections).toBeGreaterThan(0);
    },
    { timeout: 10_000 },
  );
  expect(watch.garbage!.micros).toBeGreaterThan(0);
});
