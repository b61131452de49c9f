import type { AdminApi } from '../admin/admin-api.ts';
import { withAdmin } from '../admin-call.ts';
import { isTerminal } from '../command-context.ts';
import type { CommandContext, GlobalOptions } from '../command-context.ts';
import { ExitCode } from '../exit-code.ts';
import { formatJson } from '../output/json.ts';
import { formatFacts } from '../output/table.ts';

/** For whom the broker takes the caller, and by what. */
export interface Self {
  readonly principal: string;
  readonly [fact: string]: unknown;
}

const path = '/api/v1/whoami';

export async function principalOf(admin: AdminApi): Promise<string> {
  return (await admin.json<Self>({ path })).principal;
}

export async function whoAmI(context: CommandContext, options: GlobalOptions): Promise<ExitCode> {
  const self = await withAdmin(context, options, (admin) => admin.json<Self>({ path }));
  const { stdout } = context;
  const rows = Object.entries(self).map(([name, value]) => [name, valueText(value)] as const);
  stdout.write(options.json === true ? formatJson(self, isTerminal(stdout)) : formatFacts(rows, isTerminal(stdout)));
  return ExitCode.ok;
}

function valueText(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}
