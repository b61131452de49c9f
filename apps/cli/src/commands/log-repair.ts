import { nodeFileSystem, planRepair, repairPartition } from '@q/storage';
import type { RepairPlan } from '@q/storage';
import { isTerminal } from '../command-context.ts';
import type { CommandContext, GlobalOptions } from '../command-context.ts';
import { usageError } from '../command-error.ts';
import { ExitCode } from '../exit-code.ts';
import { counted } from '../output/counted.ts';
import { formatJson } from '../output/json.ts';
import { unitsOf } from '../output/units.ts';
import type { Units } from '../output/units.ts';
import { fileError } from './stored-partitions.ts';

export interface LogRepairOptions extends GlobalOptions {
  readonly dryRun?: boolean;
  readonly execute?: boolean;
}

/** A preview, unless it is told to do it: what is lost is lost for good. */
export async function repairLog(context: CommandContext, path: string, options: LogRepairOptions): Promise<ExitCode> {
  const executed = options.execute === true;
  if (executed && options.dryRun === true) throw usageError('--dry-run and --execute cannot both be meant');
  const plan = await (executed ? repairPartition : planRepair)(nodeFileSystem, path).catch((error: unknown) => {
    throw fileError(error);
  });
  context.stdout.write(
    options.json === true
      ? formatJson(factsOf(plan, executed), isTerminal(context.stdout))
      : inWords(plan, executed, unitsOf(options)),
  );
  return ExitCode.ok;
}

function factsOf({ partition, losses, records, startOffset, endOffset, aside }: RepairPlan, executed: boolean): object {
  const { topic, partition: index, directory } = partition;
  const lost = losses.reduce((sum, { fromOffset, toOffset }) => sum + toOffset - fromOffset, 0);
  return {
    topic,
    partition: index,
    directory,
    executed,
    losses,
    lostOffsets: lost,
    recordsKept: records,
    startOffset,
    endOffset,
    aside,
  };
}

function inWords(plan: RepairPlan, executed: boolean, units: Units): string {
  const { partition, losses, records, aside, endOffset } = plan;
  const name = `${partition.topic}-${partition.partition}`;
  if (losses.length === 0) return `${name} is not damaged; ${counted(units.count(records), 'record')}\n`;
  const lost = losses.reduce((sum, { fromOffset, toOffset }) => sum + toOffset - fromOffset, 0);
  const lines = losses.map(({ file, position, endPosition, fromOffset, toOffset, reason }) => {
    const offsets =
      fromOffset === toOffset ? `behind offset ${fromOffset - 1}` : `offsets ${fromOffset}-${toOffset - 1}`;
    const bytes = endPosition > position ? `bytes ${position} to ${endPosition}` : `at byte ${position}`;
    return `  ${offsets}, ${bytes} of ${file}: ${reason}\n`;
  });
  const [are, stay, goes] = executed ? ['are', 'stay', 'was'] : ['would be', 'would stay', 'would be'];
  const kept = aside.map((path) => `  the bytes from there on ${goes} kept in ${path}\n`);
  const end = executed
    ? 'The partition opens with the next start of the broker.\n'
    : 'Nothing was changed. Back up the folder, then add --execute.\n';
  return [
    `${name}: at most ${counted(units.count(lost), 'record')} ${are} lost, ${units.count(records)} ${stay}; the end stays at offset ${endOffset}\n`,
    ...lines,
    ...kept,
    end,
  ].join('');
}
