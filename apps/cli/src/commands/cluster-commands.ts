import type { Command } from 'commander';
import type { GlobalOptions } from '../command-context.ts';
import { addExamples } from '../examples.ts';
import type { ProgramHost } from '../program-host.ts';

/** `q cluster …`: definitions only, see `createProgram`. */
export function addClusterCommands(program: Command, host: ProgramHost): void {
  const cluster = program.command('cluster').description('show whether the broker is well, and what there is to know');
  addExamples(cluster, [['q cluster info'], ['q cluster health']]);
  addExamples(
    cluster
      .command('info')
      .description(
        'show on one screen: status, disk and what fills it, groups that are behind, who gets errors, settings that were set',
      ),
    [['q cluster info'], ['q cluster info --json | jq .groups', 'the groups that are furthest behind']],
  ).action((_options: unknown, command: Command) =>
    host.run(() =>
      import('./cluster.ts').then(({ showInfo }) => showInfo(host.context, command.optsWithGlobals<GlobalOptions>())),
    ),
  );
  addExamples(
    cluster
      .command('health')
      .description('show what is wrong, since when, and what to do; exit code 1 when anything is'),
    [['q cluster health'], ["q cluster health --json | jq -r '.alerts[].name'", 'only the names of the alerts']],
  ).action((_options: unknown, command: Command) =>
    host.run(() =>
      import('./cluster.ts').then(({ showHealth }) =>
        showHealth(host.context, command.optsWithGlobals<GlobalOptions>()),
      ),
    ),
  );
  addExamples(
    cluster
      .command('check-store')
      .description('race an object store: may a cluster use it? Exit code 1 when not; needs no broker')
      .argument('<url>', 's3://bucket/prefix (?endpoint=https://host:port), folder:/path'),
    [
      ['q cluster check-store s3://logs/q', 'AWS; credentials as all its tools find them'],
      ["q cluster check-store 's3://logs/q?endpoint=https://ceph:443'", 'another store'],
      ['q cluster check-store folder:/mnt/shared --json | jq .fault'],
    ],
  ).action((url: string, _options: unknown, command: Command) =>
    host.run(() =>
      import('./cluster-check-store.ts').then(({ checkStoreOf }) =>
        checkStoreOf(host.context, url, command.optsWithGlobals<GlobalOptions>()),
      ),
    ),
  );
}
