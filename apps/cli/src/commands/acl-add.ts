import { withAdmin } from '../admin-call.ts';
import { rulesOf } from '../acl/rule-options.ts';
import type { RuleOptions } from '../acl/rule-options.ts';
import { everybody, ruleText } from '../acl/rule-words.ts';
import type { Rule } from '../acl/rule-words.ts';
import { isTerminal } from '../command-context.ts';
import type { CommandContext, GlobalOptions } from '../command-context.ts';
import { confirm, requireForceOrTerminal } from '../confirmation.ts';
import { ExitCode } from '../exit-code.ts';
import { formatJson } from '../output/json.ts';
import { rulesPath } from './acl-list.ts';
import { noteUnknownPrincipals } from './unknown-users.ts';
import { principalOf } from './whoami.ts';

interface AddedRules {
  readonly rules: readonly (Rule & { readonly added: boolean })[];
}

export async function addRules(
  context: CommandContext,
  options: GlobalOptions & RuleOptions & { readonly force?: boolean },
): Promise<ExitCode> {
  const rules = rulesOf(options);
  const { stdout } = context;
  const added = await withAdmin(context, options, async (admin) => {
    if (options.force !== true && rules.some(isRisky)) {
      const self = await principalOf(admin);
      const locking = rules.find((rule) => isRisky(rule) && (rule.principal === self || rule.principal === everybody));
      if (locking !== undefined) {
        requireForceOrTerminal(context, { forced: false, what: 'a rule that denies you the cluster' });
        await confirm(context, `"${ruleText(locking)}" is about you, too: you could not take it back. Add it?`);
      }
    }
    const answer = await admin.json<AddedRules>({ path: rulesPath, body: { rules } });
    await noteUnknownPrincipals(
      context,
      admin,
      rules.map(({ principal }) => principal),
    );
    return answer;
  });
  if (options.json === true) stdout.write(formatJson(added, isTerminal(stdout)));
  else {
    for (const rule of added.rules) stdout.write(`${rule.added ? 'added' : 'there already'}: ${ruleText(rule)}\n`);
  }
  return ExitCode.ok;
}

/** Whoever may not alter the cluster cannot remove rules. */
function isRisky({ permission, resourceType, operation }: Rule): boolean {
  return permission === 'deny' && resourceType === 'cluster' && (operation === 'all' || operation === 'alter');
}
