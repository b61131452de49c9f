import type { AdminApi } from '../admin/admin-api.ts';
import { withAdmin } from '../admin-call.ts';
import { filtersOf } from '../acl/rule-filter.ts';
import type { FilterOptions, RuleFilter } from '../acl/rule-filter.ts';
import type { Rule } from '../acl/rule-words.ts';
import { isTerminal } from '../command-context.ts';
import type { CommandContext, GlobalOptions } from '../command-context.ts';
import { ExitCode } from '../exit-code.ts';
import { formatJson } from '../output/json.ts';
import { formatTable } from '../output/table.ts';

export const rulesPath = '/api/v1/acls';

export async function listRules(context: CommandContext, options: GlobalOptions & FilterOptions): Promise<ExitCode> {
  const filters = filtersOf(options);
  const rules = await withAdmin(context, options, (admin) => rulesThatFit(admin, filters));
  const { stdout, stderr } = context;
  if (options.json === true) stdout.write(formatJson(rules, isTerminal(stdout)));
  else if (rules.length === 0 && isTerminal(stdout)) stderr.write('no such rules\n');
  else stdout.write(await rulesTable(rules, stdout));
  return ExitCode.ok;
}

/** Those that one of the filters fits, each once. */
export async function rulesThatFit(admin: AdminApi, filters: readonly RuleFilter[]): Promise<Rule[]> {
  const found = new Map<string, Rule>();
  for (const query of filters) {
    const rules = await admin.json<readonly Rule[]>({ path: rulesPath, query });
    for (const rule of rules) found.set(JSON.stringify(rule), rule);
  }
  return [...found.values()];
}

export function rulesTable(rules: readonly Rule[], screen: CommandContext['stdout']): Promise<string> {
  const columns = ['principal', 'permission', 'operation', 'on', 'name', 'pattern', 'host'].map((title) => ({ title }));
  const rows = rules.map((rule) => [
    rule.principal,
    rule.permission,
    rule.operation,
    rule.resourceType,
    rule.resourceName,
    rule.patternType,
    rule.host,
  ]);
  return formatTable(columns, rows, screen);
}
