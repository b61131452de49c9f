import type { Command } from 'commander';
import { argumentParser } from '../argument-parser.ts';
import type { GlobalOptions } from '../command-context.ts';
import { addExamples } from '../examples.ts';
import { parseWholeNumber } from '../input/whole-number.ts';
import type { ProgramHost } from '../program-host.ts';
import type { BackupCreateOptions } from './backup-create.ts';
import type { BackupPruneOptions } from './backup-prune.ts';
import type { BackupRestoreOptions } from './backup-restore.ts';
import type { BackupVerifyOptions } from './backup-verify.ts';

const keepParser = argumentParser((text: string) => parseWholeNumber(text, { min: 1, max: Number.MAX_SAFE_INTEGER }));
const whichHelp = 'which backup of the folder (default: the newest)';

/** `q backup …`: definitions only, see `createProgram`. */
export function addBackupCommands(program: Command, host: ProgramHost): void {
  const backup = program.command('backup').description('back up a running broker; check, restore and remove backups');
  addCreate(backup, host);
  addList(backup, host);
  addVerify(backup, host);
  addRestore(backup, host);
  addPrune(backup, host);
}

function addCreate(backup: Command, host: ProgramHost): void {
  const create = backup
    .command('create <to>')
    .description('back up the running broker to a folder, or as a tar to -; the next one adds what is new')
    .option('--full', 'copy everything again, whatever the folder has');
  addExamples(create, [
    ['q backup create /srv/backup'],
    ['q backup create - | zstd > q.tar.zst', 'a tar; what it is piped to compresses or encrypts'],
  ]).action((to: string, _options: unknown, command: Command) =>
    host.run(() =>
      import('./backup-create.ts').then(({ createBackup }) =>
        createBackup(host.context, to, command.optsWithGlobals<BackupCreateOptions>()),
      ),
    ),
  );
}

function addList(backup: Command, host: ProgramHost): void {
  const list = backup.command('list <folder>').description('show the backups in a folder');
  addExamples(list, [['q backup list /srv/backup'], ['q backup list /srv/backup --json | jq -r .[-1].id']]).action(
    (folder: string, _options: unknown, command: Command) =>
      host.run(() =>
        import('./backup-list.ts').then(({ listBackups }) =>
          listBackups(host.context, folder, command.optsWithGlobals<GlobalOptions>()),
        ),
      ),
  );
}

function addVerify(backup: Command, host: ProgramHost): void {
  const verify = backup
    .command('verify <from>')
    .description('check every byte of a backup, in a folder or as a tar from -')
    .option('--backup <id>', whichHelp);
  addExamples(verify, [
    ['q backup verify /srv/backup', 'checksums, and the CRC and offset of every batch'],
    ['zstd -dc q.tar.zst | q backup verify -', 'checksums; a restore checks the batches'],
  ]).action((from: string, _options: unknown, command: Command) =>
    host.run(() =>
      import('./backup-verify.ts').then(({ verifyBackup }) =>
        verifyBackup(host.context, from, command.optsWithGlobals<BackupVerifyOptions>()),
      ),
    ),
  );
}

function addRestore(backup: Command, host: ProgramHost): void {
  const restore = backup
    .command('restore <from> <data-dir>')
    .description('make an empty data folder the one that was backed up, from a folder or a tar from -')
    .option('--backup <id>', whichHelp)
    .option('--as-new', 'with a cluster id of its own: to run beside the broker that was backed up');
  addExamples(restore, [
    ['q backup restore /srv/backup /var/lib/q'],
    ['zstd -dc q.tar.zst | q backup restore - ./copy --as-new'],
  ]).action((from: string, dataDir: string, _options: unknown, command: Command) =>
    host.run(() =>
      import('./backup-restore.ts').then(({ restore: run }) =>
        run(host.context, { from, dataDir }, command.optsWithGlobals<BackupRestoreOptions>()),
      ),
    ),
  );
}

function addPrune(backup: Command, host: ProgramHost): void {
  const prune = backup
    .command('prune <folder>')
    .description('remove the oldest backups of a folder, and the files that no other one needs')
    .requiredOption('--keep <count>', 'how many of the newest stay', keepParser)
    .option('--dry-run', 'only say what would be removed');
  addExamples(prune, [
    ['q backup prune /srv/backup --keep 7 --dry-run'],
    ['q backup create /srv/backup && q backup prune /srv/backup --keep 7', 'for a timer'],
  ]).action((folder: string, _options: unknown, command: Command) =>
    host.run(() =>
      import('./backup-prune.ts').then(({ pruneBackups }) =>
        pruneBackups(host.context, folder, command.optsWithGlobals<BackupPruneOptions>()),
      ),
    ),
  );
}
