/**
 * AlterClientQuotas: sets and takes away quotas of users, client ids and addresses, each entity for itself (row A3).
 */
import { demand } from '@q/broker';
import type { DoorTools, Services } from '@q/broker';
import { cluster, securityLimits } from '@q/security';
import type { QuotaKind } from '@q/security';
import { checkWhole, entityOf, kindOf } from '../access/quota-words.ts';
import { errorCodesOf, KafkaError, kafkaErrorCode } from '../errors/kafka-errors.ts';
import { partError } from '../errors/part-error.ts';
import type { AnswerOf, RequestOf } from '../messages/api.ts';
import { alterClientQuotas } from '../messages/alter-client-quotas.ts';
import { handler, Silence } from '../session/handler.ts';
import type { Handler, KafkaCaller } from '../session/handler.ts';
import { oneByOne } from './one-by-one.ts';

type Entry = RequestOf<typeof alterClientQuotas>['entries'][number];
type Result = AnswerOf<typeof alterClientQuotas>['entries'][number];

export function alterClientQuotasHandler(
  { quotas, access }: Pick<Services, 'quotas' | 'access'>,
  tools: Pick<DoorTools, 'clock'>,
): Handler {
  const alterOne = async ({ entity, ops }: Entry, isDryRun: boolean, caller: KafkaCaller): Promise<Result> => {
    try {
      await quotas.set(entityOf(entity), { changes: changesOf(ops), isDryRun }, caller);
      return { errorCode: kafkaErrorCode.NONE, errorMessage: null, entity };
    } catch (error) {
      return { ...partError(error), entity };
    }
  };
  return handler(alterClientQuotas, {
    handle: async ({ entries, validateOnly }, { caller }) => {
      if (entries.length > securityLimits.quotasMax) return new Silence({ thenClose: true });
      // Once for all of them: one denial is counted, and noted.
      demand(access, caller, { operation: 'alterConfigs', resource: cluster });
      return { entries: await oneByOne(entries, tools, (entry) => alterOne(entry, validateOnly, caller)) };
    },
    refuse: (errorCode, { entries }, _context, errorMessage) => ({
      entries: entries.map(({ entity }) => ({ errorCode, errorMessage, entity })),
    }),
    errorCodesIn: ({ entries }) => errorCodesOf(entries),
  });
}

/** Null takes one away. @throws KafkaError INVALID_REQUEST */
function changesOf(ops: Entry['ops']): Map<QuotaKind, number | null> {
  const changes = new Map<QuotaKind, number | null>();
  for (const { key, value, remove } of ops) {
    const kind = kindOf(key);
    if (changes.has(kind)) throw new KafkaError('INVALID_REQUEST', `the entity has ${key} more than once`);
    changes.set(kind, remove ? null : checkWhole(kind, value));
  }
  return changes;
}
