/**
 * What an operation needs, asked for before it begins (rows A3; SEC-7, SEC-12): the rights of its row in `adminNeeds`
 * whose thing stands in the path, or is the cluster. The services ask for the rest, and for these again: they alone
 * know which thing is acted on. For what no service shows, such as the log, this is the one place.
 */
import type { Access, Asking } from '@q/broker';
import { adminNeeds, cluster } from '@q/security';
import type { Need, Resource } from '@q/security';

/** Any of these does. */
type Right = readonly { readonly operation: Need['operation']; readonly resource: Resource }[];

/** @throws Error for an operation that has no row */
export function rightsOf(id: string, params: Readonly<Record<string, string>>): readonly Right[] {
  const needs = adminNeeds[id];
  if (needs === undefined) throw new Error(`the operation ${id} has no row in adminNeeds`);
  return needs.flatMap((need) => {
    if (need.lack !== 'refused' || need.when !== undefined) return [];
    const ways = [need, ...(need.or ?? [])].map(({ operation, resource: type }) => ({ operation, type }));
    const right = ways.flatMap(({ operation, type }) => {
      const name = type === 'cluster' ? cluster.name : params[type];
      return name === undefined ? [] : [{ operation, resource: { type, name } }];
    });
    // What stands in the body is the service's to find.
    return right.length === ways.length ? [right] : [];
  });
}

/** @throws QError NOT_AUTHORIZED */
export function demandRights(access: Access, who: Asking, rights: readonly Right[]): void {
  for (const right of rights) {
    const [first, ...others] = right;
    if (others.some(({ operation, resource }) => access.sees(who, operation, resource))) continue;
    const refusal = access.refusal(who, first!.operation, first!.resource);
    if (refusal !== null) throw refusal;
  }
}

/** The same, without a denial that is counted: for answers that go on. */
export function hasRights(access: Access, who: Asking, rights: readonly Right[]): boolean {
  return rights.every((right) => right.some(({ operation, resource }) => access.sees(who, operation, resource)));
}
