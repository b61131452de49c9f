import type { Command } from 'commander';
import { argumentParser } from '../argument-parser.ts';
import type { GlobalOptions } from '../command-context.ts';
import { addExamples } from '../examples.ts';
import { parsePosition } from '../input/offset-expression.ts';
import { parsePartitionList } from '../input/partition-list.ts';
import { timeExpressionHelp } from '../input/time-expression.ts';
import { parseShift } from '../input/shift.ts';
import type { ProgramHost } from '../program-host.ts';
import type { GroupDeleteOptions } from './group-delete.ts';
import type { GroupListOptions } from './group-list.ts';
import type { GroupSeekOptions } from './group-seek.ts';
import { intervalOption } from './interval-option.ts';
import type { WatchOptions } from './watch-loop.ts';

const partitionsParser = argumentParser(parsePartitionList);

/** `q group …`: definitions only, see `createProgram`. */
export function addGroupCommands(program: Command, host: ProgramHost): void {
  const group = program
    .command('group')
    .description('list, describe and watch consumer groups, move and delete their offsets');
  addReaders(group, host);
  addWatch(group, host);
  addSeek(group, host);
  addDelete(group, host);
}

function addReaders(group: Command, host: ProgramHost): void {
  const list = group
    .command('list')
    .description('list consumer groups with their states, members and committed offsets')
    .option('--prefix <text>', 'only groups whose id begins so')
    .option('--lag', 'also the records that each is behind, which asks about one group after the other')
    .action((_options: unknown, command: Command) =>
      host.run(() =>
        import('./group-list.ts').then(({ listGroups }) =>
          listGroups(host.context, command.optsWithGlobals<GroupListOptions>()),
        ),
      ),
    );
  addExamples(list, [
    ['q group list --lag'],
    ["q group list --prefix billing --json | jq -r '.[].groupId'", 'their ids, for a program'],
  ]);
  const describe = group
    .command('describe <group>')
    .description(
      'show a group: its members, what they own and whether they stall; each partition with its offset, lag and progress',
    )
    .action((id: string, _options: unknown, command: Command) =>
      host.run(() =>
        import('./group-describe.ts').then(({ describeGroup }) =>
          describeGroup(host.context, id, command.optsWithGlobals<GlobalOptions>()),
        ),
      ),
    );
  addExamples(describe, [
    ['q group describe billing'],
    ['q group describe billing --json > billing.json', 'keeps the offsets, for "q group seek --from-file"'],
  ]);
}

function addWatch(group: Command, host: ProgramHost): void {
  const watch = group
    .command('watch <group>')
    .description(
      'follow the lag of a group with its trend, until Ctrl-C: redrawn on a terminal, else a line of JSON each time',
    )
    .addOption(intervalOption())
    .action((id: string, _options: unknown, command: Command) =>
      host.run(() =>
        import('./group-watch.ts').then(({ watchGroup }) =>
          watchGroup(host.context, id, command.optsWithGlobals<WatchOptions>()),
        ),
      ),
    );
  addExamples(watch, [
    ['q group watch billing'],
    ['q group watch billing --interval 10s | jq .lag', 'its lag, for a program'],
  ]);
}

function addSeek(group: Command, host: ProgramHost): void {
  const seek = group
    .command('seek <group>')
    .description('set where a group without members goes on: a preview, unless --execute is given')
    .option('-t, --topic <topic>', 'topic whose offsets are set (with --from-file: only this one of the file)')
    .option('-p, --partition <list>', 'partitions such as 0 or 0,2-5 (repeatable; default: all)', partitionsParser)
    .option(
      '--to <where>',
      `start, end, an offset, -N (the last N offsets of each partition; fewer records where some were compacted away), ${timeExpressionHelp}`,
      argumentParser((text: string) => parsePosition(text)),
    )
    .option(
      '--shift <records>',
      'so many offsets forward, or back with -N, as far as there are any',
      argumentParser((text: string) => parseShift(text)),
    )
    .option(
      '--from-file <path>',
      'offsets of a file, or of standard input for -: JSON as describe and seek write it, or lines of topic,partition,offset',
    )
    .option('--execute', 'set them, all or none')
    .action((id: string, _options: unknown, command: Command) =>
      host.run(() =>
        import('./group-seek.ts').then(({ seekGroup }) =>
          seekGroup(host.context, id, command.optsWithGlobals<GroupSeekOptions>()),
        ),
      ),
    );
  addExamples(seek, seekExamples);
}

function addDelete(group: Command, host: ProgramHost): void {
  const remove = group
    .command('delete <group>')
    .description('delete a group without members, with its offsets')
    .option('--offsets', 'only forget the offsets of a topic that no member wants; the group stays')
    .option('-t, --topic <topic>', 'with --offsets: of which topic')
    .option(
      '-p, --partition <list>',
      'with --offsets: of which partitions (repeatable; default: all)',
      partitionsParser,
    )
    .option('--force', 'do not ask')
    .action((id: string, _options: unknown, command: Command) =>
      host.run(() =>
        import('./group-delete.ts').then(({ deleteGroup }) =>
          deleteGroup(host.context, id, command.optsWithGlobals<GroupDeleteOptions>()),
        ),
      ),
    );
  addExamples(remove, [
    ['q group delete billing', 'asks first'],
    ['q group delete billing --offsets --topic orders --force', 'forgets only where it is in orders'],
  ]);
}

const seekExamples = [
  ['q group seek billing -t orders --to @-1h', 'where would it be an hour ago?'],
  ['q group seek billing -t orders -p 0 --shift -1 --execute', 'handle the last record of partition 0 again'],
  ['q group describe billing --json > billing.json', 'keep the offsets, and later'],
  ['q group seek billing --from-file billing.json --execute', 'go back to them'],
] as const;
