/**
 * Keeps the certificates of a broker: reads them at the start, notices other files, and puts them in force for the
 * handshakes that follow. Connections that exist go on as they are.
 *
 * Files are looked at every second and not by notices of the system: those follow an inode or a folder, and Kubernetes
 * swaps a link two folders away. What has changed is read when two looks in a row see the same, so that whoever writes
 * it is done.
 *
 * Invariant: what is in force of a listener was checked as a whole. What cannot be used changes nothing, and is said
 * until it is put right.
 */
import { QError } from '@q/protocol';
import type { Author } from '../caller.ts';
import type { Clock, Scheduled } from '../clock.ts';
import type { BrokerLogger } from '../logger.ts';
import type { TlsMaterial, TlsOptions } from './tls-options.ts';
import type { CertificateFacts, ListenerCertificates } from './certificate-facts.ts';
import type { PemFiles } from './node-pem-files.ts';
import { filesOf, readTls } from './read-tls.ts';
import type { ReadTls } from './read-tls.ts';

/** What became of a look at the files of one listener. */
export interface TlsReload {
  readonly listener: string;
  /** Null: they are in force. */
  readonly problem: string | null;
  /** They are others than before. */
  readonly isChanged: boolean;
  /** Its own certificate in force. */
  readonly certificate: CertificateFacts;
  /** Who asked for it; null: nobody did, or whoever has the process. */
  readonly author: Author | null;
}

/** A listener that encrypts. */
export interface WantedTls {
  readonly name: string;
  /** As errors name it: `listeners.outside.tls`. */
  readonly setting: string;
  readonly given: TlsOptions;
}

interface Kept extends WantedTls {
  read: ReadTls;
  renew: ((material: TlsMaterial) => void) | null;
  problem: string | null;
}

export interface TlsKeeperOptions {
  readonly clock: Clock;
  readonly logger: BrokerLogger;
  readonly files: PemFiles;
}

const lookIntervalMs = 1_000;

export class TlsKeeper {
  readonly #options: TlsKeeperOptions;
  readonly #kept = new Map<string, Kept>();
  readonly #listeners = new Set<(reloads: readonly TlsReload[]) => void>();
  #timer: Scheduled | null = null;
  /** The state of the files that was read last, and that of the last look. */
  #readMarks = '';
  #lastMarks = '';
  #tail: Promise<unknown> = Promise.resolve();
  #isStopped = false;

  private constructor(options: TlsKeeperOptions) {
    this.#options = options;
  }

  /** Reads what the listeners shake hands with. @throws QError INVALID_CONFIG that names the file and what is wrong */
  static async open(listeners: readonly WantedTls[], options: TlsKeeperOptions): Promise<TlsKeeper> {
    const keeper = new TlsKeeper(options);
    keeper.#readMarks = await keeper.#marksOf(listeners.flatMap(({ given }) => filesOf(given)));
    for (const wanted of listeners) {
      const { setting, given } = wanted;
      const read = await readTls(given, { files: options.files, setting, nowMs: options.clock.now() });
      keeper.#kept.set(wanted.name, { ...wanted, read, renew: null, problem: null });
    }
    await keeper.#warnOfPublicKeys();
    keeper.#lastMarks = keeper.#readMarks;
    return keeper;
  }

  /** Null: the listener is a plain one. */
  materialOf(name: string): TlsMaterial | null {
    return this.#kept.get(name)?.read.material ?? null;
  }

  certificates(): ListenerCertificates[] {
    return Array.from(this.#kept.values(), ({ name: listener, read: { certificates }, problem }) => ({
      listener,
      certificates,
      problem,
    }));
  }

  /** From now on others are put in force with `renew`. */
  serve(name: string, renew: ((material: TlsMaterial) => void) | undefined): void {
    const kept = this.#kept.get(name);
    if (kept !== undefined && renew !== undefined) kept.renew = renew;
  }

  /** Calls `listener` with what comes of each reload. */
  onReload(listener: (reloads: readonly TlsReload[]) => void): void {
    this.#listeners.add(listener);
  }

  /** Looks at the files from now on. */
  watch(): void {
    if (Array.from(this.#kept.values()).every(({ given }) => filesOf(given).length === 0)) return;
    this.#schedule();
  }

  stop(): void {
    this.#isStopped = true;
    this.#timer?.cancel();
  }

  /** Reads the files again. `by` says what it is because of, `author` who asked for it. */
  reload(by: string, author: Author | null = null): Promise<readonly TlsReload[]> {
    const result = this.#tail.then(() => this.#reload(by, author));
    this.#tail = result.catch(() => undefined);
    return result;
  }

  async #reload(by: string, author: Author | null): Promise<readonly TlsReload[]> {
    const marks = await this.#marks();
    const reloads: TlsReload[] = [];
    for (const kept of this.#kept.values()) reloads.push({ ...(await this.#reloadOne(kept, by)), author });
    this.#readMarks = marks;
    this.#lastMarks = marks;
    if (reloads.some(({ isChanged }) => isChanged)) await this.#warnOfPublicKeys();
    for (const listener of this.#listeners) listener(reloads);
    return reloads;
  }

  async #reloadOne(kept: Kept, by: string): Promise<Omit<TlsReload, 'author'>> {
    const { logger } = this.#options;
    const { name: listener } = kept;
    try {
      const isChanged = await this.#renew(kept);
      const [certificate] = kept.read.certificates;
      kept.problem = null;
      if (isChanged) {
        const { subject, serial, validToMs } = certificate!;
        const validTo = new Date(validToMs).toISOString();
        logger.info(
          { event: 'tls.reloaded', listener, by, subject, serial, validTo },
          'other certificates are in force',
        );
      }
      return { listener, problem: null, isChanged, certificate: certificate! };
    } catch (error) {
      const reason = (error as Error).message;
      kept.problem = reason;
      logger.error(
        { event: 'tls.reload_failed', listener, by, reason },
        'certificates cannot be used; the old ones stay in force',
      );
      return { listener, problem: reason, isChanged: false, certificate: kept.read.certificates[0]! };
    }
  }

  async #renew(kept: Kept): Promise<boolean> {
    const { clock, files } = this.#options;
    const { given, setting, renew } = kept;
    if (filesOf(given).length === 0) return false;
    const read = await readTls(given, { files, setting, nowMs: clock.now() });
    if (JSON.stringify(read.material) === JSON.stringify(kept.read.material)) return false;
    if (renew === null)
      throw new QError('INVALID_CONFIG', `${setting}: this listener takes no others while it is open`);
    renew(read.material);
    kept.read = read;
    return true;
  }

  #schedule(): void {
    if (this.#isStopped) return;
    this.#timer = this.#options.clock.schedule(lookIntervalMs, () => void this.#look().finally(() => this.#schedule()));
  }

  async #look(): Promise<void> {
    const marks = await this.#marks();
    const isSettled = marks === this.#lastMarks;
    this.#lastMarks = marks;
    if (marks !== this.#readMarks && isSettled) await this.reload('a file changed');
  }

  #marks(): Promise<string> {
    return this.#marksOf(Array.from(this.#kept.values()).flatMap(({ given }) => filesOf(given)));
  }

  async #marksOf(files: readonly { readonly path: string }[]): Promise<string> {
    const marks = files.map(({ path }) =>
      this.#options.files.look(path).then(
        ({ mark }) => mark,
        (error: unknown) => (error as NodeJS.ErrnoException).code ?? 'gone',
      ),
    );
    return (await Promise.all(marks)).join('\n');
  }

  async #warnOfPublicKeys(): Promise<void> {
    const { files, logger } = this.#options;
    const keys = Array.from(this.#kept.values()).flatMap(({ given }) => filesOf(given).filter(({ isKey }) => isKey));
    for (const path of new Set(keys.map((key) => key.path))) {
      const look = await files.look(path).catch(() => null);
      if (look?.isPublic === true)
        logger.warn(
          { event: 'tls.key_readable', file: path },
          'everybody on this machine may read this key; give it to the broker alone (chmod 600)',
        );
    }
  }
}
