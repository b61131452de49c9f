import type { QuotaEntity } from '@q/security';
import type { Asking } from '../../caller.ts';
import type { QuotaFilter, Quotas, QuotasOfEntity, QuotaWish } from '../quotas/quotas.ts';
import { demandOfCluster } from './access.ts';
import type { Access } from './access.ts';

/** The quotas of the broker, for those who may (row A3, SEC-12). */
export class GuardedQuotas {
  readonly #quotas: Quotas;
  readonly #access: Access;

  constructor(quotas: Quotas, access: Access) {
    this.#quotas = quotas;
    this.#access = access;
  }

  /** As `Quotas.list`. @throws QError NOT_AUTHORIZED */
  list(filter: QuotaFilter, caller: Asking): QuotasOfEntity[] {
    demandOfCluster(this.#access, caller, 'describeConfigs');
    return this.#quotas.list(filter);
  }

  /** As `Quotas.set`. @throws QError NOT_AUTHORIZED, too */
  async set(entity: QuotaEntity, wish: QuotaWish, caller: Asking): Promise<void> {
    demandOfCluster(this.#access, caller, 'alterConfigs');
    await this.#quotas.set(entity, wish, caller);
  }

  /** As `Quotas.remove`. @throws QError NOT_AUTHORIZED, too */
  async remove(entity: QuotaEntity, caller: Asking): Promise<boolean> {
    demandOfCluster(this.#access, caller, 'alterConfigs');
    return await this.#quotas.remove(entity, caller);
  }
}
