import { Option } from 'commander';
import type { Command } from 'commander';
import { argumentParser } from '../argument-parser.ts';
import { usageError } from '../command-error.ts';
import { addExamples } from '../examples.ts';
import { escapesHelp, unescapeBytes } from '../input/escapes.ts';
import { offsetRangeHelp, parseOffsetRange } from '../input/offset-expression.ts';
import type { OffsetRange } from '../input/offset-expression.ts';
import { parsePair } from '../input/pairs.ts';
import { parsePartitionList } from '../input/partition-list.ts';
import { parseWholeNumber } from '../input/whole-number.ts';
import { compileRecordFormat, defaultRecordFormat, directives } from '../output/record-format.ts';
import type { ProgramHost } from '../program-host.ts';
import { codecs } from './codecs.ts';
import type { ConsumeOptions } from './consume-plan.ts';
import type { ProduceOptions } from './produce.ts';

/** `q produce` and `q consume`: definitions only, see `createProgram`. */
export function addRecordCommands(program: Command, host: ProgramHost): void {
  addProduce(program, host);
  addConsume(program, host);
}

function addProduce(program: Command, host: ProgramHost): void {
  const produce = program
    .command('produce <topic>')
    .description(
      'send each line of standard input, or of a file, as a record; with --json, as "q consume --json" has it',
    )
    .option('-f, --file <path>', 'read a file instead of standard input')
    .option('--delimiter <text>', `what ends a record instead of a newline (escapes: ${escapesHelp})`, delimiterParser)
    .option('-0, --null', 'a zero byte ends a record, as "find -print0" writes it')
    .option('--whole', 'all of the input is one record')
    .option('--lines', 'the input is lines, also with --json')
    .addOption(new Option('-k, --key <key>', 'key of every record').conflicts('keySeparator'))
    .option(
      '--key-separator <text>',
      `a line is key, this, value; at its first occurrence (escapes: ${escapesHelp}); a line without it has no key`,
      separatorParser,
    )
    .option(
      '-p, --partition <number>',
      'send everything to one partition',
      argumentParser((text: string) => parseWholeNumber(text, { min: 0, max: 2_147_483_647 })),
    )
    .option(
      '-H, --header <name=value>',
      'header of every record (repeatable, each name once)',
      argumentParser(parsePair),
    )
    .addOption(new Option('-z, --compression <codec>', 'compress batches').choices(codecs).default('none'))
    .option('--repartition', 'choose the partitions anew, whatever the records of --json say')
    .option('-Z, --tombstones', 'send an empty value as none at all, which deletes its key from a compacted topic')
    .action((name: string, _options: unknown, command: Command) =>
      host.run(() =>
        import('./produce.ts').then((loaded) =>
          loaded.produce(host.context, name, command.optsWithGlobals<ProduceOptions>()),
        ),
      ),
    );
  addExamples(produce, produceExamples);
}

function addConsume(program: Command, host: ProgramHost): void {
  const consume = program
    .command('consume <topic>')
    .description('write records to standard output, and wait for more')
    .addOption(
      new Option('-o, --offset <where>', `where to begin: ${offsetRangeHelp}`)
        .argParser(argumentParser((text: string) => parseOffsetRange(text)))
        .default({ from: { kind: 'start' }, to: null } satisfies OffsetRange, 'start'),
    )
    .option(
      '-g, --group <group>',
      'as a member of a group: it gives out the partitions, and what was written is committed; -o counts where nothing was',
    )
    .option(
      '-n, --count <count>',
      'stop after so many records',
      argumentParser((text: string) => parseWholeNumber(text, { min: 0, max: Number.MAX_SAFE_INTEGER })),
    )
    .option('-e, --exit', 'stop at the end that the partitions have now')
    .option(
      '-p, --partition <list>',
      'partitions such as 0 or 0,2-5 (repeatable; default: all)',
      argumentParser(parsePartitionList),
    )
    .option(
      '-f, --format <format>',
      `how to write a record, see below (default: ${defaultRecordFormat})`,
      argumentParser(checkedFormat),
    )
    .addOption(
      new Option(
        '--isolation <level>',
        'read_committed leaves out what is not committed yet or was aborted; read_uncommitted gives all',
      )
        .choices(['read_committed', 'read_uncommitted'])
        .default('read_committed'),
    )
    .addHelpText('after', consumeHelp)
    .action((name: string, _options: unknown, command: Command) =>
      host.run(() =>
        import('./consume.ts').then((loaded) =>
          loaded.consume(host.context, name, command.optsWithGlobals<ConsumeOptions>()),
        ),
      ),
    );
  addExamples(consume, consumeExamples);
}

const separatorParser = argumentParser((text: string): Buffer => {
  const separator = unescapeBytes(text);
  if (separator.length === 0)
    throw usageError('expected at least one character: every line would begin with a separator of none');
  return separator;
});

const delimiterParser = argumentParser((text: string): Buffer => {
  const delimiter = unescapeBytes(text);
  if (delimiter.length === 0) throw usageError('expected at least one character; --whole makes one record of it all');
  return delimiter;
});

/** Compiled again by the command; here only so that a mistake is found before anything else happens. */
function checkedFormat(text: string): string {
  compileRecordFormat(text);
  return text;
}

const produceExamples = [
  ['echo hello | q produce orders'],
  ["q produce orders -f events.tsv --key-separator '\\t' -z zstd"],
  ['q consume orders -e --json | q produce copy --json', 'everything, with keys, headers, times'],
  ['q produce pictures --whole --key cat -f cat.png', 'a file as one record'],
] as const;

const consumeHelp = `
Format:
${Object.entries(directives)
  .map(([name, { doc }]) => `  %${name}  ${doc}`)
  .join('\n')}
  Escapes: ${escapesHelp}`;

const consumeExamples = [
  ['q consume orders -o -10 -e', 'the last 10 offsets of each partition; markers of transactions count'],
  ["q consume orders -o @-1h -f '%T %k %v\\n'", 'the last hour, then whatever comes'],
  ['q consume orders -o 100:200 -p 0 --json', 'offsets 100 to 199 of partition 0'],
  ['q consume orders -g billing', 'what the group billing has not handled yet'],
] as const;
