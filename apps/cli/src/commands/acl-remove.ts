import { withAdmin } from '../admin-call.ts';
import { filtersOf } from '../acl/rule-filter.ts';
import type { FilterOptions } from '../acl/rule-filter.ts';
import { everybody, ruleText } from '../acl/rule-words.ts';
import type { Rule } from '../acl/rule-words.ts';
import { isTerminal } from '../command-context.ts';
import type { CommandContext, GlobalOptions } from '../command-context.ts';
import { CommandError, usageError } from '../command-error.ts';
import { confirm, requireForceOrTerminal } from '../confirmation.ts';
import { ExitCode } from '../exit-code.ts';
import { counted } from '../output/counted.ts';
import { formatJson } from '../output/json.ts';
import { rulesPath, rulesTable, rulesThatFit } from './acl-list.ts';
import { principalOf } from './whoami.ts';

export interface AclRemoveOptions extends GlobalOptions, FilterOptions {
  readonly all?: boolean;
  readonly dryRun?: boolean;
  readonly force?: boolean;
}

export async function removeRules(context: CommandContext, options: AclRemoveOptions): Promise<ExitCode> {
  const filters = filtersOf(options);
  if (options.all !== true && filters.every((filter) => Object.keys(filter).length === 0))
    throw usageError('which rules? --principal USER, --topic NAME and so on say it, or --all');
  const { force = false, dryRun = false } = options;
  if (!dryRun) requireForceOrTerminal(context, { forced: force, what: 'removing access rules' });
  const { stdout, stderr } = context;
  const removed = await withAdmin(context, options, async (admin) => {
    const rules = await rulesThatFit(admin, filters);
    if (rules.length === 0) throw new CommandError(ExitCode.notFound, 'no rule fits', { hint: 'q acl list shows all' });
    if (dryRun) return rules;
    if (!force) {
      stderr.write(await rulesTable(rules, stderr));
      const warning = rules.some(isOfAdministrator(await principalOf(admin)))
        ? ' One of them lets you change rules: without it you may not come back.'
        : '';
      await confirm(context, `Remove ${counted(String(rules.length), 'rule')}?${warning}`);
    }
    return (await admin.json<{ rules: readonly Rule[] }>({ path: `${rulesPath}/remove`, body: { rules } })).rules;
  });
  if (options.json === true) stdout.write(formatJson({ rules: removed, dryRun }, isTerminal(stdout)));
  else for (const rule of removed) stdout.write(`${dryRun ? 'would remove' : 'removed'}: ${ruleText(rule)}\n`);
  return ExitCode.ok;
}

function isOfAdministrator(self: string): (rule: Rule) => boolean {
  return ({ permission, resourceType, operation, principal }) =>
    permission === 'allow'
    && resourceType === 'cluster'
    && (operation === 'all' || operation === 'alter')
    && (principal === self || principal === everybody);
}
