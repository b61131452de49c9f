import type { BackupFolder } from '@q/storage';
import { isTerminal } from '../command-context.ts';
import type { CommandContext, GlobalOptions } from '../command-context.ts';
import { ExitCode } from '../exit-code.ts';
import { formatJson } from '../output/json.ts';
import { backupFolder, damagedLine, onFiles } from './backup-facts.ts';

export interface BackupPruneOptions extends GlobalOptions {
  readonly keep: number;
  readonly dryRun?: boolean;
}

export async function pruneBackups(
  context: CommandContext,
  path: string,
  options: BackupPruneOptions,
): Promise<ExitCode> {
  const folder = backupFolder(path);
  const dryRun = options.dryRun === true;
  const removed = await onFiles(async () => {
    const ids = await older(context, folder, options.keep);
    if (!dryRun && ids.length > 0) await folder.remove(ids);
    return ids;
  });
  if (options.json === true) context.stdout.write(formatJson({ removed, dryRun }, isTerminal(context.stdout)));
  else {
    const what = dryRun ? 'would be removed' : 'removed';
    context.stdout.write(
      removed.length === 0 ? 'nothing to remove\n' : removed.map((id) => `${what}\t${id}\n`).join(''),
    );
  }
  return ExitCode.ok;
}

/**
 * Those before the newest that stay. A damaged one counts for nothing: the last good one must not go for its sake. It
 * goes itself when enough good ones have followed.
 */
async function older(context: CommandContext, folder: BackupFolder, keep: number): Promise<string[]> {
  const ids = await folder.list();
  let good = 0;
  for (const [index, id] of [...ids.entries()].toReversed()) {
    if ((await folder.readUndamaged(id)) === null) context.stderr.write(`${damagedLine(id)}; it does not count\n`);
    else good += 1;
    if (good === keep) return ids.slice(0, index);
  }
  return [];
}
