import { open } from 'node:fs/promises';
import { CommandError } from '../command-error.ts';
import { ExitCode } from '../exit-code.ts';

/** Far more than a key or a token has. */
const secretBytesMax = 64 << 10;
const permissionBits = 0o777;
const ofOthers = 0o077;
/** As a service manager or a container hands one on: it is root's, and one group may read it. */
const ofRootForGroup = 0o037;

/** What is asked of a file that holds a secret. */
export interface SecretFile {
  readonly path: string;
  /** What it holds, for errors: `the password file`. */
  readonly what: string;
}

/** What a file holds that nobody else may read. @throws CommandError naming the file, and what makes it right */
export async function readSecretFile({ path, what }: SecretFile): Promise<string> {
  let content: Buffer;
  try {
    await using file = await open(path);
    const { mode, uid, size } = await file.stat();
    const allowed = uid === 0 ? ofRootForGroup : ofOthers;
    // Windows has no such bits.
    if (process.platform !== 'win32' && (mode & allowed) !== 0) throw readable({ path, what }, mode & permissionBits);
    if (size > secretBytesMax) throw new Error(`it has ${size} bytes, and a secret has ${secretBytesMax} at most`);
    content = await file.readFile();
  } catch (error) {
    if (error instanceof CommandError) throw error;
    throw unreadable({ path, what }, error);
  }
  return content.toString('utf8');
}

function readable({ path, what }: SecretFile, mode: number): CommandError {
  const shown = `0${mode.toString(8).padStart(3, '0')}`;
  return new CommandError(ExitCode.failure, `${what} ${path} can be read by others (mode ${shown})`, {
    hint: `chmod 600 ${path}`,
  });
}

/** Of any file that was named on the command line or in a profile. */
export function unreadable({ path, what }: SecretFile, error: unknown): CommandError {
  const { code, message } = error as NodeJS.ErrnoException;
  const reason = code === 'ENOENT' ? 'there is no such file' : message;
  return new CommandError(ExitCode.failure, `${what} ${path} cannot be read: ${reason}`, { cause: error });
}
