/**
 * Quotas as the Kafka protocol has them: entities in parts, each with a type and a name, and keys with values; and what
 * those are here.
 */
import { canonicalAddress, everyOther } from '@q/security';
import type { EntityName, QuotaEntity, QuotaKind } from '@q/security';
import { KafkaError } from '../errors/kafka-errors.ts';

/** One part of an entity. A name that is null stands for everybody who has no quota of their own. */
export interface WirePart {
  readonly entityType: string;
  readonly entityName: string | null;
}

export type EntityPart = keyof QuotaEntity;

const parts: ReadonlyMap<string, EntityPart> = new Map([
  ['user', 'user'],
  ['client-id', 'clientId'],
  ['ip', 'address'],
]);

const kinds: ReadonlyMap<string, QuotaKind> = new Map([
  ['producer_byte_rate', 'producerByteRate'],
  ['consumer_byte_rate', 'consumerByteRate'],
  ['request_percentage', 'requestPercentage'],
  ['connection_creation_rate', 'connectionCreationRate'],
]);

/** As Kafka has it, a whole number; a share of the time has fractions. */
const wholeKinds: ReadonlySet<QuotaKind> = new Set(['producerByteRate', 'consumerByteRate', 'connectionCreationRate']);

export function partOf(entityType: string): EntityPart {
  const part = parts.get(entityType);
  if (part !== undefined) return part;
  const shown = JSON.stringify(entityType.slice(0, 64));
  throw new KafkaError(
    'INVALID_REQUEST',
    `there are no quotas of a ${shown}; allowed is ${[...parts.keys()].join(', ')}`,
  );
}

/** @throws KafkaError INVALID_REQUEST: a type that there is not, one that is named twice, an empty name */
export function entityOf(wire: readonly WirePart[]): QuotaEntity {
  const entity: { -readonly [Part in EntityPart]?: EntityName } = {};
  for (const { entityType, entityName } of wire) {
    const part = partOf(entityType);
    if (entity[part] !== undefined)
      throw new KafkaError('INVALID_REQUEST', `the entity has two names of a ${entityType}`);
    if (entityName === '') throw new KafkaError('INVALID_REQUEST', `the ${entityType} has an empty name`);
    entity[part] = part === 'address' ? addressNamed(entityName) : (entityName ?? everyOther);
  }
  return entity;
}

function addressNamed(name: string | null): EntityName {
  if (name === null) return everyOther;
  const address = canonicalAddress(name);
  if (address !== null) return address;
  throw new KafkaError('INVALID_REQUEST', `the ip is ${JSON.stringify(name.slice(0, 64))}; allowed is an IP address`);
}

export function wireEntityOf(entity: QuotaEntity): WirePart[] {
  const told: WirePart[] = [];
  for (const [entityType, part] of parts) {
    const name = entity[part];
    if (name !== undefined) told.push({ entityType, entityName: name === everyOther ? null : name });
  }
  return told;
}

/** @throws KafkaError INVALID_REQUEST */
export function kindOf(key: string): QuotaKind {
  const kind = kinds.get(key);
  if (kind !== undefined) return kind;
  const shown = JSON.stringify(key.slice(0, 64));
  throw new KafkaError(
    'INVALID_REQUEST',
    `there is no quota ${shown} here; allowed is ${[...kinds.keys()].join(', ')}`,
  );
}

/** @throws KafkaError INVALID_REQUEST */
export function checkWhole(kind: QuotaKind, value: number): number {
  if (!wholeKinds.has(kind) || Number.isInteger(value)) return value;
  throw new KafkaError('INVALID_REQUEST', `${keyOf(kind)} is ${value}; allowed is a whole number`);
}

export function keyOf(kind: QuotaKind): string {
  for (const [key, known] of kinds) if (known === kind) return key;
  throw new Error(`${kind} has no key in the Kafka protocol`);
}
