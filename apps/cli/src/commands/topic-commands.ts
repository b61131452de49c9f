import type { Command } from 'commander';
import { argumentParser } from '../argument-parser.ts';
import type { GlobalOptions } from '../command-context.ts';
import { addExamples } from '../examples.ts';
import { parsePosition } from '../input/offset-expression.ts';
import { parsePair } from '../input/pairs.ts';
import { parsePartitionList } from '../input/partition-list.ts';
import { parseWholeNumber } from '../input/whole-number.ts';
import type { ProgramHost } from '../program-host.ts';
import type { TopicAddPartitionsOptions } from './topic-add-partitions.ts';
import type { TopicAlterOptions } from './topic-alter.ts';
import type { TopicCreateOptions } from './topic-create.ts';
import type { TopicDeleteOptions } from './topic-delete.ts';
import type { TopicListOptions } from './topic-list.ts';
import type { TopicReopenOptions } from './topic-reopen.ts';
import type { TopicTrimOptions } from './topic-trim.ts';

/** Only what the protocol can carry: how many are allowed is for the broker to say. */
const countParser = argumentParser((text: string) => parseWholeNumber(text, { min: 1, max: 2_147_483_647 }));
const settingParser = argumentParser(parsePair);
const partitionsParser = argumentParser(parsePartitionList);
const namesParser = argumentParser((name: string, earlier: string[] = []) => [...earlier, name]);
const dryRunHelp = 'only say what would be done, after the broker has checked it';

/** `q topic …`: definitions only, see `createProgram`. */
export function addTopicCommands(program: Command, host: ProgramHost): void {
  const topic = program.command('topic').description('create, list, describe, change and delete topics');
  addCreate(topic, host);
  addReaders(topic, host);
  addAlter(topic, host);
  addRemovers(topic, host);
}

function addCreate(topic: Command, host: ProgramHost): void {
  const create = topic
    .command('create <topic>')
    .description('create a topic')
    .option('-p, --partitions <count>', 'number of partitions (default: chosen by the broker)', countParser)
    .option(
      '-r, --replicas <count>',
      'copies of each partition (default: chosen by the broker)',
      argumentParser((text: string) => parseWholeNumber(text, { min: 1, max: 32_767 })),
    )
    .option(
      '-c, --config <name=value>',
      'setting of the topic, such as retention.ms=3600000 (repeatable)',
      settingParser,
    )
    .option(
      '--if-missing',
      'leave a topic that is there as it is; one with other partitions, replicas or settings is a failure',
    )
    .option('--dry-run', dryRunHelp)
    .action((name: string, _options: unknown, command: Command) =>
      host.run(() =>
        import('./topic-create.ts').then(({ createTopic }) =>
          createTopic(host.context, name, command.optsWithGlobals<TopicCreateOptions>()),
        ),
      ),
    );
  addExamples(create, [
    ['q topic create orders --partitions 8'],
    ['q topic create prices -c cleanup.policy=compact --if-missing', 'a table; nothing to do where it is there'],
  ]);
}

function addReaders(topic: Command, host: ProgramHost): void {
  const list = topic
    .command('list')
    .description('list topics with their partitions, messages and size')
    .option('--internal', 'also list the topics that the broker keeps for itself')
    .action((_options: unknown, command: Command) =>
      host.run(() =>
        import('./topic-list.ts').then(({ listTopics }) =>
          listTopics(host.context, command.optsWithGlobals<TopicListOptions>()),
        ),
      ),
    );
  addExamples(list, [['q topic list'], ["q topic list --json | jq -r '.[].name'", 'their names, for a program']]);
  const describe = topic
    .command('describe <topic>')
    .description(
      'show a topic: totals, settings, each partition with its start, end, segments and bytes, and who uses it',
    )
    .action((name: string, _options: unknown, command: Command) =>
      host.run(() =>
        import('./topic-describe.ts').then(({ describeTopic }) =>
          describeTopic(host.context, name, command.optsWithGlobals<GlobalOptions>()),
        ),
      ),
    );
  addExamples(describe, [
    ['q topic describe orders'],
    ["q topic describe orders --json | jq '.settings'", 'what is set, and where it comes from'],
  ]);
}

function addAlter(topic: Command, host: ProgramHost): void {
  const alter = topic
    .command('alter <topic>')
    .description('change settings of a topic')
    .option('-s, --set <name=value>', 'set a setting (repeatable)', settingParser)
    .option('-u, --unset <name>', 'go back to the default of a setting (repeatable)', namesParser)
    .option('--dry-run', dryRunHelp)
    .action((name: string, _options: unknown, command: Command) =>
      host.run(() =>
        import('./topic-alter.ts').then(({ alterTopic }) =>
          alterTopic(host.context, name, command.optsWithGlobals<TopicAlterOptions>()),
        ),
      ),
    );
  addExamples(alter, [
    ['q topic alter orders --set retention.ms=7d --set segment.bytes=256MB'],
    ['q topic alter orders --unset retention.ms --dry-run', 'what the default would be'],
  ]);
  const more = topic
    .command('add-partitions <topic>')
    .description('give a topic more partitions; keyed records may then go to other partitions than before')
    .requiredOption('-p, --partitions <total>', 'number of partitions afterwards', countParser)
    .option('--dry-run', dryRunHelp)
    .action((name: string, _options: unknown, command: Command) =>
      host.run(() =>
        import('./topic-add-partitions.ts').then(({ addPartitions }) =>
          addPartitions(host.context, name, command.optsWithGlobals<TopicAddPartitionsOptions>()),
        ),
      ),
    );
  addExamples(more, [
    ['q topic add-partitions orders --partitions 16'],
    ['q topic add-partitions orders --partitions 16 --dry-run', 'may it have so many?'],
  ]);
}

function addRemovers(topic: Command, host: ProgramHost): void {
  const trim = topic
    .command('trim <topic>')
    .description('delete the records before an offset')
    .requiredOption(
      '-b, --before <where>',
      'first offset to keep: an offset, end, -N (keep the last N offsets), or @time',
      argumentParser((text: string) => parsePosition(text)),
    )
    .option('-p, --partition <list>', 'partitions such as 0 or 0,2-5 (repeatable; default: all)', partitionsParser)
    .option('--dry-run', 'only say what would be deleted')
    .option('--force', 'do not ask')
    .action((name: string, _options: unknown, command: Command) =>
      host.run(() =>
        import('./topic-trim.ts').then(({ trimTopic }) =>
          trimTopic(host.context, name, command.optsWithGlobals<TopicTrimOptions>()),
        ),
      ),
    );
  addExamples(trim, [
    ['q topic trim orders --before @-7d --dry-run', 'how much is older than a week?'],
    ['q topic trim orders --before end --partition 3 --force', 'empties partition 3'],
  ]);
  const reopen = topic
    .command('reopen <topic>')
    .description('open partitions again that could not be opened, or whose data was damaged and has been put right')
    .option(
      '-p, --partition <list>',
      'partitions such as 0 or 0,2-5 (repeatable; default: all that are in trouble)',
      partitionsParser,
    )
    .action((name: string, _options: unknown, command: Command) =>
      host.run(() =>
        import('./topic-reopen.ts').then(({ reopenTopic }) =>
          reopenTopic(host.context, name, command.optsWithGlobals<TopicReopenOptions>()),
        ),
      ),
    );
  addExamples(reopen, [
    ['q topic reopen orders'],
    ['q topic reopen orders --partition 3', 'after its files were put right'],
  ]);
  const remove = topic
    .command('delete <topic>')
    .description('delete a topic and its records')
    .option('--force', 'do not ask')
    .action((name: string, _options: unknown, command: Command) =>
      host.run(() =>
        import('./topic-delete.ts').then(({ deleteTopic }) =>
          deleteTopic(host.context, name, command.optsWithGlobals<TopicDeleteOptions>()),
        ),
      ),
    );
  addExamples(remove, [['q topic delete orders', 'asks first'], ['q topic delete orders --force']]);
}
