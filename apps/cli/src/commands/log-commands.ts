import type { Command } from 'commander';
import { argumentParser } from '../argument-parser.ts';
import type { GlobalOptions } from '../command-context.ts';
import { addExamples } from '../examples.ts';
import { parseWholeNumber } from '../input/whole-number.ts';
import type { ProgramHost } from '../program-host.ts';
import type { LogDumpOptions } from './log-dump.ts';
import type { LogRepairOptions } from './log-repair.ts';

const countParser = argumentParser((text: string) => parseWholeNumber(text, { min: 0, max: Number.MAX_SAFE_INTEGER }));

/** `q log …`: definitions only, see `createProgram`. */
export function addLogCommands(program: Command, host: ProgramHost): void {
  const log = program.command('log').description('look into segment files and partition folders, without a broker');
  addDump(log, host);
  addVerify(log, host);
  addRepair(log, host);
}

function addDump(log: Command, host: ProgramHost): void {
  const dump = log
    .command('dump <path...>')
    .description('show the batches, or records, of segment files, and what is damaged between them')
    .option('-r, --records', 'show each record with its time, key, value and headers')
    .option('-f, --format <format>', 'with --records: how to write one, as for q consume (default: %o %D %k %v\\n)')
    .option('--from <offset>', 'leave out what lies wholly before this offset', countParser)
    .option('-n, --count <count>', 'stop after so many batches or records', countParser);
  addExamples(dump, [
    ['q log dump data/orders-0/00000000000000000000.log'],
    ['q log dump data/orders-0 --records --json | q produce orders-saved --json', 'what can be read of a partition'],
  ]).action((paths: string[], _options: unknown, command: Command) =>
    host.run(() =>
      import('./log-dump.ts').then(({ dumpLogs }) =>
        dumpLogs(host.context, paths, command.optsWithGlobals<LogDumpOptions>()),
      ),
    ),
  );
}

function addVerify(log: Command, host: ProgramHost): void {
  const verify = log
    .command('verify <path...>')
    .description('check every byte of segment files, partition folders or a data folder');
  addExamples(verify, [['q log verify data'], ['q log verify data/orders-0 --json']]).action(
    (paths: string[], _options: unknown, command: Command) =>
      host.run(() =>
        import('./log-verify.ts').then(({ verifyLogs }) =>
          verifyLogs(host.context, paths, command.optsWithGlobals<GlobalOptions>()),
        ),
      ),
  );
}

function addRepair(log: Command, host: ProgramHost): void {
  const repair = log
    .command('repair <partition-folder>')
    .description('take damaged bytes out of a partition that is set aside: a preview, unless --execute is given')
    .option('--dry-run', 'only say what would be lost (the default)')
    .option('--execute', 'do it; the broker must be stopped');
  addExamples(repair, [
    ['q log repair data/orders-0'],
    ['q log repair data/orders-0 --execute', 'the damaged bytes are kept in .aside files'],
  ]).action((path: string, _options: unknown, command: Command) =>
    host.run(() =>
      import('./log-repair.ts').then(({ repairLog }) =>
        repairLog(host.context, path, command.optsWithGlobals<LogRepairOptions>()),
      ),
    ),
  );
}
