import type { Command } from 'commander';
import type { GlobalOptions } from '../command-context.ts';
import { addExamples } from '../examples.ts';
import type { ProgramHost } from '../program-host.ts';
import type { ProfileAddOptions } from './profile-edit.ts';

/** `q profile …`: definitions only, see `createProgram`. */
export function addProfileCommands(program: Command, host: ProgramHost): void {
  const profile = program
    .command('profile')
    .description('keep connections under names, in ~/.config/q/config.yaml (or $XDG_CONFIG_HOME/q)');
  addExamples(profile, [['q profile add local --url q://localhost:7420'], ['q profile list']]);
  addExamples(profile.command('list').description('list the profiles; a star stands before the one in use'), [
    ['q profile list'],
    ["q profile list --json | jq -r '.profiles[].name'", 'their names, for a program'],
  ]).action((_options: unknown, command: Command) =>
    host.run(() =>
      import('./profile-list.ts').then(({ listProfiles }) =>
        listProfiles(host.context, command.optsWithGlobals<GlobalOptions>()),
      ),
    ),
  );
  addExamples(
    profile
      .command('add <profile>')
      .description('keep an address, and how to reach it, under a name; the first one is used from then on')
      .option('--force', 'replace a profile of this name')
      .option('--use', 'use it from now on'),
    [
      ['q profile add local --url q://localhost:7420'],
      ['q profile add live --url qs://q1.example.com --user ann --use', 'asks for the password at each use'],
      ['q profile add ci --url qs://q1.example.com --user ci --password-file ci.pw', 'keeps where it is'],
    ],
  ).action((name: string, _options: unknown, command: Command) =>
    host.run(() =>
      import('./profile-edit.ts').then(({ addProfile }) =>
        addProfile(host.context, name, {
          options: command.optsWithGlobals<ProfileAddOptions>(),
          given: givenTo(program),
        }),
      ),
    ),
  );
  addShow(profile, host);
  addEdits(profile, host);
}

function addShow(profile: Command, host: ProgramHost): void {
  addExamples(profile.command('show <profile>').description('show a profile, and whether its files can be used'), [
    ['q profile show live'],
    ['q profile show live --json | jq -r .url', 'its address, for a program'],
  ]).action((name: string, _options: unknown, command: Command) =>
    host.run(() =>
      import('./profile-list.ts').then(({ showProfile }) =>
        showProfile(host.context, name, command.optsWithGlobals<GlobalOptions>()),
      ),
    ),
  );
}

function addEdits(profile: Command, host: ProgramHost): void {
  addExamples(
    profile
      .command('use <profile>')
      .description('use a profile from now on, where no --url, Q_URL or --profile says otherwise'),
    [['q profile use local'], ['q topic list --profile live', 'another one for a single command']],
  ).action((name: string, _options: unknown, command: Command) =>
    host.run(() =>
      import('./profile-edit.ts').then(({ useProfile }) =>
        useProfile(host.context, name, command.optsWithGlobals<GlobalOptions>()),
      ),
    ),
  );
  addExamples(profile.command('remove <profile>').description('forget a profile'), [
    ['q profile remove live'],
    ['q profile remove live && q profile use local', 'and use another one'],
  ]).action((name: string, _options: unknown, command: Command) =>
    host.run(() =>
      import('./profile-edit.ts').then(({ removeProfile }) =>
        removeProfile(host.context, name, command.optsWithGlobals<GlobalOptions>()),
      ),
    ),
  );
}

/** Only what was given on the command line: what another profile or a variable says is not to be copied. */
function givenTo(program: Command): (option: string) => boolean {
  return (option) => program.getOptionValueSource(option) === 'cli';
}
