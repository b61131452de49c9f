import { CommandError, usageError } from '../command-error.ts';
import { isTerminal } from '../command-context.ts';
import type { CommandContext, GlobalOptions } from '../command-context.ts';
import { ExitCode } from '../exit-code.ts';
import { explain, explainedErrors } from '../explain/explain.ts';
import { explanationText } from '../explain/explanation-text.ts';
import { formatJson } from '../output/json.ts';
import { formatTable } from '../output/table.ts';
import { widthOf } from '../screen.ts';

/** Long lines are hard to read, however wide the terminal is. */
const columnsMax = 100;

export interface ExplainOptions extends GlobalOptions {
  readonly list?: boolean;
}

/** `q explain CODE`: needs no broker. */
export async function explainCode(
  context: CommandContext,
  words: readonly string[],
  options: ExplainOptions,
): Promise<ExitCode> {
  if (options.list === true) return listErrors(context, options);
  const word = words.join(' ').trim();
  if (word === '')
    throw usageError('name an error, such as q explain STORAGE_FULL; q explain --list shows all of them');
  const explanation = explain(word);
  const { errors, kafka } = explanation;
  if (errors.length + kafka.length === 0) {
    const guess = explanation.nearest;
    throw new CommandError(ExitCode.notFound, `there is no error ${JSON.stringify(word)}`, {
      hint: guess === null ? 'q explain --list shows all of them' : `did you mean "q explain ${guess}"?`,
    });
  }
  const { stdout } = context;
  if (options.json === true) stdout.write(formatJson({ errors, kafka }, isTerminal(stdout)));
  else stdout.write(explanationText(explanation, isTerminal(stdout) ? Math.min(widthOf(stdout), columnsMax) : null));
  return ExitCode.ok;
}

async function listErrors({ stdout }: CommandContext, options: GlobalOptions): Promise<ExitCode> {
  const errors = explainedErrors();
  const terminal = isTerminal(stdout);
  if (options.json === true) {
    stdout.write(formatJson({ errors }, terminal));
    return ExitCode.ok;
  }
  const columns = [
    { title: 'code' },
    { title: 'number', align: 'right' },
    { title: 'kind' },
    { title: 'meaning' },
  ] as const;
  const rows = errors.map(({ name, code, kind, description }) => [name, String(code), kind, description]);
  stdout.write(await formatTable(columns, rows, stdout));
  return ExitCode.ok;
}
