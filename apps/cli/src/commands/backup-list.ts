import { isTerminal } from '../command-context.ts';
import type { CommandContext, GlobalOptions } from '../command-context.ts';
import { ExitCode } from '../exit-code.ts';
import { formatJson } from '../output/json.ts';
import { formatTable } from '../output/table.ts';
import { unitsOf } from '../output/units.ts';
import { backupFolder, factsOf, onFiles } from './backup-facts.ts';

export async function listBackups(context: CommandContext, path: string, options: GlobalOptions): Promise<ExitCode> {
  const folder = backupFolder(path);
  const found = await onFiles(async () => {
    const facts = [];
    for (const id of await folder.list()) facts.push(factsOf(await folder.read(id)));
    return facts;
  });
  if (options.json === true) {
    context.stdout.write(formatJson(found, isTerminal(context.stdout)));
    return ExitCode.ok;
  }
  if (found.length === 0 && isTerminal(context.stdout)) {
    context.stderr.write(`no backups in ${path}\n`);
    return ExitCode.ok;
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
  return ExitCode.ok;
}
