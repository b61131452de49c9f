import { randomUUID } from 'node:crypto';
import { checkStore, ClusterError, openObjectStore } from '@q/cluster';
import type { ObjectStore, StoreFinding, StoreReport } from '@q/cluster';
import { nodeClock } from '@q/storage';
import { isTerminal } from '../command-context.ts';
import type { CommandContext, GlobalOptions } from '../command-context.ts';
import { usageError } from '../command-error.ts';
import { ExitCode } from '../exit-code.ts';
import { counted } from '../output/counted.ts';
import { formatJson } from '../output/json.ts';
import { formatTable } from '../output/table.ts';
import { unitsOf } from '../output/units.ts';

/** Looks at a store, and says whether a cluster may use it. */
export async function checkStoreOf(context: CommandContext, url: string, options: GlobalOptions): Promise<ExitCode> {
  await using store = storeOf(url);
  const { stdout, stderr, interrupt: signal } = context;
  const clear = '\r\u001B[K';
  const showProgress = isTerminal(stderr)
    ? ({ check, verdict }: StoreFinding): void => void stderr.write(`${clear}${check}: ${verdict} …`)
    : undefined;
  const report = await checkStore(store, {
    clock: nodeClock,
    id: randomUUID(),
    signal,
    ...(showProgress !== undefined && { onFinding: showProgress }),
  });
  if (showProgress !== undefined) stderr.write(clear);
  if (signal.aborted) return ExitCode.interrupted;
  stdout.write(
    options.json === true ? formatJson(report, isTerminal(stdout)) : await inWords(report, context, options),
  );
  return report.isFit ? ExitCode.ok : ExitCode.failure;
}

function storeOf(url: string): ObjectStore {
  if (url === 'memory:')
    throw usageError('a store in memory is gone with its process: name s3://bucket/prefix or folder:/path');
  try {
    return openObjectStore(url, { clock: nodeClock });
  } catch (error) {
    if (error instanceof ClusterError) throw usageError(error.message);
    throw error;
  }
}

async function inWords(report: StoreReport, { stdout }: CommandContext, options: GlobalOptions): Promise<string> {
  const findings = await formatTable(
    [{ title: 'check' }, { title: 'result' }, { title: 'what was found' }],
    report.findings.map(({ check, verdict, said }) => [check, verdict, said]),
    stdout,
  );
  const units = unitsOf(options);
  const latencies = report.latencies.map(
    ({ sizeBytes, count, medianMs, maxMs }) =>
      `${counted(`${count}`, 'object')} of ${units.bytes(sizeBytes)}, one after another: `
      + `median ${Math.round(medianMs)} ms, longest ${Math.round(maxMs)} ms\n`,
  );
  const left =
    report.leftBehind === 0 ? '' : `${counted(`${report.leftBehind}`, 'object')} under probe/ could not be removed\n`;
  const conclusion = report.isFit
    ? `${report.store} is fit for a cluster\n`
    : `${report.store} is not fit for a cluster: ${report.fault}\n`;
  return `${findings}${latencies.join('')}${left}${conclusion}`;
}
