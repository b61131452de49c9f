/**
 * What a caller may do with a thing, as a set of bits: bit n is operation n of Kafka's AclOperation.
 */
import type { Access, Caller } from '@q/broker';
import { operationsOf } from '@q/security';
import type { Resource } from '@q/security';
import { operationCode } from '../access/acl-codes.ts';

/** Of everything that can be done with things of its kind. */
export function allowedOperations(access: Pick<Access, 'sees'>, caller: Caller, resource: Resource): number {
  let bits = 0;
  for (const operation of operationsOf(resource.type))
    if (access.sees(caller, operation, resource)) bits |= 1 << operationCode(operation);
  return bits;
}
