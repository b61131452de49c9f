import type { File, FileSystem } from '../ports/file-system.ts';

/** Some files one behind the other, read as if they were one. */
export class JoinedFile {
  readonly #parts: readonly { readonly file: File; readonly from: number; readonly to: number }[];

  private constructor(parts: readonly { readonly file: File; readonly from: number; readonly to: number }[]) {
    this.#parts = parts;
  }

  static async open(
    fileSystem: FileSystem,
    parts: readonly { readonly path: string; readonly from: number; readonly to: number }[],
  ): Promise<JoinedFile> {
    const opened: { file: File; from: number; to: number }[] = [];
    try {
      for (const { path, from, to } of parts) opened.push({ file: await fileSystem.open(path, 'read'), from, to });
    } catch (error) {
      for (const { file } of opened) await file.close();
      throw error;
    }
    return new JoinedFile(opened);
  }

  /** Up to `length` bytes; fewer where a file has less than it should, or at the end. */
  async read(position: number, length: number): Promise<Buffer> {
    const pieces: Buffer[] = [];
    let at = position;
    const end = position + length;
    for (const { file, from, to } of this.#parts) {
      if (at >= end || at < from || at >= to) continue;
      const bytes = await file.read(at - from, Math.min(end, to) - at);
      pieces.push(bytes);
      at += bytes.length;
      if (at < Math.min(end, to)) break;
    }
    return pieces.length === 1 ? (pieces[0] as Buffer) : Buffer.concat(pieces);
  }

  async close(): Promise<void> {
    for (const { file } of this.#parts) await file.close();
  }
}
