import type { ErrorName } from '@q/protocol';
import { countError, countRequest, createApiCounter } from './counters.ts';
import type { AnsweredRequest, BrokerCounters } from './counters.ts';

/** Counts the requests of one API. */
export interface ApiMeter {
  /** One was answered. */
  answered(request: AnsweredRequest): void;
}

/** Counts the requests of one protocol, beside those of the others. */
export interface RequestMeter {
  /** The count of one API, by the name that statistics show. Ask once, not for each request. */
  api(name: string): ApiMeter;
  /** Counts an error that was told, of a request or a part of one. */
  failed(name: ErrorName): void;
}

/** `prefix` tells the APIs of this protocol from those of others, which may have the same names. */
export function requestMeter(counters: BrokerCounters, prefix: string): RequestMeter {
  return {
    api: (name) => {
      const counter = createApiCounter();
      counters.apis.set(`${prefix}.${name}`, counter);
      return { answered: (request) => countRequest(counters, counter, request) };
    },
    failed: (name) => countError(counters, name),
  };
}
