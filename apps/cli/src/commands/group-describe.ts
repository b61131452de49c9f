import { isTerminal } from '../command-context.ts';
import type { CommandContext, GlobalOptions } from '../command-context.ts';
import { withClient } from '../connection.ts';
import { ExitCode } from '../exit-code.ts';
import { formatJson } from '../output/json.ts';
import { unitsOf } from '../output/units.ts';
import { formatGroup } from './group-view.ts';

export async function describeGroup(context: CommandContext, group: string, options: GlobalOptions): Promise<ExitCode> {
  const described = await withClient(context, options, (q) => q.admin.describeGroup(group));
  const terminal = isTerminal(context.stdout);
  context.stdout.write(
    options.json === true
      ? formatJson(described, terminal)
      : await formatGroup(described, { units: unitsOf(options), screen: context.stdout }),
  );
  return ExitCode.ok;
}
