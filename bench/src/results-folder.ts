import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { KafkaReport } from './kafka/report.ts';
import { markdownReport } from './markdown-report.ts';
import type { MixedReport } from './mixed/main.ts';
import type { PairedRow } from './pairs/compare.ts';
import type { PeersReport } from './peers/report.ts';
import type { Results } from './report.ts';

const resultsFolder = fileURLToPath(new URL('../results', import.meta.url));

/**
 * Writes JSON, report and plots to the run's own folder, named after its time. Returns the folder's path in the
 * repository.
 */
export async function writeRun(found: Results): Promise<string> {
  const name = found.at.replaceAll(/[:.]/g, '-');
  await writeReport(found, join(resultsFolder, name));
  await writeJson(found, join(resultsFolder, name, 'results.json'));
  return `bench/results/${name}`;
}

/** The same for a comparison with other logs. */
export function writePeers({ report, markdown }: { report: PeersReport; markdown: string }): Promise<string> {
  return writeNamed('peers', report, markdown);
}

/** The same for the door for Kafka clients. */
export function writeKafka({ report, markdown }: { report: KafkaReport; markdown: string }): Promise<string> {
  return writeNamed('kafka', report, markdown);
}

async function writeNamed(kind: string, report: PeersReport | KafkaReport, markdown: string): Promise<string> {
  const name = `${kind}-${new Date().toISOString().replaceAll(/[:.]/g, '-')}`;
  const folder = join(resultsFolder, name);
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'report.md'), markdown);
  await writeJson(report, join(folder, 'results.json'));
  return `bench/results/${name}`;
}

/** What a mixed load did to memory. */
export async function writeMixed(report: MixedReport): Promise<string> {
  const name = `mixed-${report.at.replaceAll(/[:.]/g, '-')}`;
  await mkdir(join(resultsFolder, name), { recursive: true });
  await writeJson(report, join(resultsFolder, name, 'results.json'));
  return `bench/results/${name}`;
}

export async function writeJson(
  found: Results | PeersReport | KafkaReport | MixedReport | readonly PairedRow[],
  file: string,
): Promise<void> {
  await writeFile(file, `${JSON.stringify(found, null, 2)}\n`);
}

/** `report.md` and its plots beside it. */
export async function writeReport(found: Results, folder: string): Promise<void> {
  const { markdown, plots } = markdownReport(found);
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'report.md'), markdown);
  for (const { file, svg } of plots) await writeFile(join(folder, file), svg);
}
