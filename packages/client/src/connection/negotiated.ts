import { QError } from '@q/protocol';
import type { Api, HelloResponse } from '@q/protocol';

import { clientLimits } from '../limits.ts';

/** What HELLO has agreed on for a connection. */
export interface Negotiated {
  readonly brokerId: number;
  readonly clusterId: string;
  readonly softwareVersion: string;
  readonly requestBytesMax: number;
  readonly requestsInFlightMax: number;
  /** How the broker lets clients show who they are; empty: it asks nobody. */
  readonly authMechanisms: readonly string[];
  /** The version of an API that both sides speak. Throws QError `UNSUPPORTED_VERSION` when there is none. */
  version<Q, A>(api: Api<Q, A>): number;
}

/** A broker that accepts less than this could not take one default batch; something is wrong with it. */
const requestBytesMinimum = 1_024;

/** @throws QError `MALFORMED_FRAME` when the broker's limits make no sense. */
export function negotiate(hello: HelloResponse): Negotiated {
  if (hello.frameBytesMax < requestBytesMinimum || hello.requestsInFlightMax < 1) {
    throw new QError(
      'MALFORMED_FRAME',
      `The broker announces impossible limits: frames of ${hello.frameBytesMax} bytes, ${hello.requestsInFlightMax} requests in flight`,
    );
  }
  const offered = new Map(hello.apis.map((range) => [range.key, range]));
  return {
    brokerId: hello.brokerId,
    clusterId: hello.clusterId,
    softwareVersion: hello.softwareVersion,
    requestBytesMax: hello.frameBytesMax,
    requestsInFlightMax: Math.min(hello.requestsInFlightMax, clientLimits.requestsInFlightMax),
    authMechanisms: hello.authMechanisms,
    version(api): number {
      const theirs = offered.get(api.key);
      const version = theirs === undefined ? -1 : Math.min(theirs.max, api.versions.max);
      if (theirs !== undefined && version >= Math.max(theirs.min, api.versions.min)) return version;
      const range = theirs === undefined ? 'does not speak it' : `speaks versions ${theirs.min} to ${theirs.max}`;
      throw new QError(
        'UNSUPPORTED_VERSION',
        `This client speaks ${api.name} in versions ${api.versions.min} to ${api.versions.max}; the broker ${range}`,
        {
          details: { api: api.name },
        },
      );
    },
  };
}
