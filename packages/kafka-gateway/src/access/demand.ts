import type { Access, Caller } from '@q/broker';
import type { Operation, Resource } from '@q/security';

/** What somebody wants to do. */
export interface Wish {
  readonly operation: Operation;
  readonly resource: Resource;
}

/**
 * For what this door answers itself: everything else is asked for where it is done.
 * @throws QError NOT_AUTHORIZED
 */
export function demand(
  access: Pick<Access, 'refusal'>,
  caller: Pick<Caller, 'principal' | 'address' | 'clientId' | 'connectionId'>,
  { operation, resource }: Wish,
): void {
  const refusal = access.refusal(caller, operation, resource);
  if (refusal !== null) throw refusal;
}
