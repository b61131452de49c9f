/**
 * The quotas of an entity as they are stored (RFC 12): the entity is the key, and the quotas are JSON. For ever.
 *
 *     quotas/user/alice                        {"version":1,"quotas":{"producerByteRate":1048576}}
 *     quotas/user/alice/client/app             of a user with a client id
 *     quotas/user/<default>/client/<default>   of every other
 *     quotas/client/app
 *     quotas/address/10.0.0.7                  {"version":1,"quotas":{"connectionCreationRate":5}}
 *
 * Names are as `encodeURIComponent` writes them: no name looks like `<default>`, and none has a slash.
 */
import { everyOther, quotaKinds } from './quota.ts';
import type { EntityName, QuotaEntity, QuotaKind } from './quota.ts';
import { isObject, parseStoredObject } from '../stored-object.ts';

const version = 1;
const every = '<default>';

/** What all keys begin with. */
export const quotaPrefix = 'quotas/';

/** Where the quotas of an entity are stored. */
export function quotaKey({ user, clientId, address }: QuotaEntity): string {
  const parts: string[] = [];
  if (user !== undefined) parts.push('user', written(user));
  if (clientId !== undefined) parts.push('client', written(clientId));
  if (address !== undefined) parts.push('address', written(address));
  return quotaPrefix + parts.join('/');
}

/** The entity of a key; null for a key that this version does not know. */
export function quotaEntityOf(key: string): QuotaEntity | null {
  try {
    return entityOf(key);
  } catch (error) {
    if (error instanceof URIError) return null;
    throw error;
  }
}

function entityOf(key: string): QuotaEntity | null {
  const parts = key.slice(quotaPrefix.length).split('/');
  const [first, name = '', second, other = ''] = parts;
  if (parts.length === 2) {
    if (first === 'user') return { user: read(name) };
    if (first === 'client') return { clientId: read(name) };
    if (first === 'address') return { address: read(name) };
  }
  if (parts.length === 4 && first === 'user' && second === 'client') return { user: read(name), clientId: read(other) };
  return null;
}

function written(name: EntityName): string {
  return name === everyOther ? every : encodeURIComponent(name);
}

function read(text: string): EntityName {
  return text === every ? everyOther : decodeURIComponent(text);
}

/** Kinds always stand in the same order. */
export function encodeQuotas(quotas: ReadonlyMap<QuotaKind, number>): string {
  const inOrder = quotaKinds.filter((kind) => quotas.has(kind)).map((kind) => [kind, quotas.get(kind)]);
  return JSON.stringify({ version, quotas: Object.fromEntries(inOrder) });
}

/** Null for a record that this version cannot read: its quotas are not in force, and not overwritten. */
export function decodeQuotas(text: string): ReadonlyMap<QuotaKind, number> | null {
  const value = parseStoredObject(text);
  if (value?.['version'] !== version || !isObject(value['quotas'])) return null;
  const quotas = new Map<QuotaKind, number>();
  for (const [name, amount] of Object.entries(value['quotas'])) {
    const kind = quotaKinds.find((each) => each === name);
    if (kind === undefined || typeof amount !== 'number' || !Number.isFinite(amount) || amount <= 0) return null;
    quotas.set(kind, amount);
  }
  return quotas;
}
