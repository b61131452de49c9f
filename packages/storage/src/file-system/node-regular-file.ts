import fs from 'node:fs';

/*
 * Opens regular files and nothing else: to open a named pipe, or to read from one, waits for whoever has its other end,
 * perhaps for ever, and takes a thread of Node's pool with it. So nothing is opened that could wait, and what is no
 * regular file is refused by its name.
 */
const { O_RDONLY, O_NONBLOCK } = fs.constants;
// Not on every system, whatever its type says.
const withoutWaiting = (O_NONBLOCK as number | undefined) ?? 0;

/** Records, and what passwords are checked against: for the broker's user alone. */
export const fileMode = 0o600;

/** As open(2), and it does not wait; whoever reads from it makes sure by `assertRegular` first. */
export function openWithoutWaiting(path: string, flags: number): Promise<number> {
  return promise<number>((done) => fs.open(path, flags | withoutWaiting, fileMode, done));
}

/** Throws what says EINVAL and the path, for a pipe, a socket, a device or a folder. */
export async function openRegular(path: string, flags: number): Promise<number> {
  const descriptor = await openWithoutWaiting(path, flags);
  try {
    assertRegular(await promise<fs.Stats>((done) => fs.fstat(descriptor, done)), path);
    return descriptor;
  } catch (error) {
    await close(descriptor);
    throw error;
  }
}

/** The whole file. */
export async function readRegular(path: string): Promise<Buffer> {
  const descriptor = await openRegular(path, O_RDONLY);
  try {
    return await promise<Buffer>((done) => fs.readFile(descriptor, done));
  } finally {
    await close(descriptor);
  }
}

export function assertRegular(found: fs.Stats, path: string): void {
  if (found.isFile()) return;
  // A folder in a file's place has a code of its own everywhere.
  const [code, what] = found.isDirectory() ? ['EISDIR', 'a folder'] : ['EINVAL', 'no regular file'];
  throw Object.assign(new Error(`${code}: it is ${what}, open '${path}'`), { code, syscall: 'open', path });
}

function close(descriptor: number): Promise<void> {
  return promise<void>((done) => fs.close(descriptor, done));
}

type Done<T> = (error: Error | null | undefined, value?: T) => void;

/** Of a call of Node's that tells its end by a callback. */
export function promise<T>(start: (done: Done<T>) => void): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    start((error, value) => (error ? reject(error) : resolve(value as T)));
  });
}
