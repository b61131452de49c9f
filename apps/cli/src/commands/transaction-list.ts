import { withAdmin } from '../admin-call.ts';
import { isTerminal } from '../command-context.ts';
import type { CommandContext, GlobalOptions } from '../command-context.ts';
import { ExitCode } from '../exit-code.ts';
import { formatJson } from '../output/json.ts';
import { formatTable } from '../output/table.ts';
import { unitsOf } from '../output/units.ts';
import type { Screen } from '../screen.ts';
import { findTransactions } from './transaction-lookup.ts';
import type { TransactionRow } from './transaction-lookup.ts';

export interface TransactionListOptions extends GlobalOptions {
  readonly state?: readonly string[];
  readonly producerId?: number;
  /** Milliseconds. */
  readonly minAge?: number;
  readonly prefix?: string;
}

export async function listTransactions(context: CommandContext, options: TransactionListOptions): Promise<ExitCode> {
  const { state, producerId, minAge: minAgeMs, prefix } = options;
  const query = { state, producerId, minAgeMs, prefix };
  const found = await withAdmin(context, options, (admin) => findTransactions(admin, query));
  const { stdout, stderr } = context;
  if (options.json === true) stdout.write(formatJson(found, isTerminal(stdout)));
  else if (found.length === 0 && isTerminal(stdout)) {
    const isAll = Object.values(query).every((value) => value === undefined);
    stderr.write(isAll ? 'nobody uses a transactional id yet\n' : 'none is so\n');
  } else stdout.write(await tableOf(found, options, stdout));
  return ExitCode.ok;
}

function tableOf(found: readonly TransactionRow[], options: GlobalOptions, screen: Screen): Promise<string> {
  const units = unitsOf(options);
  const numbers = ['producer', 'partitions', 'offsets', 'open for', 'time-out'].map((title) => ({
    title,
    align: 'right' as const,
  }));
  // A producer id is a name, and never grouped. Its epoch would make the table wider than most terminals.
  const rows = found.map(({ transactionalId, state, producerId, ageMs, timeoutMs, ...touched }) => [
    transactionalId,
    state,
    String(producerId),
    units.count(touched.partitions),
    units.count(touched.offsets),
    ageMs === null ? '-' : units.duration(ageMs),
    units.duration(timeoutMs),
  ]);
  return formatTable([{ title: 'id' }, { title: 'state' }, ...numbers], rows, screen);
}
