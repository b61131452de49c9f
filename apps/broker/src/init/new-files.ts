/**
 * Files that are made once: what is there is never written over.
 */
import { access, chmod, link, mkdir, open, readFile, rename, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { InitError } from './init-error.ts';

const secretMode = 0o600;
const folderMode = 0o700;
const secretBytesMax = 64 << 10;
const ofOthers = 0o077;

/** A folder for nobody else, in one that is there; where it is there itself it stays. @throws InitError without that */
export async function makeFolder(path: string): Promise<void> {
  try {
    await mkdir(path, { mode: folderMode });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT')
      throw new InitError(`${path} cannot be made: there is no folder ${dirname(path)}; make that first`, {
        cause: error,
      });
    if (code !== 'EEXIST' || !(await stat(path)).isDirectory()) throw error;
  }
}

export async function isThere(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

/**
 * Makes a file that nobody else can read, whole or not at all. False: there is one, and it stays.
 *
 * @throws Error of the system
 */
export async function makeFile(path: string, text: string): Promise<boolean> {
  const fresh = await writeFresh(path, text);
  try {
    // Unlike a rename, a link fails where something is there.
    await link(fresh, path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  } finally {
    await rm(fresh, { force: true });
  }
}

/** Puts another file in the place of one, at once: who reads it meanwhile finds the old one or the new one. */
export async function replaceFile(path: string, text: string): Promise<void> {
  await rename(await writeFresh(path, text), path);
}

async function writeFresh(path: string, text: string): Promise<string> {
  const fresh = `${path}.${process.pid}.new`;
  await rm(fresh, { force: true });
  await using file = await open(fresh, 'wx', secretMode);
  // The mode above is only an upper bound of what it gets.
  await chmod(fresh, secretMode);
  await file.writeFile(text);
  await file.sync();
  return fresh;
}

/** Without the newline at its end. @throws InitError where others can read it, or it cannot be read */
export async function readSecret(path: string): Promise<string> {
  try {
    const { mode, uid, size } = await stat(path);
    // Root hands secrets on to containers readable for one group.
    const others = uid === 0 ? ofOthers & ~0o040 : ofOthers;
    if (process.platform !== 'win32' && (mode & others) !== 0)
      throw new InitError(`${path} can be read by others (mode 0${(mode & 0o777).toString(8)}); chmod 600 ${path}`);
    if (size > secretBytesMax) throw new InitError(`${path} has ${size} bytes, which no password has`);
    return (await readFile(path, 'utf8')).replace(/\r?\n$/, '');
  } catch (error) {
    if (error instanceof InitError) throw error;
    const { code, message } = error as NodeJS.ErrnoException;
    throw new InitError(`${path} cannot be read: ${code === 'ENOENT' ? 'there is no such file' : message}`, {
      cause: error,
    });
  }
}
