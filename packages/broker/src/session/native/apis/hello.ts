/**
 * HELLO: the first request of every connection (row W1).
 */
import { Hello, QError, helloMagic } from '@q/protocol';
import type { HelloRequest, HelloResponse } from '@q/protocol';
import type { Dispatcher } from '../dispatcher.ts';
import type { Handler } from '../handler.ts';
import type { BrokerIdentity } from '../../../identity.ts';
import type { BrokerLimits } from '../../../limits.ts';

export function helloHandler(options: {
  identity: BrokerIdentity;
  limits: BrokerLimits;
  dispatcher: Dispatcher;
}): Handler<HelloRequest, HelloResponse> {
  const { identity, limits, dispatcher } = options;
  return {
    api: Hello,
    isForStrangers: true,
    handle: (request, { identity: { mechanisms } }) => {
      if (request.magic !== helloMagic) {
        throw new QError(
          'MALFORMED_FRAME',
          'HELLO does not begin with the magic number of this protocol; is this a q client?',
        );
      }
      return {
        brokerId: identity.brokerId,
        clusterId: identity.clusterId,
        software: identity.software,
        softwareVersion: identity.softwareVersion,
        frameBytesMax: limits.frameBytesMax,
        requestsInFlightMax: limits.requestsInFlightMax,
        features: [],
        authMechanisms: mechanisms,
        apis: dispatcher.apis.map((api) => ({ key: api.key, min: api.versions.min, max: api.versions.max })),
      };
    },
  };
}
