/**
 * DescribeCluster: the broker, which is its own controller (row B1). Everybody may know that.
 */
import type { Services } from '@q/broker';
import { cluster } from '@q/security';
import { KafkaError, kafkaErrorCode } from '../errors/kafka-errors.ts';
import { describeCluster } from '../messages/describe-cluster.ts';
import { handler } from '../session/handler.ts';
import type { Handler } from '../session/handler.ts';
import { allowedOperations } from './allowed-operations.ts';

const brokers = 1;
const controllers = 2;

export function describeClusterHandler({ identity, access }: Pick<Services, 'identity' | 'access'>): Handler {
  const { brokerId, clusterId } = identity;
  return handler(describeCluster, {
    handle: ({ endpointType, includeClusterAuthorizedOperations }, { caller }) => {
      checkEndpointType(endpointType);
      return {
        errorCode: kafkaErrorCode.NONE,
        clusterId,
        controllerId: brokerId,
        brokers: [{ brokerId, ...caller.advertised }],
        ...(includeClusterAuthorizedOperations && {
          clusterAuthorizedOperations: allowedOperations(access, caller, cluster),
        }),
      };
    },
    refuse: (errorCode, { endpointType }, _context, errorMessage) => ({
      errorCode,
      errorMessage,
      endpointType,
      clusterId: '',
      controllerId: -1,
      brokers: [],
    }),
  });
}

/** @throws KafkaError */
function checkEndpointType(endpointType: number): void {
  if (endpointType === brokers) return;
  if (endpointType !== controllers) {
    throw new KafkaError('UNSUPPORTED_ENDPOINT_TYPE', `there is no endpoint type ${endpointType}`);
  }
  throw new KafkaError('MISMATCHED_ENDPOINT_TYPE', 'this is the endpoint of a broker, not of a controller');
}
