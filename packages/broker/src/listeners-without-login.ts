/** Ports at which other machines come in as nobody, and whether that is worth everything. */
import { isLoopbackHost } from './address.ts';
import { anonymous } from './caller.ts';
import type { ResolvedListener } from './listener-options.ts';
import type { SecurityOptions } from './services/identity/open-identities.ts';

/** Those that others than programs of this machine reach, and that ask nobody who they are. */
export function listenersWithoutLogin(listeners: readonly ResolvedListener[]): ResolvedListener[] {
  return listeners.filter(({ host, authentication }) => authentication === null && !isLoopbackHost(host));
}

/** Whoever has no name may do everything: nobody is asked anywhere, or nobody in particular is a super user. */
export function mayNobodyDoAll(security: SecurityOptions | null): boolean {
  return security === null || (security.superUsers ?? []).includes(anonymous.name);
}

/** Whoever reaches the broker from other machines may do everything. */
export function isOpenToAll(o: {
  readonly listeners: readonly ResolvedListener[];
  readonly security: SecurityOptions | null;
}): boolean {
  return mayNobodyDoAll(o.security) && listenersWithoutLogin(o.listeners).length > 0;
}
