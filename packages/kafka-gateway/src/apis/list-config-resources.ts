/**
 * ListConfigResources: the topics and the broker. Nothing else has settings here (row B1).
 */
import { demand } from '@q/broker';
import type { Services } from '@q/broker';
import { cluster } from '@q/security';
import { resourceType } from '../configs/config-codes.ts';
import { KafkaError, kafkaErrorCode } from '../errors/kafka-errors.ts';
import { listConfigResources } from '../messages/list-config-resources.ts';
import { handler } from '../session/handler.ts';
import type { Handler, KafkaCaller } from '../session/handler.ts';

const everyType: readonly number[] = Object.values(resourceType);

export function listConfigResourcesHandler({
  topics,
  identity,
  access,
}: Pick<Services, 'topics' | 'identity' | 'access'>): Handler {
  const namesOf = (type: number, caller: KafkaCaller): readonly string[] => {
    switch (type) {
      case resourceType.topic:
        return topics.names(caller);
      case resourceType.broker:
      case resourceType.brokerLogger:
        return [String(identity.brokerId)];
      default:
        return [];
    }
  };
  return handler(listConfigResources, {
    handle: ({ resourceTypes }, { caller }) => {
      demand(access, caller, { operation: 'describeConfigs', resource: cluster });
      const unknown = resourceTypes.find((type) => !everyType.includes(type));
      if (unknown !== undefined) throw new KafkaError('UNSUPPORTED_VERSION', `there is no resource type ${unknown}`);
      const wanted = resourceTypes.length === 0 ? everyType : new Set(resourceTypes);
      return {
        errorCode: kafkaErrorCode.NONE,
        configResources: [...wanted].flatMap((type) =>
          namesOf(type, caller).map((resourceName) => ({ resourceName, resourceType: type })),
        ),
      };
    },
    refuse: (errorCode) => ({ errorCode, configResources: [] }),
  });
}
