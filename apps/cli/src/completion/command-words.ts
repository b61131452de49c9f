import type { Command, Option } from 'commander';

/** What stands at the cursor, after the words before it were understood. */
export interface AtCursor {
  /** The innermost command that was named. */
  readonly command: Command;
  /** The option whose value is to be completed; null: none is waited for. */
  readonly option: Option | null;
  /** How many operands of the command stand before. */
  readonly operands: number;
  /** After `--` nothing is an option. */
  readonly onlyOperands: boolean;
  /** Values of options that were given, by their names in the program. */
  readonly given: ReadonlyMap<string, string>;
}

/** Walks over the words before the cursor as the program itself would. */
export function readWords(program: Command, words: readonly string[]): AtCursor {
  const given = new Map<string, string>();
  let command = program;
  let option: Option | null = null;
  let operands = 0;
  let onlyOperands = false;
  for (const word of words) {
    if (option !== null) {
      given.set(option.attributeName(), word);
      option = null;
    } else if (onlyOperands || word === '-' || !word.startsWith('-')) {
      const child: Command | undefined =
        operands === 0 && !onlyOperands ? command.commands.find((each) => each.name() === word) : undefined;
      if (child === undefined) operands += 1;
      else command = child;
    } else if (word === '--') {
      onlyOperands = true;
    } else {
      const [flag = '', ...value] = word.split('=');
      const found: Option | undefined = findOption(command, flag);
      if (found?.required !== true) continue;
      if (word.includes('=')) given.set(found.attributeName(), value.join('='));
      else option = found;
    }
  }
  return { command, option, operands, onlyOperands, given };
}

/** Its own and those of the commands above it, which are there everywhere. */
export function optionsOf(command: Command): Option[] {
  const own = command.options.filter(({ hidden }) => !hidden);
  return command.parent === null ? own : [...own, ...optionsOf(command.parent)];
}

export function findOption(command: Command, flag: string): Option | undefined {
  return optionsOf(command).find(({ long, short }) => long === flag || short === flag);
}
