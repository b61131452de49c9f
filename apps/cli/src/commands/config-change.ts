import { withAdmin } from '../admin-call.ts';
import { isTerminal } from '../command-context.ts';
import type { CommandContext, GlobalOptions } from '../command-context.ts';
import { CommandError } from '../command-error.ts';
import { ExitCode } from '../exit-code.ts';
import type { Pair } from '../input/pairs.ts';
import { formatJson } from '../output/json.ts';
import { changedLines, whyLess } from './config-view.ts';
import type { BrokerSetting, ChangedSetting, Reload } from './config-view.ts';
import { alterTopic } from './topic-alter.ts';

export interface ConfigChangeOptions extends GlobalOptions {
  readonly topic?: string;
  readonly dryRun?: boolean;
}

interface ConfigChange {
  readonly changed: readonly ChangedSetting[];
  readonly needsRestart: readonly string[];
  readonly settings: readonly BrokerSetting[];
}

export async function changeConfig(
  context: CommandContext,
  { set = [], unset = [] }: { readonly set?: readonly Pair[]; readonly unset?: readonly string[] },
  options: ConfigChangeOptions,
): Promise<ExitCode> {
  const { topic, dryRun = false } = options;
  if (topic !== undefined) return alterTopic(context, topic, { ...options, set, unset });
  const body = Object.fromEntries([
    ...set.map(({ name, value }): [string, string | null] => [name, value]),
    ...unset.map((name): [string, string | null] => [name, null]),
  ]);
  const outcome = await withAdmin(context, options, (admin) =>
    admin.json<ConfigChange>({
      method: 'PATCH',
      path: '/api/v1/config',
      body,
      query: { dryRun: dryRun ? 'true' : undefined },
    }),
  );
  if (options.json === true) {
    context.stdout.write(formatJson(outcome, isTerminal(context.stdout)));
    return ExitCode.ok;
  }
  context.stdout.write(changedLines(outcome.changed, { dryRun }));
  if (!dryRun) context.stderr.write(loweredNote(outcome));
  return ExitCode.ok;
}

function loweredNote({ settings }: ConfigChange): string {
  return settings
    .filter(({ value, values, afterRestart }) => afterRestart === null && values[0]?.value !== value)
    .map(({ name, value }) => `${name} is ${value} all the same: ${whyLess}\n`)
    .join('');
}

export async function reloadConfig(context: CommandContext, options: GlobalOptions): Promise<ExitCode> {
  const outcome = await withAdmin(context, options, (admin) =>
    admin.json<Reload>({ method: 'POST', path: '/api/v1/config/reload' }),
  );
  if (!outcome.ok) {
    throw new CommandError(ExitCode.failure, `nothing was changed: ${outcome.problems.join('; ')}`, {
      code: 'INVALID_CONFIG',
      hint: 'mend what the broker reads, and try again',
    });
  }
  if (options.json === true) {
    context.stdout.write(formatJson(outcome, isTerminal(context.stdout)));
    return ExitCode.ok;
  }
  context.stdout.write(
    outcome.changed.length === 0 ? 'read again: nothing changed\n' : changedLines(outcome.changed, { dryRun: false }),
  );
  if (outcome.needsRestart.length > 0)
    context.stderr.write(`a restart is needed for ${outcome.needsRestart.join(', ')}\n`);
  return ExitCode.ok;
}
