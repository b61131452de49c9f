/**
 * ApiVersions: what is served, so that a client can choose its versions (row B1).
 */
import type { Services } from '@q/broker';
import { kafkaErrorCode } from '../errors/kafka-errors.ts';
import { apiVersions } from '../messages/api-versions.ts';
import type { AnswerOf, RequestOf } from '../messages/api.ts';
import { handler } from '../session/handler.ts';
import type { Handler } from '../session/handler.ts';
import { servedVersions } from '../session/served-versions.ts';

type Request = RequestOf<typeof apiVersions>;
type Answer = AnswerOf<typeof apiVersions>;

/** What a client may call itself (KIP-511). */
const softwareText = /^[a-zA-Z0-9](?:[a-zA-Z0-9\-.]*[a-zA-Z0-9])?$/;

/**
 * By transaction.version 2 a client knows that its epoch rises with every transaction, and that a partition joins one
 * by being written to (KIP-890). Java 4.4 goes by it, and not by the versions of EndTxn and Produce.
 */
function featuresFor(
  version: number,
): Pick<Answer, 'supportedFeatures' | 'finalizedFeaturesEpoch' | 'finalizedFeatures'> {
  const name = 'transaction.version';
  return {
    // Clients of version 3 stumble over one that begins at 0, so Kafka does not tell them (KIP-1022).
    supportedFeatures: version < 4 ? [] : [{ name, minVersion: 0, maxVersion: 2 }],
    finalizedFeaturesEpoch: 0,
    finalizedFeatures: [{ name, maxVersionLevel: 2, minVersionLevel: 2 }],
  };
}

export function apiVersionsHandler({ identity }: Pick<Services, 'identity'>): Handler {
  const apiKeys = [...servedVersions].map(([apiKey, { min, max }]) => ({ apiKey, minVersion: min, maxVersion: max }));
  const refused = (name: 'INVALID_REQUEST' | 'REBOOTSTRAP_REQUIRED'): Answer => ({
    errorCode: kafkaErrorCode[name],
    apiKeys: [],
  });
  return handler(apiVersions, {
    isForStrangers: true,
    handle: (request, { version, caller }) => {
      if (version >= 3 && !namesItself(request)) return refused('INVALID_REQUEST');
      const { clusterId, nodeId, clientSoftwareName, clientSoftwareVersion } = request;
      if (version >= 3) caller.introduce(clientSoftwareName, clientSoftwareVersion);
      if ((clusterId === null) !== (nodeId === -1)) return refused('INVALID_REQUEST');
      if (clusterId !== null && (clusterId !== identity.clusterId || nodeId !== identity.brokerId))
        return refused('REBOOTSTRAP_REQUIRED');
      return { errorCode: kafkaErrorCode.NONE, apiKeys, ...featuresFor(version) };
    },
    refuse: (errorCode) => ({ errorCode, apiKeys: [] }),
  });
}

function namesItself({ clientSoftwareName, clientSoftwareVersion }: Request): boolean {
  return softwareText.test(clientSoftwareName) && softwareText.test(clientSoftwareVersion);
}
