import type { Command } from 'commander';
import { complete } from './complete.ts';
import { namesWithinMs } from './live-names.ts';
import { bashPrefix, shellWords } from './shell-line.ts';

/** A line of the answer: names of files may stand there. */
const filesLine = ':files';

/**
 * Answers a shell, a candidate a line, with what it is about after a tab.
 *
 *     __complete -- WORD…                 zsh and fish: the words after q; the last is at the cursor
 *     __complete --bash LINE CURRENT      the line up to the cursor, and what bash takes for the word there
 */
export async function answerShell(
  program: Command,
  args: readonly string[],
  withinMs: number = namesWithinMs,
): Promise<string> {
  const [kind, ...rest] = args;
  const [line = '', current = ''] = rest;
  const words = kind === '--bash' ? shellWords(line).slice(1) : rest;
  const cut = kind === '--bash' ? bashPrefix(words.at(-1) ?? '', current).length : 0;
  const { candidates, files } = await complete(program, { words, withinMs });
  const lines = candidates
    .filter(({ word }) => !/[\n\t]/.test(word))
    .map(({ word, about = '' }) => `${word.slice(cut)}${about === '' ? '' : `\t${about}`}\n`);
  return `${lines.join('')}${files ? `${filesLine}\n` : ''}`;
}
