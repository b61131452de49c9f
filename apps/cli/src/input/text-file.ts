import type { Readable } from 'node:stream';
import { CommandError } from '../command-error.ts';
import { ExitCode } from '../exit-code.ts';
import { openLineSource } from './line-source.ts';

/** Far more than a file of settings or offsets has; keeps a mistyped path to a disk image out of the memory. */
const bytesMax = 64 << 20;

/** All of a file, or of standard input for `-`, as text. */
export async function readTextFile(path: string, stdin: Readable, signal: AbortSignal): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of await openLineSource(path, stdin, signal)) {
    bytes += chunk.length;
    if (bytes > bytesMax)
      throw new CommandError(ExitCode.failure, `${path} cannot be read: it has more than ${bytesMax >> 20} MiB`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}
