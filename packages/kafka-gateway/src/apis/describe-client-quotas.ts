/**
 * DescribeClientQuotas: the quotas of users, client ids and addresses that fit a filter (row A3).
 */
import { demand } from '@q/broker';
import type { DoorTools, Services } from '@q/broker';
import { canonicalAddress, cluster, everyOther } from '@q/security';
import type { EntityName } from '@q/security';
import { keyOf, partOf, wireEntityOf } from '../access/quota-words.ts';
import type { EntityPart } from '../access/quota-words.ts';
import { KafkaError, kafkaErrorCode } from '../errors/kafka-errors.ts';
import type { RequestOf } from '../messages/api.ts';
import { describeClientQuotas } from '../messages/describe-client-quotas.ts';
import { handler } from '../session/handler.ts';
import type { Handler } from '../session/handler.ts';
import { oneByOne } from './one-by-one.ts';

type Component = RequestOf<typeof describeClientQuotas>['components'][number];
type NameFilter = { readonly is: EntityName } | 'any';

/** How a name is asked for: by itself, the one for everybody else, or any. */
const matchType = { exact: 0, default: 1, any: 2 } as const;

export function describeClientQuotasHandler(
  { quotas, access }: Pick<Services, 'quotas' | 'access'>,
  tools: Pick<DoorTools, 'clock'>,
): Handler {
  return handler(describeClientQuotas, {
    mayBeLong: true,
    handle: async ({ components, strict }, { caller }) => {
      demand(access, caller, { operation: 'describeConfigs', resource: cluster });
      const found = quotas.list({ ...filterOf(components), isStrict: strict }, caller);
      const entries = await oneByOne(found, tools, ({ entity, quotas: kinds }) => ({
        entity: wireEntityOf(entity),
        values: Array.from(kinds, ([kind, value]) => ({ key: keyOf(kind), value })),
      }));
      return { errorCode: kafkaErrorCode.NONE, entries };
    },
    refuse: (errorCode, _request, _context, errorMessage) => ({ errorCode, errorMessage, entries: null }),
  });
}

/** @throws KafkaError INVALID_REQUEST; UNSUPPORTED_VERSION for a kind of entity that there is not, as in Kafka */
function filterOf(components: readonly Component[]): Partial<Record<EntityPart, NameFilter>> {
  const filter: Partial<Record<EntityPart, NameFilter>> = {};
  for (const component of components) {
    const part = partSought(component.entityType);
    if (filter[part] !== undefined)
      throw new KafkaError('INVALID_REQUEST', `the filter names ${component.entityType} more than once`);
    filter[part] = nameSought(component);
  }
  if (filter.address !== undefined && (filter.user !== undefined || filter.clientId !== undefined))
    throw new KafkaError('INVALID_REQUEST', 'a filter for ip goes with none for user or client-id');
  return filter;
}

function partSought(entityType: string): EntityPart {
  if (entityType === '') throw new KafkaError('INVALID_REQUEST', 'the filter has an empty entity type');
  try {
    return partOf(entityType);
  } catch (error) {
    if (error instanceof KafkaError) throw new KafkaError('UNSUPPORTED_VERSION', error.message, { cause: error });
    throw error;
  }
}

function nameSought({ entityType, matchType: type, match }: Component): NameFilter {
  if (type === matchType.exact) {
    if (match === null) throw new KafkaError('INVALID_REQUEST', `the filter for ${entityType} has no name to match`);
    return { is: entityType === 'ip' ? (canonicalAddress(match) ?? match) : match };
  }
  if (type !== matchType.default && type !== matchType.any)
    throw new KafkaError('INVALID_REQUEST', `match type is ${type}; allowed is 0 (exact), 1 (default), 2 (any)`);
  if (match !== null) throw new KafkaError('INVALID_REQUEST', `match type ${type} for ${entityType} goes with no name`);
  return type === matchType.default ? { is: everyOther } : 'any';
}
