import { withAdmin } from '../admin-call.ts';
import { isTerminal } from '../command-context.ts';
import type { CommandContext, GlobalOptions } from '../command-context.ts';
import { ExitCode } from '../exit-code.ts';
import { formatJson } from '../output/json.ts';
import { formatPartitions } from '../output/partition-ranges.ts';
import { formatFacts, formatTable } from '../output/table.ts';
import { unitsOf } from '../output/units.ts';
import type { Units } from '../output/units.ts';
import { findTransaction } from './transaction-lookup.ts';
import type { TransactionDetails } from './transaction-lookup.ts';
import { stateMeanings } from './transaction-states.ts';

export async function describeTransaction(
  context: CommandContext,
  transactionalId: string,
  options: GlobalOptions,
): Promise<ExitCode> {
  const found = await withAdmin(context, options, (admin) => findTransaction(admin, transactionalId));
  const { stdout } = context;
  if (options.json === true) {
    stdout.write(formatJson(found, isTerminal(stdout)));
    return ExitCode.ok;
  }
  const units = unitsOf(options);
  const parts = [formatFacts(factsOf(found, units), isTerminal(stdout))];
  if (found.topics.length > 0) {
    const byTopic = Map.groupBy(found.topics, ({ topic }) => topic);
    const rows = Array.from(byTopic, ([topic, places]) => [topic, formatPartitions(places.map((at) => at.partition))]);
    parts.push(await formatTable([{ title: 'topic' }, { title: 'partitions' }], rows, stdout));
  }
  if (found.groups.length > 0) {
    const rows = found.groups.map(({ groupId, offsets }) => [groupId, units.count(offsets)]);
    parts.push(await formatTable([{ title: 'group' }, { title: 'offsets', align: 'right' }], rows, stdout));
  }
  stdout.write(parts.join('\n'));
  return ExitCode.ok;
}

const causes: Readonly<Record<NonNullable<TransactionDetails['cause']>, string>> = {
  producer: 'its producer',
  timeout: 'its time-out',
  fence: 'another instance, which has taken over',
  operator: 'an operator',
};

function factsOf(found: TransactionDetails, units: Units): [string, string][] {
  const { state, startedMs, ageMs, timeoutMs, cause } = found;
  const facts: [string, string][] = [
    ['transactional id', found.transactionalId],
    ['state', `${state}: ${stateMeanings[state]}`],
    ['producer', `${found.producerId} in epoch ${found.producerEpoch}`],
    ['time-out', units.duration(timeoutMs)],
    ['last change', new Date(found.changedMs).toISOString()],
  ];
  if (cause !== null) facts.push(['ended by', causes[cause]]);
  if (startedMs === null || ageMs === null) return facts;
  facts.push(['open since', `${new Date(startedMs).toISOString()}, for ${units.duration(ageMs)}`]);
  if (state === 'ongoing') facts.push(['aborted at', new Date(startedMs + timeoutMs).toISOString()]);
  return [...facts, ['partitions', units.count(found.partitions)], ['offsets', units.count(found.offsets)]];
}
