import type { Clock } from '@q/storage';
import { clusterLimits } from '../../limits.ts';
import { CallsUnderWay } from '../calls-under-way.ts';
import { checkCreate, checkList, checkRange, checkRead } from '../check-call.ts';
import type {
  CallOptions,
  CreateResult,
  DeleteResult,
  GetResult,
  ListOptions,
  ListResult,
  ObjectPart,
  ObjectStore,
  RangeResult,
  StoreFault,
} from '../object-store.ts';
import { folderFault, systemCode } from './folder-fault.ts';
import type { FileBytes, FolderFiles } from './folder-files.ts';
import { walkNames } from './name-walk.ts';
import { ObjectFolders } from './object-folders.ts';

/** Where the files are, and what they are reached with. */
export interface FolderObjectStoreOptions {
  /** Absolute; it is made when the first object is created. */
  readonly folder: string;
  readonly files: FolderFiles;
  readonly clock: Pick<Clock, 'schedule' | 'now'>;
}

/** A draft that is so old belongs to a process that has died. */
const draftMsMax = 24 * 60 * 60 * 1_000;
/** Drafts that are looked at when a store is opened. */
const draftsLookedAtMax = 1_000;

/*
 * Objects as files in a folder: of one machine, or of a disk that several share.
 *
 *   <folder>/.drafts/<unique name>   an object that is being written
 *   <folder>/<name>                  an object, whole and for ever
 *
 * A draft is written and synced, then linked to the name of the object: link(2) fails where the name is there. Then the
 * folder is synced, and only then the draft goes.
 *
 * So a file with two names is one whose name may not be durable yet. Whoever finds one syncs the folder before it says
 * so: else it could act on an object that a power cut takes away.
 */
export class FolderObjectStore implements ObjectStore {
  readonly description: string;
  readonly #root: string;
  readonly #files: FolderFiles;
  readonly #clock: Pick<Clock, 'now'>;
  readonly #calls: CallsUnderWay;
  readonly #folders: ObjectFolders;
  #areDraftsSwept = false;

  constructor(options: FolderObjectStoreOptions) {
    this.#root = options.folder.replace(/\/+$/, '');
    this.description = `folder:${this.#root}`;
    this.#files = options.files;
    this.#clock = options.clock;
    this.#calls = new CallsUnderWay(options.clock);
    this.#folders = new ObjectFolders(options.files, this.#root);
  }

  async create(name: string, body: Buffer, options: CallOptions): Promise<CreateResult> {
    checkCreate(name, body, options);
    return await this.#calls.run<CreateResult>(options, {
      begin: (signal) => this.#create(this.#folders.pathOf(name), body, signal),
      failed: (fault) => ({ outcome: 'unknown', fault }),
      unsent: (fault) => ({ outcome: 'refused', fault }),
    });
  }

  async get(name: string, options: CallOptions): Promise<GetResult> {
    checkRead(name, options);
    return await this.#calls.run<GetResult>(options, {
      failed,
      begin: () =>
        this.#read<GetResult>(name, 'all', ({ bytes, sizeBytes }) =>
          sizeBytes > clusterLimits.objectBytesMax
            ? failed({ kind: 'too_large', message: `${name} has ${sizeBytes} bytes` })
            : { outcome: 'found', bytes: bytes ?? Buffer.alloc(0) },
        ),
    });
  }

  async range(name: string, part: ObjectPart, options: CallOptions): Promise<RangeResult> {
    checkRange(name, part, options);
    return await this.#calls.run<RangeResult>(options, {
      failed,
      begin: () =>
        this.#read<RangeResult>(name, part, ({ bytes, position, sizeBytes }) =>
          bytes === null ? { outcome: 'beyond' } : { outcome: 'found', bytes, position, sizeBytes },
        ),
    });
  }

  async delete(name: string, options: CallOptions): Promise<DeleteResult> {
    checkRead(name, options);
    return await this.#calls.run<DeleteResult>(options, { failed, begin: () => this.#delete(name) });
  }

  async list(prefix: string, options: ListOptions): Promise<ListResult> {
    checkList(prefix, options);
    return await this.#calls.run<ListResult>(options, {
      failed,
      begin: (signal) => this.#list(prefix, options, signal),
    });
  }

  close(): Promise<void> {
    this.#calls.close();
    return Promise.resolve();
  }

  /** As `close`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #create(path: string, body: Buffer, signal: AbortSignal): Promise<CreateResult> {
    const draft = this.#folders.pathOf(`.drafts/${this.#files.uniqueName()}`);
    try {
      await this.#folders.makeFor(draft);
      await this.#sweepDrafts();
      await this.#files.writeNew(draft, body);
      await this.#folders.makeFor(path);
    } catch (error) {
      if (systemCode(error) === 'ENOENT') this.#folders.forget();
      await this.#removeDraft(draft);
      return { outcome: 'refused', fault: folderFault(error) };
    }
    try {
      // Whoever has given up may have changed the bytes while they were written.
      if (signal.aborted) return { outcome: 'refused', fault: { kind: 'aborted', message: 'the call was given up' } };
      const result = await this.#link(draft, path);
      if (result.outcome === 'created' || result.outcome === 'taken') await this.#folders.syncFor(path);
      return result;
    } catch (error) {
      return { outcome: 'unknown', fault: folderFault(error) };
    } finally {
      await this.#removeDraft(draft);
    }
  }

  async #link(draft: string, path: string): Promise<CreateResult> {
    try {
      await this.#files.link(draft, path);
      return { outcome: 'created' };
    } catch (error) {
      // A server of files may have done it, lost the answer, and done it again.
      if (systemCode(error) === 'EEXIST') {
        if ((await this.#files.linksOf(draft)) > 1) return { outcome: 'created' };
        return await this.#whoHas(path);
      }
      if (systemCode(error) === 'ENOENT') this.#folders.forget();
      const fault = folderFault(error);
      return { outcome: fault.kind === 'server' ? 'unknown' : 'refused', fault };
    }
  }

  /** An object; or a folder, that other names have made, and which will never be an object. */
  async #whoHas(path: string): Promise<CreateResult> {
    try {
      await this.#files.read(path, { position: 0, length: 1 });
    } catch (error) {
      if (systemCode(error) === 'EISDIR') return { outcome: 'refused', fault: folderFault(error) };
    }
    return { outcome: 'taken' };
  }

  /** What stays is swept later. */
  async #removeDraft(draft: string): Promise<void> {
    await this.#files.removeFile(draft).catch(() => undefined);
  }

  async #sweepDrafts(): Promise<void> {
    if (this.#areDraftsSwept) return;
    this.#areDraftsSwept = true;
    const drafts = await this.#files.readFolder(this.#folders.pathOf('.drafts'));
    for (const { name } of drafts.slice(0, draftsLookedAtMax)) {
      const path = this.#folders.pathOf(`.drafts/${name}`);
      const modifiedMs = await this.#files.modifiedMs(path).catch(() => null);
      if (modifiedMs !== null && this.#clock.now() - modifiedMs > draftMsMax) await this.#removeDraft(path);
    }
  }

  async #read<T>(
    name: string,
    part: ObjectPart | 'all',
    found: (bytes: FileBytes) => T,
  ): Promise<T | { readonly outcome: 'absent' } | { readonly outcome: 'failed'; readonly fault: StoreFault }> {
    const path = this.#folders.pathOf(name);
    try {
      const read = await this.#files.read(path, part);
      if (read.links > 1) await this.#folders.syncFor(path);
      return found(read);
    } catch (error) {
      return ['ENOENT', 'ENOTDIR', 'EISDIR'].includes(systemCode(error))
        ? { outcome: 'absent' }
        : failed(folderFault(error));
    }
  }

  async #delete(name: string): Promise<DeleteResult> {
    const path = this.#folders.pathOf(name);
    try {
      await this.#files.removeFile(path);
      await this.#folders.syncFor(path);
    } catch (error) {
      if (!['ENOENT', 'ENOTDIR'].includes(systemCode(error))) return failed(folderFault(error));
    }
    return { outcome: 'deleted' };
  }

  async #list(prefix: string, options: ListOptions, signal: AbortSignal): Promise<ListResult> {
    const { after = '', namesMax = clusterLimits.namesListedMax } = options;
    const names: string[] = [];
    try {
      for await (const name of walkNames(this.#files, { root: this.#root, prefix, after })) {
        if (names.length === namesMax) return { outcome: 'listed', names, isMore: true };
        names.push(name);
        if (signal.aborted) break;
      }
      return { outcome: 'listed', names, isMore: false };
    } catch (error) {
      return failed(folderFault(error));
    }
  }
}

function failed(fault: StoreFault): { readonly outcome: 'failed'; readonly fault: StoreFault } {
  return { outcome: 'failed', fault };
}
