import { withAdmin } from '../admin-call.ts';
import { namedResources } from '../acl/rule-options.ts';
import type { ResourceOptions } from '../acl/rule-options.ts';
import { ruleText } from '../acl/rule-words.ts';
import type { Rule } from '../acl/rule-words.ts';
import { isTerminal } from '../command-context.ts';
import type { CommandContext, GlobalOptions } from '../command-context.ts';
import { usageError } from '../command-error.ts';
import { ExitCode } from '../exit-code.ts';
import { formatJson } from '../output/json.ts';
import { rulesPath } from './acl-list.ts';
import { noteUnknownPrincipals } from './unknown-users.ts';

export interface AclTestOptions extends GlobalOptions, ResourceOptions {
  readonly principal: string;
  readonly operation: readonly string[];
  readonly host?: string;
}

interface Decision {
  readonly allowed: boolean;
  readonly by: 'super user' | 'rule' | 'default' | 'internal topic';
  readonly rule: Rule | null;
  /** Brokers of an earlier version do not say it. */
  readonly right?: { readonly operation: string; readonly resourceType: string };
}

/** Exit code 1 where it is refused: a script can ask. */
export async function testAccess(context: CommandContext, options: AclTestOptions): Promise<ExitCode> {
  const { principal, operation: operations, host = '127.0.0.1' } = options;
  // A star is a name here as well, but no rule is being made: there is nothing to put --prefixed to.
  const star = [...(options.topic ?? []), ...(options.group ?? []), ...(options.transactionalId ?? [])].find(isStem);
  if (star !== undefined)
    throw usageError(`"${star}" is no name; test one that begins so, such as "${star.slice(0, -1)}a"`);
  const [resource, another] = namedResources(options);
  const [operation, second] = operations;
  if (resource === undefined)
    throw usageError('with what? --topic NAME, --group NAME, --transactional-id NAME or --cluster');
  if (another !== undefined || second !== undefined || operation === undefined || operation === 'all')
    throw usageError('one operation and one thing are tested at a time');
  const decision = await withAdmin(context, options, async (admin) => {
    const body = { principal, host, operation, resourceType: resource.type, resourceName: resource.name };
    const answer = await admin.json<Decision>({ path: `${rulesPath}/test`, body });
    await noteUnknownPrincipals(context, admin, [principal]);
    return answer;
  });
  const { stdout } = context;
  stdout.write(
    options.json === true
      ? formatJson(decision, isTerminal(stdout))
      : decisionText(decision, { operation, type: resource.type }),
  );
  return decision.allowed ? ExitCode.ok : ExitCode.failure;
}

function decisionText({ allowed, by, rule, right }: Decision, asked: { operation: string; type: string }): string {
  const outcome = allowed ? 'allowed' : 'refused';
  if (by === 'internal topic') return 'refused: the topic belongs to the broker itself, which alone changes it\n';
  if (rule !== null) return `${outcome} by the rule: ${ruleText(rule)}\n`;
  if (by === 'super user') return 'allowed: a super user may do everything\n';
  if (right === undefined || (right.operation === asked.operation && right.resourceType === asked.type))
    return `${outcome}: no rule allows it\n`;
  return `${outcome}: it needs ${right.operation} on the ${right.resourceType}, and no rule allows that\n`;
}

function isStem(name: string): boolean {
  return name.endsWith('*') && name !== '*';
}
