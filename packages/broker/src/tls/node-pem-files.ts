import { readFile, stat } from 'node:fs/promises';

/** A certificate is a page or two; what is larger is none, and must not fill the memory. */
const fileBytesMax = 1 << 20;

/** What tells one state of a file from another without reading it. */
export interface FileMark {
  readonly mark: string;
  /** Anybody on the machine may read it. */
  readonly isPublic: boolean;
}

/** Files as certificates are read from. */
export interface PemFiles {
  /** Follows links: Kubernetes swaps them. @throws Error of the system */
  readonly look: (path: string) => Promise<FileMark>;
  /** @throws Error of the system, or when it is too large or none */
  readonly read: (path: string) => Promise<string>;
}

export const nodePemFiles: PemFiles = {
  look: async (path) => {
    const { dev, ino, size, mtimeMs, ctimeMs, mode } = await stat(path);
    return { mark: [dev, ino, size, mtimeMs, ctimeMs].join(' '), isPublic: (mode & 0o004) !== 0 };
  },
  read: async (path) => {
    const stats = await stat(path);
    if (!stats.isFile()) throw new Error('it is not a file');
    if (stats.size > fileBytesMax) throw new Error(`it has ${stats.size} bytes, and at most ${fileBytesMax} are read`);
    return readFile(path, 'latin1');
  },
};
