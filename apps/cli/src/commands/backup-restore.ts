import { nodeFileSystem, restoreBackup, restoreTar } from '@q/storage';
import type { Manifest } from '@q/storage';
import { isTerminal } from '../command-context.ts';
import type { CommandContext, GlobalOptions } from '../command-context.ts';
import { usageError } from '../command-error.ts';
import { ExitCode } from '../exit-code.ts';
import { formatJson } from '../output/json.ts';
import { unitsOf } from '../output/units.ts';
import { backupFolder, ByteCount, factsOf, onFiles, troubles } from './backup-facts.ts';

export interface BackupRestoreOptions extends GlobalOptions {
  readonly backup?: string;
  readonly asNew?: boolean;
}

export async function restore(
  context: CommandContext,
  { from, dataDir }: { readonly from: string; readonly dataDir: string },
  options: BackupRestoreOptions,
): Promise<ExitCode> {
  if (from === '-' && options.backup !== undefined) throw usageError('a tar has one backup; leave out --backup');
  const count = new ByteCount(context, 'restore');
  const how = { directory: dataDir, asNew: options.asNew === true, signal: context.interrupt, onBytes: count.add };
  const manifest = await onFiles(async (): Promise<Manifest> => {
    if (from === '-')
      return await restoreTar(nodeFileSystem, { ...how, tar: context.stdin as AsyncIterable<Uint8Array> });
    const backup = backupFolder(from);
    const found = await backup.read(options.backup);
    await restoreBackup(nodeFileSystem, { ...how, backup, manifest: found });
    return found;
  }).finally(() => count.clear());
  const facts = factsOf(manifest);
  const units = unitsOf(options);
  if (options.json === true) context.stdout.write(formatJson({ ...facts, dataDir }, isTerminal(context.stdout)));
  else
    context.stdout.write(
      `restored backup ${facts.id} to ${dataDir}: ${units.count(facts.partitions)} partitions, ${units.bytes(facts.bytes)}; start a broker on it\n`,
    );
  context.stderr.write(troubles(manifest));
  return ExitCode.ok;
}
