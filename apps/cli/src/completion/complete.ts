import type { Argument, Command, Option } from 'commander';
import type { Candidate } from './candidate.ts';
import { findOption, optionsOf, readWords } from './command-words.ts';
import type { AtCursor } from './command-words.ts';
import { liveNames } from './live-names.ts';

export interface Completion {
  readonly candidates: readonly Candidate[];
  /** Names of files may stand there too: shells know them better. */
  readonly files: boolean;
}

/** What a shell asks for. */
export interface CompletionQuery {
  /** Those after `q`; the last one is at the cursor, and may be empty or unfinished. */
  readonly words: readonly string[];
  /** How long names may take that a broker has to be asked for, milliseconds. */
  readonly withinMs: number;
}

const nothing: Completion = { candidates: [], files: false };

/**
 * What may stand at the cursor. What a value is, is told by its name in the definition of the command, such as
 * `<topic>` or `<path>`: whoever adds a command has its completion for nothing.
 *
 * @param query the words, and how long it may take
 */
export async function complete(program: Command, { words, withinMs }: CompletionQuery): Promise<Completion> {
  const current = words.at(-1) ?? '';
  const at = readWords(program, words.slice(0, -1));
  const completion = await completeAt(program, at, { current, withinMs });
  return { ...completion, candidates: completion.candidates.filter(({ word }) => word.startsWith(current)) };
}

async function completeAt(program: Command, at: AtCursor, o: Typed): Promise<Completion> {
  const { current, withinMs } = o;
  const { command, option, operands, onlyOperands } = at;
  if (option !== null) return valuesOf(program, option, { at, ...o });
  if (current.startsWith('-') && !onlyOperands) {
    const equals = current.indexOf('=');
    if (equals < 0) return { candidates: flagsOf(command), files: false };
    const named = findOption(command, current.slice(0, equals));
    if (named === undefined) return nothing;
    const prefix = current.slice(0, equals + 1);
    const { candidates, files } = await valuesOf(program, named, { at, current: current.slice(equals + 1), withinMs });
    return { candidates: candidates.map((each) => ({ ...each, word: `${prefix}${each.word}` })), files };
  }
  if (command.commands.length > 0) return { candidates: operands === 0 ? commandsOf(command) : [], files: false };
  const argument = command.registeredArguments[operands] ?? lastVariadic(command);
  return argument === undefined ? nothing : valuesOf(program, argument, { at, ...o });
}

function lastVariadic(command: Command): Argument | undefined {
  const last = command.registeredArguments.at(-1);
  return last?.variadic === true ? last : undefined;
}

function commandsOf(command: Command): Candidate[] {
  return command.commands.map((child) => ({ word: child.name(), about: brief(child.description()) }));
}

function flagsOf(command: Command): Candidate[] {
  const own = optionsOf(command).map(({ long, short, description }) => ({
    word: long ?? short ?? '',
    about: brief(description),
  }));
  return [...own, { word: '--help', about: 'show help' }];
}

interface Typed {
  /** The word at the cursor, or what of it is the value. */
  readonly current: string;
  readonly withinMs: number;
}

/** Of a value that is one of a few, these; of one that has a name that we know, what there is. */
async function valuesOf(
  program: Command,
  definition: Option | Argument,
  o: Typed & { readonly at: AtCursor },
): Promise<Completion> {
  if (definition.argChoices !== undefined)
    return { candidates: definition.argChoices.map((word) => ({ word })), files: false };
  const name = 'flags' in definition ? (/<([^>]+)>/.exec(definition.flags)?.[1] ?? '') : definition.name();
  if (name === 'path') return { candidates: [], files: true };
  if (name === 'where') return { candidates: [{ word: 'start' }, { word: 'end' }], files: false };
  if (name !== 'topic' && name !== 'group' && name !== 'profile' && name !== 'transactional-id') return nothing;
  return { candidates: await liveNames(program, { what: name, ...o }), files: false };
}

/** Up to the first thing that only some want to know. */
function brief(text: string): string {
  return text.split(/[;:(]/, 1)[0]?.trim() ?? '';
}
