import { isTerminal } from '../command-context.ts';
import type { CommandContext } from '../command-context.ts';
import { ByteOutput } from './byte-output.ts';
import { Progress } from './progress.ts';
import { compileRecordFormat, defaultRecordFormat } from './record-format.ts';
import type { RecordWriter } from './record-format.ts';
import { writeRecordJson } from './record-json.ts';

/** Where records go, how each is written, and what is shown of it meanwhile. */
export interface RecordOutput {
  readonly output: ByteOutput;
  readonly write: RecordWriter;
  readonly progress: Progress;
}

export function openRecordOutput(context: CommandContext, o: { json?: boolean; format?: string }): RecordOutput {
  const progressShown = isTerminal(context.stderr) && !isTerminal(context.stdout);
  return {
    output: new ByteOutput(context.stdout),
    write: o.json === true ? writeRecordJson : compileRecordFormat(o.format ?? defaultRecordFormat),
    progress: new Progress(progressShown ? (text) => void context.stderr.write(text) : null),
  };
}
