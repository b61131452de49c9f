import type { ErrorName } from '@q/protocol';
import { countError, countRequest, createApiCounter } from './counters.ts';
import type { AnsweredRequest, BrokerCounters } from './counters.ts';

/** Names the protocol of `@q/client`, as the others are named by their doors. */
export const nativeName = 'native';

/** Whom an error was told. */
export interface ErrorReceiver {
  /** As it named itself; empty when it did not. */
  readonly clientId: string;
  readonly address: string;
}

/** Counts the requests of one API. */
export interface ApiMeter {
  /** One was answered. */
  answered(request: AnsweredRequest): void;
  /** Counts an error that was told, of a request or a part of one. */
  failed(name: ErrorName, receiver: ErrorReceiver): void;
}

/** Counts the requests of one protocol, beside those of the others. */
export interface RequestMeter {
  /** The count of one API, by the name that statistics show. Ask once, not for each request. */
  api(name: string): ApiMeter;
  /** Counts an error that was told and that answers no request. */
  failed(name: ErrorName, receiver: ErrorReceiver): void;
}

/** `door` names this protocol: other doors may have APIs of the same names. */
export function requestMeter(counters: BrokerCounters, door: string): RequestMeter {
  const failing = ({ clientId, address }: ErrorReceiver): { door: string } & ErrorReceiver => ({
    door,
    clientId,
    address,
  });
  return {
    api: (name) => {
      // A door that asks again, in another part of it, goes on with the same count.
      const key = `${door}.${name}`;
      const api = counters.apis.get(key) ?? createApiCounter();
      counters.apis.set(key, api);
      return {
        answered: (request) => countRequest(api, request),
        failed: (error, receiver) => countError(counters, error, { api, failing: failing(receiver) }),
      };
    },
    failed: (error, receiver) => countError(counters, error, { api: null, failing: failing(receiver) }),
  };
}
