/**
 * Who may do what, for all services (rows A3; SEC-7, SEC-11, SEC-12). The checks stand in the services, where it is
 * known which thing is acted on: so every door has the same ones.
 */
import type { QError } from '@q/protocol';
import type { Operation, Resource, ResourceType } from '@q/security';
import { cluster } from '@q/security';
import type { Asking } from '../../caller.ts';

/** Decides, for whoever serves somebody. */
export interface Access {
  /**
   * Null: the caller may. Else the error to answer with: NOT_AUTHORIZED, with `principal`, `operation`, `resourceType`
   * and `resourceName` in its details. It counts as a denial, and is noted as one.
   */
  refusal(caller: Asking, operation: Operation, resource: Resource): QError | null;
  /** As `refusal`, with at least one thing of the kind, be it there or not. */
  refusalOfAny(caller: Asking, operation: Operation, type: ResourceType): QError | null;
  /** Whether the caller may, without a denial if not: for lists that show only what the caller may see. */
  sees(caller: Asking, operation: Operation, resource: Resource): boolean;
  /** Rises with each change of what somebody may do. */
  readonly revision: number;
  /** Calls `listener` after changes of what somebody may do. Returns how to stop that. */
  onChange(listener: () => void): () => void;
}

/** Of a broker without security. */
export const everybodyMay: Access = {
  revision: 0,
  refusal: () => null,
  refusalOfAny: () => null,
  sees: () => true,
  onChange: () => () => undefined,
};

/** The topic, as access rules are about it. */
export function topicNamed(name: string): Resource {
  return { type: 'topic', name };
}

/** The consumer group, as access rules are about it. */
export function groupNamed(name: string): Resource {
  return { type: 'group', name };
}

/** What a caller wants, as one value. */
export interface Wish {
  readonly operation: Operation;
  readonly resource: Resource;
}

/** For whoever answers by itself, as doors do: services ask where a thing is acted on. @throws QError NOT_AUTHORIZED */
export function demand(access: Pick<Access, 'refusal'>, caller: Asking, { operation, resource }: Wish): void {
  const refusal = access.refusal(caller, operation, resource);
  if (refusal !== null) throw refusal;
}

/** @throws QError NOT_AUTHORIZED */
export function demandOfCluster(access: Access, caller: Asking, operation: Operation): void {
  demand(access, caller, { operation, resource: cluster });
}
