import { open } from 'node:fs/promises';
import type { SettingsInput } from './resolve-settings.ts';

/** A file of settings is a page or two; what is larger is none, and must not fill the memory. */
const fileBytesMax = 1 << 20;

/** Where this process has its settings from, and what its file said last. */
export interface ProgramInput extends SettingsInput {
  /** Null: it has not been read, or could not be. */
  lastText: string | null;
}

export function programInput({ argv, env }: Pick<SettingsInput, 'argv' | 'env'>): ProgramInput {
  const input: ProgramInput = {
    argv,
    env,
    lastText: null,
    readFile: async (path) => {
      input.lastText = null;
      input.lastText = await readText(path);
      return input.lastText;
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
export async function readText(path: string): Promise<string> {
  await using file = await open(path, 'r');
  const { size } = await file.stat();
  if (size > fileBytesMax) throw new Error(`it has ${size} bytes, and a file of settings at most ${fileBytesMax}`);
  return await file.readFile('utf8');
}
