import { open, rm } from 'node:fs/promises';
import { CommandError } from '../command-error.ts';
import { ExitCode } from '../exit-code.ts';

/** What a file for nobody else has. */
const ownMode = 0o600;
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

/** Makes a file of one line that nobody else may read. @throws CommandError where one is there, or it cannot be made */
export async function keepNewSecret(path: string, secret: string): Promise<void> {
  let isMade = false;
  try {
    await using file = await open(path, 'wx', ownMode);
    isMade = true;
    // The mode above is only an upper bound of what the file gets.
    await file.chmod(ownMode);
    await file.writeFile(`${secret}\n`);
    await file.sync();
  } catch (error) {
    if (isMade) await rm(path, { force: true });
    const { code, message } = error as NodeJS.ErrnoException;
    const reason = code === 'EEXIST' ? 'there is one, and it stays as it is' : message;
    throw new CommandError(ExitCode.failure, `${path} cannot be made: ${reason}; nothing was changed`, {
      cause: error,
    });
  }
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
