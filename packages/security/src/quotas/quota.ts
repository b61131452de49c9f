/**
 * Quotas: how much whoever comes as a user, with a client id or from an address may use in a second. The entities, and
 * which of them wins, are Kafka's (KIP-13, KIP-55, KIP-612).
 */
import { QError } from '@q/protocol';
import { canonicalAddress } from '../acl/address.ts';
import { securityLimits } from '../limits.ts';

/**
 * What is limited, each in a second: bytes of produced and of fetched records, the share of one core's time that
 * requests take (100 is a whole core), and connections that begin.
 */
export type QuotaKind = 'producerByteRate' | 'consumerByteRate' | 'requestPercentage' | 'connectionCreationRate';

/** All kinds. */
export const quotaKinds: readonly QuotaKind[] = [
  'producerByteRate',
  'consumerByteRate',
  'requestPercentage',
  'connectionCreationRate',
];

/** Stands for everybody who has no quota of their own. */
export const everyOther: unique symbol = Symbol('every other');
/** A user or client that a quota names, or all that have none of their own. */
export type EntityName = string | typeof everyOther;

/** Whom a quota is about. One of `user` and `clientId`, or both; or `address` alone. */
export interface QuotaEntity {
  readonly user?: EntityName;
  readonly clientId?: EntityName;
  readonly address?: EntityName;
}

/** The entity itself, if it can be one. @throws QError INVALID_REQUEST */
export function checkEntity(entity: QuotaEntity): QuotaEntity {
  const { user, clientId, address } = entity;
  const isOfClient = user !== undefined || clientId !== undefined;
  if (isOfClient === (address !== undefined))
    throw refused('entity', 'a user, a client id or both; or an address alone');
  for (const name of [user, clientId, address]) {
    if (typeof name === 'string' && name.length > securityLimits.nameCharactersMax)
      throw refused('entity', `names of at most ${securityLimits.nameCharactersMax} characters`);
    if (typeof name === 'string' && !name.isWellFormed()) throw refused('entity', 'names that are well-formed Unicode');
  }
  return entity;
}

/**
 * Whose a connection is, is known only when it is there: so its rate is a quota of addresses. Everything else is one of
 * anybody. @throws QError INVALID_REQUEST
 */
export function checkQuota(kind: QuotaKind, { address }: QuotaEntity, value: number): number {
  if (!quotaKinds.includes(kind)) throw refused('quota', `one of ${quotaKinds.join(', ')}`);
  // Only of those that are set: one that an older version took has to go away.
  if (typeof address === 'string' && canonicalAddress(address) === null) throw refused('address', 'an IP address');
  if (kind === 'connectionCreationRate' && address === undefined) throw refused(kind, 'a quota of an address');
  if (!Number.isFinite(value) || value <= 0) throw refused(kind, 'a number above 0');
  return value;
}

function refused(field: string, allowed: string): QError {
  return new QError('INVALID_REQUEST', `${field}: allowed is ${allowed}`, { details: { field, allowed } });
}
