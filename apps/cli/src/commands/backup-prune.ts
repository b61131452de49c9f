import { isTerminal } from '../command-context.ts';
import type { CommandContext, GlobalOptions } from '../command-context.ts';
import { ExitCode } from '../exit-code.ts';
import { formatJson } from '../output/json.ts';
import { backupFolder, onFiles } from './backup-facts.ts';

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
    const ids = (await folder.list()).slice(0, -options.keep);
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
