/**
 * FindCoordinator: this broker coordinates every group and every transactional id (rows B1, X1).
 */
import { groupNamed } from '@q/broker';
import type { DoorTools, Services } from '@q/broker';
import type { Resource } from '@q/security';
import { kafkaCodeOf, kafkaErrorCode } from '../errors/kafka-errors.ts';
import type { KafkaErrorName } from '../errors/kafka-errors.ts';
import { findCoordinator } from '../messages/find-coordinator.ts';
import { handler } from '../session/handler.ts';
import type { Handler, RequestContext } from '../session/handler.ts';
import { refuseTooMany } from './group-count.ts';

interface Coordinator {
  readonly errorCode: number;
  readonly errorMessage: string | null;
  readonly nodeId: number;
  readonly host: string;
  readonly port: number;
}

const keyTypes = { group: 0, transaction: 1, share: 2 } as const;
/** First version with several keys; before it there is one, and its answer says NONE in words. */
const severalKeysSince = 4;
const shareSince = 6;

export function findCoordinatorHandler(
  { identity, access }: Pick<Services, 'identity' | 'access'>,
  { limits }: Pick<DoorTools, 'limits'>,
): Handler {
  const find = (keyType: number, key: string, { version, caller }: RequestContext): Coordinator => {
    const refusal = refusalOf(keyType, version);
    if (refusal !== null) return nowhere(kafkaErrorCode[refusal.name], refusal.message);
    const denial = access.refusal(caller, 'describe', resourceOf(keyType, key));
    if (denial !== null) return nowhere(kafkaCodeOf(denial), denial.message);
    const errorMessage = version < severalKeysSince ? 'NONE' : '';
    return { errorCode: kafkaErrorCode.NONE, errorMessage, nodeId: identity.brokerId, ...caller.advertised };
  };
  return handler(findCoordinator, {
    handle: (request, context) => {
      const { keyType, coordinatorKeys } = request;
      if (context.version < severalKeysSince) return find(keyType, request.key, context);
      return (
        refuseTooMany(coordinatorKeys, limits) ?? {
          coordinators: coordinatorKeys.map((key) => ({ key, ...find(keyType, key, context) })),
        }
      );
    },
    refuse: (code, { coordinatorKeys }, { version }, message) => {
      const found = nowhere(code, message);
      return version < severalKeysSince ? found : { coordinators: coordinatorKeys.map((key) => ({ key, ...found })) };
    },
  });
}

function resourceOf(keyType: number, name: string): Resource {
  return keyType === keyTypes.transaction ? { type: 'transactionalId', name } : groupNamed(name);
}

function refusalOf(keyType: number, version: number): { name: KafkaErrorName; message: string } | null {
  if (keyType === keyTypes.group || keyType === keyTypes.transaction) return null;
  if (keyType === keyTypes.share && version >= shareSince) {
    return { name: 'UNSUPPORTED_VERSION', message: 'there are no share groups on this broker' };
  }
  return { name: 'INVALID_REQUEST', message: `${keyType} is not a type of coordinator` };
}

function nowhere(errorCode: number, errorMessage: string): Coordinator {
  return { errorCode, errorMessage, nodeId: -1, host: '', port: -1 };
}
