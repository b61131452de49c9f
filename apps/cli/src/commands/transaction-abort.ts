import { withAdmin } from '../admin-call.ts';
import { isTerminal } from '../command-context.ts';
import type { CommandContext, GlobalOptions } from '../command-context.ts';
import { CommandError } from '../command-error.ts';
import { confirm, requireForceOrTerminal } from '../confirmation.ts';
import { ExitCode } from '../exit-code.ts';
import { counted } from '../output/counted.ts';
import { formatJson } from '../output/json.ts';
import { formatCount, formatDuration } from '../output/units.ts';
import { findTransaction, pathOf } from './transaction-lookup.ts';
import type { TransactionDetails } from './transaction-lookup.ts';
import type { TransactionState } from './transaction-states.ts';

export interface TransactionAbortOptions extends GlobalOptions {
  readonly force?: boolean;
}

interface Aborted {
  readonly before: { readonly partitions: number; readonly ageMs: number | null };
  readonly after: { readonly state: TransactionState };
}

export async function abortTransaction(
  context: CommandContext,
  transactionalId: string,
  options: TransactionAbortOptions,
): Promise<ExitCode> {
  const forced = options.force === true;
  requireForceOrTerminal(context, { forced, what: `aborting the transaction of ${transactionalId}` });
  const aborted = await withAdmin(context, options, async (admin) => {
    const found = await findTransaction(admin, transactionalId);
    if (!forced && found.state === 'ongoing') await confirm(context, questionOf(found), 'nothing was aborted');
    // As it was seen: another transaction that has begun meanwhile is left alone.
    const { producerId, producerEpoch, startedMs } = found;
    const body = { producerId, producerEpoch, ...(startedMs !== null && { startedMs }) };
    return admin.json<Aborted>({ path: pathOf(transactionalId, '/abort'), body }).catch((error: unknown) => {
      throw explained(error, transactionalId);
    });
  });
  const { stdout } = context;
  const rest = aborted.after.state === 'prepareAbort' ? '; not all that it touched has been told so yet' : '';
  const text = `aborted the transaction of ${transactionalId}, ${openFor(aborted.before)}${rest}\n`;
  stdout.write(options.json === true ? formatJson(aborted, isTerminal(stdout)) : text);
  return ExitCode.ok;
}

function questionOf({ transactionalId, ...found }: TransactionDetails): string {
  return `Abort the transaction of ${transactionalId}, ${openFor(found)}?`;
}

function openFor({ ageMs, partitions }: Aborted['before']): string {
  const touched = counted(formatCount(partitions), 'partition');
  return ageMs === null ? `with ${touched}` : `open for ${formatDuration(ageMs)}, with ${touched}`;
}

/** What the table of errors says is for producers. */
function explained(error: unknown, transactionalId: string): unknown {
  if (!(error instanceof CommandError) || error.code !== 'INVALID_TRANSACTION_STATE') return error;
  const { exitCode, message, code } = error;
  const hint = `"q transaction describe ${transactionalId}" has what is so now`;
  return new CommandError(exitCode, message, { code, cause: error, hint });
}
