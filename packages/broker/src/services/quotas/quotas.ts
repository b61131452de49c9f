/**
 * The quotas of a broker, for whoever administers them.
 */
import { everyOther } from '@q/security';
import type { EntityName, QuotaEntity, QuotaKind } from '@q/security';
import type { Author } from '../../caller.ts';
import type { AuditNotes } from '../audit/audit.ts';
import type { QuotaChange, QuotaChanges, QuotaStore } from './quota-store.ts';

/** What becomes of the quotas of an entity. */
export interface QuotaWish {
  /** Null takes one away. Kinds that are not named stay as they are. */
  readonly changes: QuotaChanges;
  /** It is only checked. */
  readonly isDryRun?: boolean;
}

/** All quotas of one entity, each in a second. */
export interface QuotasOfEntity {
  readonly entity: QuotaEntity;
  readonly quotas: ReadonlyMap<QuotaKind, number>;
}

/** Which entities are meant: those with that name, or with any (also `everyOther`). */
export type NameFilter = { readonly is: EntityName } | 'any';

/** Every part that is given has to fit. `isStrict`: and the entity has no other. */
export interface QuotaFilter {
  readonly user?: NameFilter;
  readonly clientId?: NameFilter;
  readonly address?: NameFilter;
  readonly isStrict?: boolean;
}

export class Quotas {
  readonly #store: QuotaStore;
  readonly #audit: AuditNotes;

  constructor({ store, audit }: { readonly store: QuotaStore; readonly audit: AuditNotes }) {
    this.#store = store;
    this.#audit = audit;
  }

  /** In the order in which they were set. */
  list(filter: QuotaFilter = {}): QuotasOfEntity[] {
    return this.#store.book.all.filter(({ entity }) => fits(entity, filter));
  }

  /**
   * Changes quotas of one entity. Durable and in force when it resolves: whoever is held because of a quota that is
   * gone, or that is higher now, goes on. `by`: who asks; missing: whoever has the process.
   * @throws QError INVALID_REQUEST
   */
  async set(entity: QuotaEntity, { changes, isDryRun = false }: QuotaWish, by?: Author): Promise<void> {
    if (isDryRun) this.#store.check(entity, changes);
    else this.#tell(entity, await this.#store.change(entity, changes), by);
  }

  /** Takes all quotas of an entity away. False: it has none. @throws QError INVALID_REQUEST */
  async remove(entity: QuotaEntity, by?: Author): Promise<boolean> {
    const change = await this.#store.remove(entity);
    this.#tell(entity, change, by);
    return change !== null;
  }

  #tell(entity: QuotaEntity, change: QuotaChange | null, by: Author | undefined): void {
    if (change === null) return;
    this.#audit.note({
      event: 'audit.quota_set',
      by: by ?? null,
      operation: 'alterConfigs',
      resource: { type: 'quota', name: entityText(entity) },
      before: { quota: textsOf(change.before) },
      after: { quota: textsOf(change.after) },
    });
  }
}

function textsOf(quotas: ReadonlyMap<QuotaKind, number>): string[] {
  return [...quotas].map(([kind, perSecond]) => `${kind}=${perSecond}`);
}

const parts = ['user', 'clientId', 'address'] as const;

function fits(entity: QuotaEntity, filter: QuotaFilter): boolean {
  return parts.every((part) => {
    const [wanted, name] = [filter[part], entity[part]];
    if (wanted === undefined) return filter.isStrict !== true || name === undefined;
    return name !== undefined && (wanted === 'any' || wanted.is === name);
  });
}

/** An entity in words. */
function entityText({ user, clientId, address }: QuotaEntity): string {
  const texts: string[] = [];
  if (user !== undefined) texts.push(user === everyOther ? 'every other user' : `user ${JSON.stringify(user)}`);
  if (clientId !== undefined)
    texts.push(clientId === everyOther ? 'every other client id' : `client id ${JSON.stringify(clientId)}`);
  if (address !== undefined) texts.push(address === everyOther ? 'every other address' : `address ${address}`);
  return texts.join(' with ');
}
