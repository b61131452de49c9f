import { once } from 'node:events';
import type { Writable } from 'node:stream';
import { checkTar, encodeManifest } from '@q/storage';
import type { BackupFolder, Manifest } from '@q/storage';
import type { AdminApi } from '../admin/admin-api.ts';
import { withAdmin } from '../admin-call.ts';
import { isTerminal } from '../command-context.ts';
import type { CommandContext, GlobalOptions } from '../command-context.ts';
import { CommandError, usageError } from '../command-error.ts';
import { ExitCode } from '../exit-code.ts';
import { formatJson } from '../output/json.ts';
import { formatFacts } from '../output/table.ts';
import { unitsOf } from '../output/units.ts';
import { backupFolder, ByteCount, damagedLine, factsOf, onFiles, troubles } from './backup-facts.ts';
import { fileError } from './stored-partitions.ts';

export interface BackupCreateOptions extends GlobalOptions {
  readonly full?: boolean;
}

const path = '/api/v1/backup';

/** Exit code 1 also where the backup is good but lacks some of a damaged partition: somebody has to see to it. */
export async function createBackup(
  context: CommandContext,
  to: string,
  options: BackupCreateOptions,
): Promise<ExitCode> {
  if (to === '-' && isTerminal(context.stdout))
    throw usageError('a tar on a terminal helps nobody; send standard output to a file or another program');
  const count = new ByteCount(context, 'backup');
  const manifest = await withAdmin(context, options, (admin) =>
    to === '-' ? toStream(context, admin, count) : toFolder(context, backupFolder(to), { admin, count, options }),
  ).finally(() => count.clear());
  // Of a tar only it is on standard output.
  report(manifest, { context, output: to === '-' ? context.stderr : context.stdout, options });
  return troubles(manifest) === '' ? ExitCode.ok : ExitCode.failure;
}

async function toFolder(
  context: CommandContext,
  folder: BackupFolder,
  { admin, count, options }: { admin: AdminApi; count: ByteCount; options: BackupCreateOptions },
): Promise<Manifest> {
  const earlier = options.full === true ? null : await onFiles(() => newestUndamaged(context, folder));
  try {
    return await folder.receive(
      admin.content(earlier === null ? { path } : { path, bytes: oneChunk(encodeManifest(earlier)) }),
      count.add,
    );
  } catch (error) {
    const failure = fileError(error);
    if (earlier === null || !(failure instanceof CommandError) || failure.code !== 'CORRUPT_LOG') throw failure;
    const hint = 'If that stays, --full makes a backup that needs none of the earlier ones';
    throw new CommandError(failure.exitCode, failure.message, { cause: error, code: failure.code, hint });
  }
}

/** What the new backup adds to. A damaged one must not keep a timer from making backups, nor stay unseen. */
async function newestUndamaged(context: CommandContext, folder: BackupFolder): Promise<Manifest | null> {
  for (const id of (await folder.list()).toReversed()) {
    const manifest = await folder.readUndamaged(id);
    if (manifest !== null) return manifest;
    context.stderr.write(`${damagedLine(id)}; the new one does without it\n`);
  }
  return null;
}

async function* oneChunk(text: string): AsyncGenerator<Buffer, void> {
  yield Buffer.from(text);
}

async function toStream(context: CommandContext, admin: AdminApi, count: ByteCount): Promise<Manifest> {
  const { manifest, problems } = await checkTar(written(admin.content({ path }), context.stdout), count.add);
  const [problem] = problems;
  if (problem === undefined) return manifest;
  throw new CommandError(ExitCode.failure, `the tar is damaged: ${problem}`);
}

/** Passes on what it has written. */
async function* written(chunks: AsyncIterable<Buffer>, output: Writable): AsyncGenerator<Buffer, void> {
  for await (const chunk of chunks) {
    if (!output.write(chunk)) await once(output, 'drain');
    yield chunk;
  }
}

function report(
  manifest: Manifest,
  { context, output, options }: { context: CommandContext; output: Writable; options: GlobalOptions },
): void {
  const facts = factsOf(manifest);
  if (options.json === true) output.write(formatJson(facts, false));
  else {
    const units = unitsOf(options);
    const rows = [
      ['backup', facts.id],
      ['partitions', units.count(facts.partitions)],
      ['offsets', units.count(facts.offsets)],
      ['size', units.bytes(facts.bytes)],
      ['new', units.bytes(facts.newBytes)],
    ] as const;
    output.write(formatFacts(rows, isTerminal(context.stdout)));
  }
  context.stderr.write(troubles(manifest));
}
