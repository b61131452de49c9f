import { isTerminal } from '../command-context.ts';
import type { CommandContext, GlobalOptions } from '../command-context.ts';
import { withClient } from '../connection.ts';
import { ExitCode } from '../exit-code.ts';
import { formatJson } from '../output/json.ts';
import { unitsOf } from '../output/units.ts';
import { findDelay } from './group-delay.ts';
import { findHeldOf } from './held-records.ts';
import { formatGroup } from './group-view.ts';

export async function describeGroup(context: CommandContext, group: string, options: GlobalOptions): Promise<ExitCode> {
  const { described, delay } = await withClient(context, options, async (q) => ({
    described: await q.admin.describeGroup(group),
    delay: await findDelay(q, group),
  }));
  const held = await findHeldOf(context, described, options);
  context.stdout.write(
    options.json === true
      ? formatJson({ ...described, ...delay, heldBack: held }, isTerminal(context.stdout))
      : await formatGroup(described, { units: unitsOf(options), screen: context.stdout, delay, held }),
  );
  return ExitCode.ok;
}
