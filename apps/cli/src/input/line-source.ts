import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { addAbortSignal } from 'node:stream';
import type { Readable } from 'node:stream';
import { CommandError } from '../command-error.ts';
import { ExitCode } from '../exit-code.ts';

/** Large, so that a file costs few trips through the event loop; some thousand lines of usual length. */
const readBytes = 1 << 20;

/** The bytes of a file or of standard input. Aborting the signal ends them with an `AbortError`. */
export async function openLineSource(
  path: string | undefined,
  stdin: Readable,
  signal: AbortSignal,
): Promise<AsyncIterable<Buffer>> {
  if (path === undefined || path === '-') return addAbortSignal(signal, stdin);
  try {
    // Opened before anything is sent, so that a mistyped path is told at once.
    const file = await open(path);
    if ((await file.stat()).isDirectory()) {
      await file.close();
      throw new Error('it is a folder');
    }
    return addAbortSignal(signal, createReadStream(path, { fd: file, highWaterMark: readBytes }));
  } catch (error) {
    const reason =
      (error as NodeJS.ErrnoException).code === 'ENOENT' ? 'there is no such file' : (error as Error).message;
    throw new CommandError(ExitCode.failure, `${path} cannot be read: ${reason}`, { cause: error });
  }
}
