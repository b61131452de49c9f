import type { Command } from 'commander';
import { addExamples } from '../examples.ts';
import type { ProgramHost } from '../program-host.ts';
import { intervalOption } from './interval-option.ts';
import type { WatchOptions } from './watch-loop.ts';

/** `q stats`: definition only, see `createProgram`. */
export function addStatsCommand(program: Command, host: ProgramHost): void {
  const stats = program
    .command('stats')
    .description('show totals, throughput, requests and errors of a broker')
    .option(
      '-w, --watch',
      'again and again with what happens in a second, until Ctrl-C; in a pipe a line of JSON each time',
    )
    .addOption(intervalOption())
    .action((_options: unknown, command: Command) => {
      const options = command.optsWithGlobals<WatchOptions & { watch?: boolean }>();
      return host.run(() =>
        options.watch === true
          ? import('./stats-watch.ts').then(({ watchStats }) => watchStats(host.context, options))
          : import('./stats.ts').then(({ showStats }) => showStats(host.context, options)),
      );
    });
  addExamples(stats, [
    ['q stats --watch'],
    ['q stats --json | jq .recordsIn', 'one of its numbers, for a program'],
    ['q stats --watch --interval 1m >> load.ndjson', 'a line each minute'],
  ]);
}
