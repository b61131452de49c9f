import type { File, FileSystem } from '@q/storage';

/** A file system that counts how often file contents are made durable, and does everything else as the one below. */
export class SyncCounter {
  readonly fileSystem: FileSystem;
  #count = 0;

  constructor(below: FileSystem) {
    this.fileSystem = forward(below, {
      open: async (path, mode) => this.#counted(await below.open(path, mode)),
    });
  }

  get count(): number {
    return this.#count;
  }

  #counted(file: File): File {
    return forward(file, {
      datasync: () => {
        this.#count += 1;
        return file.datasync();
      },
    });
  }
}

/** An object with the methods of `own`, and those of `target` for the rest. */
function forward<T extends object>(target: T, own: Partial<T>): T {
  return new Proxy(target, {
    get: (_, name) => {
      const method: unknown = Reflect.get(own, name) ?? Reflect.get(target, name, target);
      return typeof method === 'function' ? (method.bind(target) as unknown) : method;
    },
  });
}
