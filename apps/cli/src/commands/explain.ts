import { CommandError } from '../command-error.ts';
import { isTerminal } from '../command-context.ts';
import type { CommandContext, GlobalOptions } from '../command-context.ts';
import { ExitCode } from '../exit-code.ts';
import { explain } from '../explain/explain.ts';
import { explanationText } from '../explain/explanation-text.ts';
import { formatJson } from '../output/json.ts';

const columnsDefault = 80;

/** `q explain CODE`: needs no broker. */
export function explainCode(context: CommandContext, words: readonly string[], options: GlobalOptions): ExitCode {
  const word = words.join(' ');
  const explanation = explain(word);
  const { errors, kafka } = explanation;
  if (errors.length + kafka.length === 0) {
    const guess = explanation.nearest;
    throw new CommandError(ExitCode.notFound, `there is no error ${JSON.stringify(word)}`, {
      hint: guess === null ? 'q explain --list shows all of them' : `did you mean "q explain ${guess}"?`,
    });
  }
  const terminal = isTerminal(context.stdout);
  if (options.json === true) context.stdout.write(formatJson({ errors, kafka }, terminal));
  else context.stdout.write(explanationText(explanation, terminal ? columnsOf(context) : null));
  return ExitCode.ok;
}

function columnsOf({ stdout }: CommandContext): number {
  const columns = 'columns' in stdout && typeof stdout.columns === 'number' ? stdout.columns : columnsDefault;
  return Math.max(40, Math.min(columns, 100));
}
