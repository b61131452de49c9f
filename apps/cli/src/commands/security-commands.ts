import { Option } from 'commander';
import type { Command } from 'commander';
import { argumentParser } from '../argument-parser.ts';
import type { GlobalOptions } from '../command-context.ts';
import { addExamples } from '../examples.ts';
import { parsePair } from '../input/pairs.ts';
import type { Pair } from '../input/pairs.ts';
import { parseSince } from '../input/time-expression.ts';
import { parseWholeNumber } from '../input/whole-number.ts';
import { parsePrincipal } from '../acl/rule-words.ts';
import type { ProgramHost } from '../program-host.ts';
import type { AuditOptions } from './audit.ts';

const pairParser = argumentParser(parsePair);

/** `q whoami`, `q audit` and `q quota`: definitions only, see `createProgram`. */
export function addSecurityCommands(program: Command, host: ProgramHost): void {
  addExamples(program.command('whoami').description('say for whom the broker takes you, and by what'), [
    ['q whoami'],
    ['q whoami --json | jq -r .principal', 'as access rules name you'],
  ]).action((_options: unknown, command: Command) =>
    host.run(() =>
      import('./whoami.ts').then(({ whoAmI }) => whoAmI(host.context, command.optsWithGlobals<GlobalOptions>())),
    ),
  );
  addAudit(program, host);
  addQuotas(program, host);
}

function addAudit(program: Command, host: ProgramHost): void {
  const audit = program
    .command('audit')
    .description('show the audit trail: who came in or was refused, and who changed what; the newest last')
    .option('-f, --follow', 'go on with each entry as it is noted')
    .option(
      '--principal <user>',
      'only what this user did',
      argumentParser((text: string) => parsePrincipal(text)),
    )
    .addOption(
      new Option('--since <time>', 'only what was noted since then: 1h (ago), a date or a time')
        .argParser(argumentParser(parseSince))
        .conflicts('follow'),
    )
    .addOption(new Option('--result <result>', 'only these').choices(['done', 'refused', 'denied', 'failed']))
    .option('-e, --event <event>', 'only this event, or those that begin so: audit.user_*')
    .option(
      '-n, --count <count>',
      'at most so many',
      argumentParser((text: string) => parseWholeNumber(text, { min: 1, max: 1_000 })),
    )
    .action((_options: unknown, command: Command) =>
      host.run(() =>
        import('./audit.ts').then(({ showAudit }) => showAudit(host.context, command.optsWithGlobals<AuditOptions>())),
      ),
    );
  addExamples(audit, [
    ['q audit -n 20'],
    ['q audit --principal ann --result denied', 'what was she not allowed?'],
    ['q audit --since 1h --event "audit.login_*"', 'the logins of the last hour'],
    ['q audit --follow --json | jq -c .event'],
  ]);
}

function addQuotas(program: Command, host: ProgramHost): void {
  const quota = program.command('quota').description('how much users, client ids and addresses may use in a second');
  addExamples(
    quota
      .command('set')
      .description('set quotas of a user, a client id or both; or of an address')
      .argument('<name=value...>', 'user=ann client=app address=10.0.0.1, and what it may use', pairParser)
      .option('--dry-run', 'only have the broker check it'),
    [
      ['q quota set user=ann produce=10MB consume=20MB', 'bytes in a second'],
      ["q quota set user=ann client='*' request=50", 'half a core for each of her clients'],
      ["q quota set address='*' connections=20", 'each address that has no quota of its own'],
      ['q quota set user=ann produce=none', 'takes that one away'],
    ],
  ).action((pairs: readonly Pair[], _options: unknown, command: Command) =>
    host.run(() =>
      import('./quota.ts').then(({ setQuota }) =>
        setQuota(host.context, pairs, command.optsWithGlobals<GlobalOptions & { dryRun?: boolean }>()),
      ),
    ),
  );
  addExamples(quota.command('list').description('list the quotas'), [
    ['q quota list'],
    ["q quota list --json | jq '.[].quotas'", 'for a program'],
  ]).action((_options: unknown, command: Command) =>
    host.run(() =>
      import('./quota.ts').then(({ listQuotas }) => listQuotas(host.context, command.optsWithGlobals<GlobalOptions>())),
    ),
  );
  addExamples(
    quota
      .command('remove')
      .description('take all quotas of a user, a client id, both, or an address away')
      .argument('<name=value...>', 'user=ann client=app, or address=10.0.0.1', pairParser),
    [['q quota remove user=ann'], ["q quota remove user='*'", 'of everybody without one of their own']],
  ).action((pairs: readonly Pair[], _options: unknown, command: Command) =>
    host.run(() =>
      import('./quota.ts').then(({ removeQuota }) =>
        removeQuota(host.context, pairs, command.optsWithGlobals<GlobalOptions>()),
      ),
    ),
  );
}
