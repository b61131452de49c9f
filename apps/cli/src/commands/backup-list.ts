import { isTerminal } from '../command-context.ts';
import type { CommandContext, GlobalOptions } from '../command-context.ts';
import { ExitCode } from '../exit-code.ts';
import { formatJson } from '../output/json.ts';
import { formatTable } from '../output/table.ts';
import { unitsOf } from '../output/units.ts';
import { backupFolder, damagedLine, factsOf, onFiles } from './backup-facts.ts';
import type { BackupFacts } from './backup-facts.ts';

export async function listBackups(context: CommandContext, path: string, options: GlobalOptions): Promise<ExitCode> {
  const folder = backupFolder(path);
  const found: BackupFacts[] = [];
  const damaged: string[] = [];
  await onFiles(async () => {
    for (const id of await folder.list()) {
      const manifest = await folder.readUndamaged(id);
      if (manifest === null) damaged.push(id);
      else found.push(factsOf(manifest));
    }
  });
  await show(context, { path, found, isEmpty: found.length + damaged.length === 0 }, options);
  context.stderr.write(damaged.map((id) => `${damagedLine(id)}\n`).join(''));
  return damaged.length === 0 ? ExitCode.ok : ExitCode.failure;
}

async function show(
  context: CommandContext,
  {
    path,
    found,
    isEmpty,
  }: { readonly path: string; readonly found: readonly BackupFacts[]; readonly isEmpty: boolean },
  options: GlobalOptions,
): Promise<void> {
  if (options.json === true) {
    context.stdout.write(formatJson(found, isTerminal(context.stdout)));
    return;
  }
  if (isEmpty && isTerminal(context.stdout)) {
    context.stderr.write(`no backups in ${path}\n`);
    return;
  }
  const units = unitsOf(options);
  const columns = [
    { title: 'backup' },
    { title: 'partitions', align: 'right' },
    { title: 'offsets', align: 'right' },
    { title: 'size', align: 'right' },
    { title: 'new', align: 'right' },
    { title: 'incomplete', align: 'right' },
  ] as const;
  const rows = found.map(({ id, partitions, offsets, bytes, newBytes, incomplete }) => [
    id,
    units.count(partitions),
    units.count(offsets),
    units.bytes(bytes),
    units.bytes(newBytes),
    incomplete === 0 ? '' : units.count(incomplete),
  ]);
  context.stdout.write(await formatTable(columns, rows, context.stdout));
}
