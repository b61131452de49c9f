import { batchRecordsCount } from '@q/protocol';
import { knownOffsets, nodeFileSystem, walkPartition } from '@q/storage';
import type { DamagedStretch, Finding, StoredPartition, WalkSummary } from '@q/storage';
import { isTerminal } from '../command-context.ts';
import type { CommandContext, GlobalOptions } from '../command-context.ts';
import { ExitCode } from '../exit-code.ts';
import { counted } from '../output/counted.ts';
import { damageJson, damageText } from '../output/batch-format.ts';
import { Progress } from '../output/progress.ts';
import { unitsOf } from '../output/units.ts';
import { storedPartitions } from './stored-partitions.ts';

/** Damaged places beyond so many are counted, not shown. */
const damagesShownMax = 20;

interface Verified {
  readonly partition: StoredPartition;
  readonly summary: WalkSummary;
  readonly damages: readonly (Finding & DamagedStretch)[];
}

/** Checks everything, and writes a line for each partition as soon as it is known. */
export async function verifyLogs(
  context: CommandContext,
  paths: readonly string[],
  options: GlobalOptions,
): Promise<ExitCode> {
  const partitions = await storedPartitions(paths);
  const shown = isTerminal(context.stderr) ? (text: string) => void context.stderr.write(text) : null;
  const progress = new Progress(shown);
  const total = { records: 0, bytes: 0 };
  let damaged = 0;
  for (const partition of partitions) {
    const isWhole = !paths.includes(partition.segments[0]?.path ?? '');
    const verified = await verify(partition, { context, progress, total, isWhole });
    if (verified === null) return ExitCode.interrupted;
    damaged += Number(verified.summary.damages > 0);
    progress.clear();
    context.stdout.write(options.json === true ? inJson(verified) : inWords(verified, options));
  }
  if (options.json !== true && partitions.length > 1) context.stdout.write(conclusion(partitions.length, damaged));
  return damaged > 0 ? ExitCode.failure : ExitCode.ok;
}

/** Null when it was interrupted. */
async function verify(
  partition: StoredPartition,
  o: {
    context: CommandContext;
    progress: Progress;
    total: { records: number; bytes: number };
    isWhole: boolean;
  },
): Promise<Verified | null> {
  const damages: (Finding & DamagedStretch)[] = [];
  // Of a single file nobody can say what lies before and behind it.
  const known = o.isWhole ? await knownOffsets(nodeFileSystem, partition) : {};
  const walk = walkPartition(nodeFileSystem, partition, known);
  for (;;) {
    const step = await walk.next();
    if (step.done === true) return { partition, summary: step.value, damages };
    if (o.context.interrupt.aborted) return null;
    const { value } = step;
    if (value.kind === 'damage') {
      if (damages.length < damagesShownMax) damages.push(value);
      continue;
    }
    o.total.records += batchRecordsCount(value.batch);
    o.total.bytes += value.batch.length;
    o.progress.update(o.total);
  }
}

function nameOf({ topic, partition, directory, segments }: StoredPartition): string {
  if (segments.length === 1 && segments[0] !== undefined) return segments[0].path;
  return topic === null ? directory : `${topic}-${partition}`;
}

function inWords({ partition, summary, damages }: Verified, options: GlobalOptions): string {
  const units = unitsOf(options);
  const { startOffset, endOffset, segments, batches, records, bytes } = summary;
  const state = summary.damages === 0 ? 'ok' : 'DAMAGED';
  const offsets = startOffset === endOffset ? `empty at ${endOffset}` : `offsets ${startOffset}-${endOffset - 1}`;
  const counts = [
    batches === 1 ? '1 batch' : `${units.count(batches)} batches`,
    counted(units.count(records), 'record'),
    units.bytes(bytes),
    counted(`${segments}`, 'segment'),
  ].join(', ');
  const line = `${state}\t${nameOf(partition)}\t${offsets}\t${counts}\n`;
  const more = summary.damages > damages.length ? `  and ${summary.damages - damages.length} more\n` : '';
  return line + damages.map((damage) => `${damageText(damage).trimEnd()} (${damage.segment.path})\n`).join('') + more;
}

function inJson({ partition: { directory, topic, partition }, summary, damages }: Verified): string {
  const { damages: damageCount, ...counts } = summary;
  const shown = damages.map((damage) => JSON.parse(damageJson(damage)) as unknown);
  return `${JSON.stringify({ directory, topic, partition, ok: damageCount === 0, ...counts, damageCount, damages: shown })}\n`;
}

function conclusion(partitions: number, damaged: number): string {
  return damaged === 0
    ? `all ${partitions} partitions are whole\n`
    : `${damaged} of ${partitions} partitions are damaged\n`;
}
