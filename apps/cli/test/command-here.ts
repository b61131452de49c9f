import { PassThrough } from 'node:stream';
import { stripVTControlCharacters } from 'node:util';
import { runCommand } from '../src/run.ts';
import type { ProgramResult } from './q-program.ts';

export interface CommandHereOptions {
  /** Words of the command line, separated by single spaces. */
  readonly line: string;
  readonly url: string;
  /** What standard input holds; on a terminal, what is typed. */
  readonly input?: string;
  /** Whether the streams say that they are a terminal. */
  readonly terminal?: boolean;
}

/** Runs one command in this process: as `runProgram`, without the start of a process. */
export async function runHere({ line, url, input = '', terminal = false }: CommandHereOptions): Promise<ProgramResult> {
  const stream = (): PassThrough & { isTTY: boolean } => Object.assign(new PassThrough(), { isTTY: terminal });
  const [stdin, stdout, stderr] = [stream(), stream(), stream()];
  stdin.write(input);
  // What is typed on a terminal does not end.
  if (!terminal) stdin.end();
  const code = await runCommand(['--url', url, ...line.split(' ')], {
    stdin,
    stdout,
    stderr,
    interrupt: new AbortController().signal,
  });
  const text = async (written: PassThrough): Promise<string> =>
    stripVTControlCharacters(Buffer.concat((await written.end().toArray()) as Buffer[]).toString());
  return { code, stdout: await text(stdout), stderr: await text(stderr) };
}
