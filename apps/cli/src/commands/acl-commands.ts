import { Option } from 'commander';
import type { Command } from 'commander';
import { parseOperations, parsePrincipal } from '../acl/rule-words.ts';
import type { FilterOptions } from '../acl/rule-filter.ts';
import type { RuleOptions } from '../acl/rule-options.ts';
import { argumentParser } from '../argument-parser.ts';
import type { GlobalOptions } from '../command-context.ts';
import { addExamples } from '../examples.ts';
import type { ProgramHost } from '../program-host.ts';
import type { AclRemoveOptions } from './acl-remove.ts';
import type { AclTestOptions } from './acl-test.ts';

const principalsParser = argumentParser((text: string, earlier: string[] = []) => [...earlier, parsePrincipal(text)]);
const principalParser = argumentParser((text: string) => parsePrincipal(text));
const operationsParser = argumentParser(parseOperations);
const namesParser = argumentParser((name: string, earlier: string[] = []) => [...earlier, name]);

/** `q acl …`: definitions only, see `createProgram`. */
export function addAclCommands(program: Command, host: ProgramHost): void {
  const acl = program
    .command('acl')
    .description('who may do what: add, list, remove and test access rules; what no rule allows is refused');
  addAdd(acl, host);
  addList(acl, host);
  addRemove(acl, host);
  addTest(acl, host);
}

function addResources(command: Command): Command {
  return command
    .option('-t, --topic <topic>', 'this topic, or * for every one (repeatable)', namesParser)
    .option('-g, --group <group>', 'this consumer group, or * for every one (repeatable)', namesParser)
    .option('--transactional-id <id>', 'this transactional id, or * for every one (repeatable)', namesParser)
    .option('--cluster', 'the broker itself: users, rules, settings, making topics');
}

function addAdd(acl: Command, host: ProgramHost): void {
  const add = acl
    .command('add')
    .description('add access rules: one for each user, operation and thing that is named')
    .option('--allow <user>', 'whom to allow it, or * for everybody (repeatable)', principalsParser)
    .option('--deny <user>', 'whom to deny it, whatever other rules allow (repeatable)', principalsParser)
    .option('-o, --operation <operation>', 'what: read,write,describe … or all (repeatable)', operationsParser)
    .option('--producer', 'what a producer needs of its topics and its transactional id')
    .option('--consumer', 'what a consumer needs of its topics and its group');
  addResources(add)
    .option('--prefixed', 'each whose name begins so')
    .option('--host <address>', 'only from this IP address (repeatable; default: from everywhere)', namesParser)
    .option('--force', 'do not ask, where a rule could lock you out')
    .action((_options: unknown, command: Command) =>
      host.run(() =>
        import('./acl-add.ts').then(({ addRules }) =>
          addRules(host.context, command.optsWithGlobals<GlobalOptions & RuleOptions>()),
        ),
      ),
    );
  addExamples(add, [
    ['q acl add --allow ann --consumer --topic orders --group billing'],
    ['q acl add --allow web --producer --topic orders- --prefixed'],
    ['q acl add --allow ann --operation describe,alterConfigs --topic orders'],
    ["q acl add --deny '*' --operation delete --topic orders", 'whatever else is allowed'],
  ]);
}

function addFilter(command: Command): Command {
  return addResources(
    command
      .option('--principal <user>', 'rules about this user, or * for those about everybody', principalParser)
      .addOption(new Option('--permission <permission>', 'only these').choices(['allow', 'deny']))
      .option('-o, --operation <operation>', 'only these operations', operationsParser),
  )
    .option('--prefixed', 'rules for each name that begins so')
    .option('--matching', 'rules that are about the thing in any way: its name, a prefix, everything')
    .option('--host <address>', 'only for this IP address, or * for those from everywhere', namesParser);
}

function addList(acl: Command, host: ProgramHost): void {
  const list = addFilter(acl.command('list').description('list access rules')).action(
    (_options: unknown, command: Command) =>
      host.run(() =>
        import('./acl-list.ts').then(({ listRules }) =>
          listRules(host.context, command.optsWithGlobals<GlobalOptions & FilterOptions>()),
        ),
      ),
  );
  addExamples(list, [
    ['q acl list'],
    ['q acl list --principal ann'],
    ['q acl list --topic orders-eu --matching', 'all that count for a topic'],
  ]);
}

function addRemove(acl: Command, host: ProgramHost): void {
  const remove = addFilter(
    acl.command('remove').description('remove the access rules that fit, after it has shown them'),
  )
    .option('--all', 'every rule')
    .option('--dry-run', 'only show what would be removed')
    .option('--force', 'do not ask')
    .action((_options: unknown, command: Command) =>
      host.run(() =>
        import('./acl-remove.ts').then(({ removeRules }) =>
          removeRules(host.context, command.optsWithGlobals<AclRemoveOptions>()),
        ),
      ),
    );
  addExamples(remove, [
    ['q acl remove --principal ann --operation write --topic orders'],
    ['q acl remove --principal ann --dry-run', 'what rules are about her?'],
  ]);
}

function addTest(acl: Command, host: ProgramHost): void {
  const test = acl
    .command('test')
    .description('say whether a user may do something, and which rule decides; exit code 0 or 1')
    .requiredOption('--principal <user>', 'who', principalParser)
    .requiredOption('-o, --operation <operation>', 'what', operationsParser);
  addResources(test)
    .option('--host <address>', 'from this IP address (default: 127.0.0.1)')
    .action((_options: unknown, command: Command) =>
      host.run(() =>
        import('./acl-test.ts').then(({ testAccess }) =>
          testAccess(host.context, command.optsWithGlobals<AclTestOptions>()),
        ),
      ),
    );
  addExamples(test, [
    ['q acl test --principal ann --operation read --topic orders'],
    ['q acl test --principal web -o write -t orders --host 10.0.0.7 && echo yes'],
  ]);
}
