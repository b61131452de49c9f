import type { QuotaKind } from '@q/security';
import type { Caller } from '../../caller.ts';

/** What requests use. */
export type UseKind = Exclude<QuotaKind, 'connectionCreationRate'>;

/** Who uses something. */
export type QuotaCaller = Pick<Caller, 'principal' | 'address' | 'clientId' | 'signal'>;

/** As quotas name a user: Kafka's tools leave the type of a principal out. */
export function quotaUserOf({ name }: Caller['principal']): string {
  if (name === 'anonymous') return 'ANONYMOUS';
  return name.startsWith('User:') ? name.slice('User:'.length) : name;
}
