import type { Probe } from './probe.ts';
import type { StoreLatency } from './store-report.ts';

const measured: readonly { readonly sizeBytes: number; readonly count: number }[] = [
  { sizeBytes: 65_536, count: 20 },
  { sizeBytes: 1_048_576, count: 10 },
];

/** How long a PUT takes, one after another. What fails is not counted. */
export async function measureLatencies(probe: Probe): Promise<StoreLatency[]> {
  const found: StoreLatency[] = [];
  for (const { sizeBytes, count } of measured) {
    const times: number[] = [];
    const body = Buffer.alloc(sizeBytes, 'q');
    for (let n = 0; n < count; n += 1) {
      const name = probe.name(`put-${sizeBytes}-${n}`);
      const beginMs = probe.clock.monotonic();
      const { outcome } = await probe.store.create(name, body, probe.call);
      if (outcome === 'created') times.push(probe.clock.monotonic() - beginMs);
    }
    times.sort((a, b) => a - b);
    const [medianMs, maxMs] = [times[Math.floor(times.length / 2)], times.at(-1)];
    if (medianMs !== undefined && maxMs !== undefined) found.push({ sizeBytes, count: times.length, medianMs, maxMs });
  }
  return found;
}
