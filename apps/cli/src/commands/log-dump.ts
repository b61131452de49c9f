import { iterateRecords } from '@q/protocol';
import { nodeFileSystem, walkPartition } from '@q/storage';
import type { DamagedStretch, Finding, StoredPartition } from '@q/storage';
import type { CommandContext, GlobalOptions } from '../command-context.ts';
import { usageError } from '../command-error.ts';
import { ExitCode } from '../exit-code.ts';
import { batchJson, batchText, damageJson, damageText } from '../output/batch-format.ts';
import type { RecordOutput } from '../output/record-output.ts';
import { openRecordOutput } from '../output/record-output.ts';
import { unitsOf } from '../output/units.ts';
import { storedPartitions } from './stored-partitions.ts';

export interface LogDumpOptions extends GlobalOptions {
  readonly records?: boolean;
  readonly format?: string;
  readonly from?: number;
  readonly count?: number;
}

const recordFormatDefault = '%o %D %k %v\\n';

/** Damage is shown and passed over; the exit code tells of it. */
export async function dumpLogs(
  context: CommandContext,
  paths: readonly string[],
  options: LogDumpOptions,
): Promise<ExitCode> {
  if (options.format !== undefined && options.records !== true)
    throw usageError('--format says how records are written; add --records');
  const dump = new LogDump(context, options);
  for (const partition of await storedPartitions(paths)) if (!dump.isDone) await dump.partition(partition);
  return await dump.end();
}

class LogDump {
  readonly #context: CommandContext;
  readonly #options: LogDumpOptions;
  readonly #out: RecordOutput;
  #left: number;
  #damages = 0;
  #path = '';

  constructor(context: CommandContext, options: LogDumpOptions) {
    this.#context = context;
    this.#options = options;
    const { format = recordFormatDefault, json } = options;
    this.#out = openRecordOutput(context, { format, ...(json === true && { json }) });
    this.#left = options.count ?? Number.POSITIVE_INFINITY;
  }

  get isDone(): boolean {
    return this.#left <= 0 || this.#out.output.closed || this.#context.interrupt.aborted;
  }

  async partition(partition: StoredPartition): Promise<void> {
    for await (const finding of walkPartition(nodeFileSystem, partition)) {
      if (finding.kind === 'damage') this.#damage(finding);
      else this.#batch(finding, partition);
      if (this.#out.output.isFull) await this.#out.output.flush();
      if (this.isDone) return;
    }
  }

  /** Of records only these are on standard output: what reads them may be another `q`. */
  #damage(finding: Finding & DamagedStretch): void {
    this.#damages += 1;
    const line = this.#options.json === true ? damageJson(finding) : damageText(finding);
    if (this.#options.records === true) this.#context.stderr.write(line);
    else this.#out.output.text(this.#headline(finding) + line);
  }

  #batch(finding: Extract<Finding, { kind: 'batch' }>, { topic, partition }: StoredPartition): void {
    const { from = 0, json, records } = this.#options;
    if (records === true) return this.#records(finding, { topic: topic ?? '', partition: partition ?? -1 });
    const text = json === true ? batchJson(finding, from) : batchText(finding, from, unitsOf(this.#options));
    if (text === null) return;
    this.#left -= 1;
    this.#out.output.text(this.#headline(finding) + text);
  }

  /** A batch may be whole and have records that nobody can read: an unknown codec, or a producer that lied. */
  #records(
    finding: Extract<Finding, { kind: 'batch' }>,
    source: { readonly topic: string; readonly partition: number },
  ): void {
    const { from = 0 } = this.#options;
    try {
      for (const record of iterateRecords(finding.batch, { fromOffset: from, source })) {
        if (this.#left <= 0) return;
        this.#left -= 1;
        this.#out.write(record, this.#out.output);
      }
    } catch (error) {
      this.#damages += 1;
      const { message } = error as Error;
      this.#context.stderr.write(`${finding.segment.path}: byte ${finding.position}: ${message}\n`);
    }
  }

  /** People want to know once which file they look at; JSON has it in every line. */
  #headline({ segment: { path } }: Finding): string {
    if (this.#options.json === true || path === this.#path) return '';
    const gap = this.#path === '' ? '' : '\n';
    this.#path = path;
    return `${gap}${path}\n`;
  }

  async end(): Promise<ExitCode> {
    await this.#out.output.flush();
    if (this.#context.interrupt.aborted) return ExitCode.interrupted;
    return this.#damages > 0 ? ExitCode.failure : ExitCode.ok;
  }
}
