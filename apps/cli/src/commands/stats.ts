import { isTerminal } from '../command-context.ts';
import type { CommandContext, GlobalOptions } from '../command-context.ts';
import { withClient } from '../connection.ts';
import { ExitCode } from '../exit-code.ts';
import { formatJson } from '../output/json.ts';
import { unitsOf } from '../output/units.ts';
import { formatStats } from './stats-view.ts';

export async function showStats(context: CommandContext, options: GlobalOptions): Promise<ExitCode> {
  const answer = await withClient(context, options, (q) => q.admin.stats());
  context.stdout.write(
    options.json === true
      ? formatJson(answer, isTerminal(context.stdout))
      : await formatStats(answer, { units: unitsOf(options), screen: context.stdout }),
  );
  return ExitCode.ok;
}
