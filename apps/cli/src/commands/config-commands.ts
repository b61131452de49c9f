import { Option } from 'commander';
import type { Command } from 'commander';
import { argumentParser } from '../argument-parser.ts';
import type { GlobalOptions } from '../command-context.ts';
import { addExamples } from '../examples.ts';
import { parsePair } from '../input/pairs.ts';
import type { Pair } from '../input/pairs.ts';
import type { ProgramHost } from '../program-host.ts';
import type { ConfigChangeOptions } from './config-change.ts';
import type { ConfigGetOptions } from './config-get.ts';
import type { ConfigListOptions } from './config-list.ts';

const dryRunHelp = 'only say what would change, after the broker has checked it';
const topicOption = (): Option => new Option('--topic <topic>', 'settings of this topic, not of the broker');

/** `q config …`: definitions only, see `createProgram`. */
export function addConfigCommands(program: Command, host: ProgramHost): void {
  const config = program.command('config').description('show and change settings of the broker, or of a topic');
  addExamples(config, [['q config list'], ['q config set logLevel=debug']]);
  addReaders(config, host);
  addChanges(config, host);
}

function addReaders(config: Command, host: ProgramHost): void {
  addExamples(
    config
      .command('list')
      .description('list settings with what is in force, who said so, and the default')
      .addOption(topicOption())
      .option('--all', 'also the limits and defaults of topics that nobody has set'),
    [['q config list'], ['q config list --topic orders', 'of a topic']],
  ).action((_options: unknown, command: Command) =>
    host.run(() =>
      import('./config-list.ts').then(({ listConfig }) =>
        listConfig(host.context, command.optsWithGlobals<ConfigListOptions>()),
      ),
    ),
  );
  addExamples(
    config
      .command('get <setting>')
      .description('show a setting: what is in force and why, what else was given, what is allowed')
      .addOption(topicOption()),
    [['q config get logLevel'], ['q config get retention.ms --topic orders']],
  ).action((name: string, _options: unknown, command: Command) =>
    host.run(() =>
      import('./config-get.ts').then(({ getConfig }) =>
        getConfig(host.context, name, command.optsWithGlobals<ConfigGetOptions>()),
      ),
    ),
  );
}

function addChanges(config: Command, host: ProgramHost): void {
  addExamples(
    config
      .command('set')
      .description('change settings at once, all of them or none; the broker keeps them')
      .argument('<name=value...>', 'settings and their values', argumentParser(parsePair))
      .addOption(topicOption())
      .option('--dry-run', dryRunHelp),
    [['q config set logLevel=debug limits.groupsMax=500'], ['q config set retention.ms=7d --topic orders --dry-run']],
  ).action((set: readonly Pair[], _options: unknown, command: Command) =>
    host.run(() =>
      import('./config-change.ts').then(({ changeConfig }) =>
        changeConfig(host.context, { set }, command.optsWithGlobals<ConfigChangeOptions>()),
      ),
    ),
  );
  addExamples(
    config
      .command('unset <setting...>')
      .description('take changes back: settings are again what file, variables and flags say')
      .addOption(topicOption())
      .option('--dry-run', dryRunHelp),
    [['q config unset logLevel'], ['q config unset retention.ms --topic orders']],
  ).action((unset: readonly string[], _options: unknown, command: Command) =>
    host.run(() =>
      import('./config-change.ts').then(({ changeConfig }) =>
        changeConfig(host.context, { unset }, command.optsWithGlobals<ConfigChangeOptions>()),
      ),
    ),
  );
  addExamples(config.command('reload').description('make the broker read its file, variables and flags again'), [
    ['q config reload'],
    ["q config reload --json | jq '.needsRestart'", 'what needs a restart'],
  ]).action((_options: unknown, command: Command) =>
    host.run(() =>
      import('./config-change.ts').then(({ reloadConfig }) =>
        reloadConfig(host.context, command.optsWithGlobals<GlobalOptions>()),
      ),
    ),
  );
}
