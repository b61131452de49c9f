import { checkTar, verifyPartition } from '@q/storage';
import type { ManifestPartition, VerifiedPartition } from '@q/storage';
import { isTerminal } from '../command-context.ts';
import type { CommandContext, GlobalOptions } from '../command-context.ts';
import { usageError } from '../command-error.ts';
import { ExitCode } from '../exit-code.ts';
import { counted } from '../output/counted.ts';
import { formatJson } from '../output/json.ts';
import { unitsOf } from '../output/units.ts';
import { backupFolder, ByteCount, factsOf, onFiles } from './backup-facts.ts';

export interface BackupVerifyOptions extends GlobalOptions {
  readonly backup?: string;
}

/** A line for each partition as soon as it is known. */
export async function verifyBackup(
  context: CommandContext,
  from: string,
  options: BackupVerifyOptions,
): Promise<ExitCode> {
  if (from === '-') return await verifyStream(context, options);
  const folder = backupFolder(from);
  const { head, partitions } = await onFiles(() => folder.read(options.backup));
  const count = new ByteCount(context, 'verify');
  let bad = 0;
  for (const partition of partitions) {
    if (context.interrupt.aborted) return ExitCode.interrupted;
    const verified = await onFiles(() => verifyPartition(folder, partition, count.add));
    bad += Number(verified.problems.length > 0);
    count.clear();
    context.stdout.write(options.json === true ? inJson(partition, verified) : inWords(partition, verified, options));
  }
  if (options.json !== true) context.stdout.write(conclusion(head.id, { partitions: partitions.length, bad }));
  return bad === 0 ? ExitCode.ok : ExitCode.failure;
}

async function verifyStream(context: CommandContext, options: BackupVerifyOptions): Promise<ExitCode> {
  if (options.backup !== undefined) throw usageError('a tar has one backup; leave out --backup');
  const count = new ByteCount(context, 'verify');
  const { manifest, problems, elsewhere } = await onFiles(() =>
    checkTar(context.stdin as AsyncIterable<Uint8Array>, count.add),
  ).finally(() => count.clear());
  if (options.json === true)
    context.stdout.write(formatJson({ ...factsOf(manifest), problems, elsewhere }, isTerminal(context.stdout)));
  else {
    context.stdout.write(problems.map((problem) => `DAMAGED\t${problem}\n`).join(''));
    if (elsewhere > 0) context.stdout.write(`${elsewhere} files came with earlier backups, and are not in this tar\n`);
    context.stdout.write(
      problems.length === 0 ? `backup ${manifest.head.id} is whole\n` : `backup ${manifest.head.id} is damaged\n`,
    );
  }
  return problems.length === 0 ? ExitCode.ok : ExitCode.failure;
}

function inWords(partition: ManifestPartition, verified: VerifiedPartition, options: GlobalOptions): string {
  const { topic, partition: index, state, startOffset, readableOffset } = partition;
  const { problems, records, bytes } = verified;
  const units = unitsOf(options);
  const shown = problems.length > 0 ? 'DAMAGED' : state === 'whole' ? 'ok' : state;
  const offsets =
    startOffset === readableOffset ? `empty at ${startOffset}` : `offsets ${startOffset}-${readableOffset - 1}`;
  const line = `${shown}\t${topic}-${index}\t${offsets}\t${counted(units.count(records), 'record')}, ${units.bytes(bytes)}\n`;
  return line + problems.map((problem) => `  ${problem}\n`).join('');
}

function inJson(partition: ManifestPartition, { problems, records, bytes }: VerifiedPartition): string {
  const { topic, partition: index, state, startOffset, readableOffset, endOffset } = partition;
  const facts = { topic, partition: index, state, startOffset, readableOffset, endOffset, records, bytes };
  return `${JSON.stringify({ ...facts, ok: problems.length === 0, problems })}\n`;
}

function conclusion(id: string, { partitions, bad }: { partitions: number; bad: number }): string {
  return bad === 0 ? `backup ${id} is whole\n` : `backup ${id}: ${bad} of ${partitions} partitions are damaged\n`;
}
