import { open, stat as statOf } from 'node:fs/promises';
import type { SettingsInput } from './resolve-settings.ts';

/** A file of settings is a page or two; what is larger is none, and must not fill the memory. */
const fileBytesMax = 1 << 20;

/** What a file of settings says. */
export interface SettingsText {
  readonly text: string;
  /** A pipe, such as of `--config <(…)`, says what it has to say once. */
  readonly isFile: boolean;
}

/** Where this process has its settings from, and what its file said last. */
export interface ProgramInput extends SettingsInput {
  /** Null: it has not been read, or could not be. */
  last: SettingsText | null;
}

export function programInput({ argv, env }: Pick<SettingsInput, 'argv' | 'env'>): ProgramInput {
  let first: SettingsText | null = null;
  const input: ProgramInput = {
    argv,
    env,
    last: null,
    readFile: async (path) => {
      if (first?.isFile === false) return first.text;
      input.last = null;
      input.last = first === null ? await readText(path) : await readTextAgain(path);
      // A program that could not write it to its end, on a full disk for one, leaves it so; nobody means that.
      if (input.last.text === '' && first !== null && first.text !== '')
        throw new Error('it is empty now; with a comment in it, it says that nothing is set');
      first ??= input.last;
      return input.last.text;
    },
    entries: async () => {
      // Only where somebody sets one: what the program needs in any case is loaded when the settings are known.
      const { ownDefinitions } = await import('@q/broker');
      return new Map(ownDefinitions().map((definition) => [definition.name, definition]));
    },
  };
  return input;
}

/** @throws Error of the system, or when it is too large */
export async function readText(path: string): Promise<SettingsText> {
  await using file = await open(path, 'r');
  const stat = await file.stat();
  const { size } = stat;
  if (size > fileBytesMax) throw new Error(`it has ${size} bytes, and a file of settings at most ${fileBytesMax}`);
  return { text: await file.readFile('utf8'), isFile: stat.isFile() };
}

/**
 * As `readText`, of what was a file before. Whatever stands there now may be a pipe that nobody writes to: to open it
 * would wait for ever, and hold one of the few threads that the disk has.
 */
export async function readTextAgain(path: string): Promise<SettingsText> {
  if (!(await statOf(path)).isFile()) throw new Error('it is not a file any more');
  return readText(path);
}
