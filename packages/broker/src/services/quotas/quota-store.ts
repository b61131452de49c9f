/**
 * The quotas of a broker, in the metadata store: one entry for each entity (RFC 12).
 *
 * Invariant: `book` has every quota that is stored and can be read. Of entries that a newer broker wrote, `#unreadable`
 * has the keys: they are not in force, and not overwritten.
 */
import { QError } from '@q/protocol';
import { QuotaBook, checkEntity, decodeQuotas, encodeQuotas, quotaEntityOf, quotaKey, quotaPrefix } from '@q/security';
import type { QuotaEntity, QuotaKind } from '@q/security';
import type { MetadataChange, MetadataStore } from '../../metadata/metadata-store.ts';

/** What becomes of the quotas of an entity: null takes one away. Kinds that are not named stay as they are. */
export type QuotaChanges = ReadonlyMap<QuotaKind, number | null>;

/** What the quotas of an entity were, and are. */
export interface QuotaChange {
  readonly before: ReadonlyMap<QuotaKind, number>;
  readonly after: ReadonlyMap<QuotaKind, number>;
}

export class QuotaStore {
  /** What is in force. */
  readonly book: QuotaBook = new QuotaBook();
  readonly #metadata: Pick<MetadataStore, 'get' | 'compareAndSet'>;
  readonly #unreadable = new Set<string>();
  readonly #stopWatching: () => void;
  readonly #listeners: (() => void)[] = [];

  private constructor(metadata: MetadataStore, revision: number) {
    this.#metadata = metadata;
    this.#stopWatching = metadata.watch({
      prefix: quotaPrefix,
      afterRevision: revision,
      listener: (change) => this.#changed(change),
    });
  }

  static async open(metadata: MetadataStore): Promise<QuotaStore> {
    const { entries, revision } = await metadata.list(quotaPrefix);
    const store = new QuotaStore(metadata, revision);
    for (const entry of entries) store.#changed({ kind: 'put', entry });
    return store;
  }

  /** Calls `listener` after each change. */
  onChange(listener: () => void): void {
    this.#listeners.push(listener);
  }

  /** Whether it may be changed so; nothing is done. @throws QError INVALID_REQUEST */
  check(entity: QuotaEntity, changes: QuotaChanges): void {
    checkEntity(entity);
    for (const [kind, perSecond] of changes) this.book.check(entity, kind, perSecond);
    if (this.#unreadable.has(quotaKey(entity)))
      throw new QError('INVALID_REQUEST', 'these quotas were stored by a newer version of the broker');
  }

  /** Durable, and in force, when it resolves. Null: nothing was to be changed. @throws QError INVALID_REQUEST */
  async change(entity: QuotaEntity, changes: QuotaChanges): Promise<QuotaChange | null> {
    this.check(entity, changes);
    return this.#rewrite(quotaKey(entity), (before) => {
      const after = new Map(before);
      for (const [kind, perSecond] of changes) {
        if (perSecond === null) after.delete(kind);
        else after.set(kind, perSecond);
      }
      return after;
    });
  }

  /** Takes all quotas of an entity away. Null: it has none. @throws QError INVALID_REQUEST */
  async remove(entity: QuotaEntity): Promise<QuotaChange | null> {
    this.check(entity, new Map());
    return this.#rewrite(quotaKey(entity), () => new Map());
  }

  close(): void {
    this.#stopWatching();
  }

  async #rewrite(
    key: string,
    change: (before: ReadonlyMap<QuotaKind, number>) => ReadonlyMap<QuotaKind, number>,
  ): Promise<QuotaChange | null> {
    for (;;) {
      const entry = await this.#metadata.get(key);
      const before = (entry === null ? null : decodeQuotas(entry.value)) ?? new Map<QuotaKind, number>();
      const after = change(before);
      const value = after.size === 0 ? null : encodeQuotas(after);
      if (value === (entry?.value ?? null)) return null;
      const { isSet } = await this.#metadata.compareAndSet({ key, expectedVersion: entry?.version ?? 0, value });
      if (isSet) return { before, after };
    }
  }

  #changed(change: MetadataChange): void {
    const key = change.kind === 'put' ? change.entry.key : change.key;
    this.#unreadable.delete(key);
    const entity = quotaEntityOf(key);
    const quotas = change.kind === 'put' ? decodeQuotas(change.entry.value) : null;
    if (change.kind === 'put' && (entity === null || quotas === null)) this.#unreadable.add(key);
    if (entity !== null) this.book.put(entity, quotas);
    for (const listener of this.#listeners) listener();
  }
}
