import { describe, expect, it } from 'vitest';
import { markdownReport } from '../src/markdown-report.ts';
import { profiles } from '../src/profile.ts';
import { formatReport } from '../src/report.ts';
import type { Results } from '../src/report.ts';
import { runScripted, scripted, scriptedCase } from './sample-results.ts';

const process = (
  name: string,
  cpuSeconds: number,
): { name: string; cpuSeconds: number; residentPeakBytes: number; readBytes: number } => ({
  name,
  cpuSeconds,
  residentPeakBytes: 5e7,
  readBytes: 0,
});

async function sampleRun(): Promise<Results> {
  const processes = [process('client', 0.5), process('server', 0.25)];
  const curves = { arrival: [50, 90, 99].map((percent) => ({ percent, ms: percent / 10 })) };
  const product = scripted('product', [
    { value: 700_000, details: { records: 1_000_000, p99Ms: 9.9 }, curves, processes },
    900_000,
  ]);
  const measured = await runScripted(
    scriptedCase([scripted('ceiling', [1_000_000, 1_000_000]), product], {
      name: '100 B, 1 part., fsync',
      group: 'produce',
    }),
    2,
  );
  const skipped = await runScripted(
    scriptedCase([scripted('product', [])], { name: 'cold | <reads>', whyNot: async () => 'only root may' }),
    1,
  );
  const machine = { cpuModel: 'A', cpuCount: 2, memoryGiB: 24, node: '26', kernel: '6', fileSystem: 'ext4' };
  return { at: '2026-11-24T12:00:00.000Z', machine, profile: profiles.quick, results: [...measured, ...skipped] };
}

describe('the report', () => {
  it('says what was measured, against what, what it cost, and which targets are reached', async () => {
    const { markdown, plots } = markdownReport(await sampleRun());
    expect(markdown).toContain(
      '| 100 B, 1 part., fsync | 1.00 M (1.00 M - 1.00 M) | 800 k (700 k - 900 k) | 0.80 (0.70 - 0.90) | 0.5 s, 50 MB | 0.3 s, 50 MB |',
    );
    expect(markdown).toContain(
      '| produce, 100 B, 1 partition, fsync: of the ingest ceiling | at least 0.70 | 0.80 (0.70 - 0.90) | reached |',
    );
    expect(markdown).toContain('| 100 B, 1 part., fsync | product | 0.50 s | 50 MB | 0.25 s | 50 MB | 750 ns |');
    expect(markdown).toContain('SKIPPED cold | <reads>: only root may');
    for (const { file } of plots) expect(markdown).toContain(`](${file})`);
    expect(plots.map(({ file }) => file)).toEqual(['produce-records-s.svg', 'produce-100-b-1-part-fsync-curves.svg']);
  });

  it('is the same after a round trip through JSON', async () => {
    const found = await sampleRun();
    const read = JSON.parse(JSON.stringify(found)) as Results;
    expect(formatReport(read)).toBe(formatReport(found));
    expect(markdownReport(read)).toEqual(markdownReport(found));
  });
});
