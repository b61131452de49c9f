/**
 * All quotas, and which of them holds for whoever asks.
 *
 * Invariant: `#entries` has at most `quotasMax` entities, each with at least one quota.
 */
import { QError } from '@q/protocol';
import { securityLimits } from '../limits.ts';
import { checkEntity, checkQuota, everyOther } from './quota.ts';
import type { EntityName, QuotaEntity, QuotaKind } from './quota.ts';

/** Who uses something. */
export interface QuotaUser {
  readonly user: string;
  readonly clientId: string;
}

/** What holds for somebody: how much a second, and with whom it is shared - all that have the same `sharedBy`. */
export interface QuotaInForce {
  readonly perSecond: number;
  readonly sharedBy: string;
}

interface Entry {
  readonly entity: QuotaEntity;
  readonly quotas: Map<QuotaKind, number>;
}

/** The quotas that there are, and which of them holds for whom. */
export class QuotaBook {
  readonly #entries = new Map<string, Entry>();

  /** True without any quota: nobody has to be looked for. */
  get isEmpty(): boolean {
    return this.#entries.size === 0;
  }

  /** Every entity with its quotas, in the order in which they came. */
  get all(): { readonly entity: QuotaEntity; readonly quotas: ReadonlyMap<QuotaKind, number> }[] {
    return [...this.#entries.values()];
  }

  /** Sets a quota of an entity; null takes it away. @throws QError INVALID_REQUEST */
  set(entity: QuotaEntity, kind: QuotaKind, perSecond: number | null): void {
    const key = keyOf(checkEntity(entity));
    const entry = this.#entries.get(key);
    if (perSecond === null) {
      entry?.quotas.delete(kind);
      if (entry?.quotas.size === 0) this.#entries.delete(key);
      return;
    }
    checkQuota(kind, entity, perSecond);
    if (entry !== undefined) {
      entry.quotas.set(kind, perSecond);
      return;
    }
    this.#checkRoom();
    this.#entries.set(key, { entity, quotas: new Map([[kind, perSecond]]) });
  }

  /** All quotas of an entity at once, as they are stored; null or none: it has none any more. Nothing is checked. */
  put(entity: QuotaEntity, quotas: ReadonlyMap<QuotaKind, number> | null): void {
    const key = keyOf(entity);
    if (quotas === null || quotas.size === 0) this.#entries.delete(key);
    else this.#entries.set(key, { entity, quotas: new Map(quotas) });
  }

  /** The quota of whoever comes from an address. */
  ofAddress(address: string, kind: QuotaKind): QuotaInForce | null {
    if (this.isEmpty) return null;
    return this.#first([{ address }, { address: everyOther }], kind, { address });
  }

  /** The quota of a user with a client id: the closest of eight, as Kafka has it. Null: there is none. */
  ofClient({ user, clientId }: QuotaUser, kind: QuotaKind): QuotaInForce | null {
    if (this.isEmpty) return null;
    const candidates: QuotaEntity[] = [
      { user, clientId },
      { user, clientId: everyOther },
      { user },
      { user: everyOther, clientId },
      { user: everyOther, clientId: everyOther },
      { user: everyOther },
      { clientId },
      { clientId: everyOther },
    ];
    return this.#first(candidates, kind, { user, clientId });
  }

  /** Whether a quota may be set, or taken away (null); nothing is changed. @throws QError INVALID_REQUEST */
  check(entity: QuotaEntity, kind: QuotaKind, perSecond: number | null): void {
    checkEntity(entity);
    if (perSecond === null) return;
    checkQuota(kind, entity, perSecond);
    if (!this.#entries.has(keyOf(entity))) this.#checkRoom();
  }

  #checkRoom(): void {
    const { quotasMax } = securityLimits;
    if (this.#entries.size < quotasMax) return;
    throw new QError('INVALID_REQUEST', `there are ${quotasMax} quotas, which is as many as there may be`, {
      details: { limit: 'quotasMax', value: quotasMax },
    });
  }

  #first(candidates: readonly QuotaEntity[], kind: QuotaKind, who: QuotaEntity): QuotaInForce | null {
    for (const entity of candidates) {
      const perSecond = this.#entries.get(keyOf(entity))?.quotas.get(kind);
      if (perSecond !== undefined) return { perSecond, sharedBy: keyOf(named(entity, who)) };
    }
    return null;
  }
}

/** A quota of every other user is one for each of them, not one for all together. */
function named(entity: QuotaEntity, who: QuotaEntity): QuotaEntity {
  return {
    ...(entity.user !== undefined && { user: who.user! }),
    ...(entity.clientId !== undefined && { clientId: who.clientId! }),
    ...(entity.address !== undefined && { address: who.address! }),
  };
}

function keyOf({ user, clientId, address }: QuotaEntity): string {
  return JSON.stringify([shown(user), shown(clientId), shown(address)]);
}

/** Nothing, every other, or a name: three things that no name can be mistaken for. */
function shown(name: EntityName | undefined): string | 0 | 1 {
  if (name === undefined) return 0;
  return name === everyOther ? 1 : name;
}
