import { emptySummary } from './histogram.ts';
import type { Summary } from './histogram.ts';
import type { LoopDelay } from './loop-delay.ts';

// Not by `import`, which would read every export of the module at start.
const { monitorEventLoopDelay } = process.getBuiltinModule('node:perf_hooks');

/** Ten looks a second: an idle broker pays about 20 microseconds of processor time for them. */
const resolutionMs = 100;
const microsOf = (nanos: number): number => Math.max(0, Math.round(nanos / 1000) - resolutionMs * 1000);

/** Node's own, which runs outside of JavaScript. What it gives includes the time between two looks. */
export function nodeLoopDelay(): LoopDelay {
  const delays = monitorEventLoopDelay({ resolution: resolutionMs });
  delays.enable();
  return {
    take: (): Summary => {
      if (delays.count === 0) return emptySummary;
      const { count } = delays;
      const [p50, p99, p999] = [50, 99, 99.9].map((percent) => microsOf(delays.percentile(percent)));
      const taken = {
        count,
        total: microsOf(delays.mean) * count,
        p50: p50!,
        p99: p99!,
        p999: p999!,
        max: microsOf(delays.max),
      };
      delays.reset();
      return taken;
    },
    stop: () => void delays.disable(),
  };
}
