/**
 * From a frame to its answer: finds the handler, checks the version, decodes, counts, and turns whatever goes wrong
 * into an error answer. Nothing that a client sends makes `dispatch` throw or its promise reject.
 */
import {
  QError,
  apiByKey,
  decodeRequestBody,
  decodeRequestHeader,
  encodeErrorResponse,
  encodeResponse,
} from '@q/protocol';
import type { Api, ErrorName, HelloRequest } from '@q/protocol';
import { authorOf } from '../../caller.ts';
import type { Clock } from '../../clock.ts';
import { toWireError } from '../../errors/wire-error.ts';
import type { BrokerLogger } from '../../logger.ts';
import { countError, countRequest, createApiCounter } from '../../metrics/counters.ts';
import type { ApiCounter, BrokerCounters } from '../../metrics/counters.ts';
import { nativeName } from '../../metrics/request-meter.ts';
import type { ErrorReceiver } from '../../metrics/request-meter.ts';
import type { Answer } from '../../transport/session.ts';
import { isClientsMistake, reportRequest } from '../request-report.ts';
import { Expected } from './handler.ts';
import type { Handler, NativeCaller } from './handler.ts';
import type { RequestPace } from './request-pace.ts';

/** What the dispatcher tells a session, and asks of it. */
export interface HelloState {
  readonly isOpen: boolean;
  saidHello(hello: Introduction): void;
  becameKnown(): void;
}

/** How a client introduces itself. */
export type Introduction = Pick<HelloRequest, 'clientId' | 'software' | 'softwareVersion'>;

export interface IncomingRequest {
  readonly caller: NativeCaller;
  readonly session: HelloState;
  /** The memory of the frame is used again once `dispatch` has returned: what a handler gets is a copy. */
  readonly isLent: boolean;
}

interface Route {
  readonly api: Api<unknown, unknown>;
  readonly handle: Handler<unknown, unknown>['handle'];
  readonly letsGo: boolean;
  readonly endsOnError: boolean;
  readonly isForStrangers: boolean;
  readonly isUrgent: boolean;
  readonly errorsIn: ((answer: unknown) => Iterable<ErrorName>) | undefined;
  readonly finish: Handler<unknown, unknown>['finish'];
  readonly counter: ApiCounter;
}

interface RequestState {
  readonly route: Route | null;
  readonly correlationId: number;
  readonly version: number;
  readonly startedAt: number;
  readonly caller: NativeCaller;
}

const helloKey = 0;

export class Dispatcher {
  readonly #routes = new Map<number, Route>();
  readonly #clock: Clock;
  readonly #logger: BrokerLogger;
  readonly #counters: BrokerCounters;
  readonly #copyToLetGo: (frame: Buffer) => Buffer;
  readonly #pace: RequestPace;

  /** `copyToLetGo`: into memory that is used again when the handler has let go of it. Into any if missing. */
  constructor(options: {
    clock: Clock;
    logger: BrokerLogger;
    counters: BrokerCounters;
    pace: RequestPace;
    copyToLetGo?: (frame: Buffer) => Buffer;
  }) {
    this.#clock = options.clock;
    this.#logger = options.logger;
    this.#counters = options.counters;
    this.#pace = options.pace;
    this.#copyToLetGo = options.copyToLetGo ?? ((frame) => Buffer.from(frame));
  }

  /** Adds the handler of one API. */
  add<Q, A>(handler: Handler<Q, A>): void {
    // Several listeners of the protocol have one count.
    const counter = this.#counters.apis.get(handler.api.name) ?? createApiCounter();
    this.#counters.apis.set(handler.api.name, counter);
    const { api, handle, letsGo = false, errorsIn, finish, ...rest } = handler as unknown as Handler<unknown, unknown>;
    const { endsOnError = false, isForStrangers = false } = rest;
    const isUrgent = isForStrangers || rest.isUrgent === true;
    const isTold = { endsOnError, isForStrangers, isUrgent };
    this.#routes.set(api.key, { api, handle, letsGo, ...isTold, errorsIn, finish, counter });
  }

  /** The APIs that are served. */
  get apis(): Api<unknown, unknown>[] {
    return [...this.#routes.values()].map((route) => route.api);
  }

  /** Counts an error that answers no request. */
  countError(error: QError, receiver: ErrorReceiver): void {
    this.#countError(error.code, receiver, null);
  }

  dispatch(frame: Buffer, request: IncomingRequest): Answer | Promise<Answer> {
    const { caller } = request;
    let header: ReturnType<typeof decodeRequestHeader>;
    try {
      header = decodeRequestHeader(frame);
    } catch (error) {
      const state = { route: null, correlationId: 0, version: 0, startedAt: this.#clock.monotonic(), caller };
      return this.#fail(state, error, { thenClose: true });
    }
    const state: RequestState = {
      route: this.#routes.get(header.apiKey) ?? null,
      correlationId: header.correlationId,
      version: header.apiVersion,
      startedAt: this.#clock.monotonic(),
      caller,
    };
    if (!request.session.isOpen && header.apiKey !== helloKey) {
      return this.#fail(state, new QError('HELLO_REQUIRED', 'the first request of a connection must be HELLO'), {
        thenClose: true,
      });
    }
    if (state.route === null) return this.#fail(state, unknownApi(header.apiKey), { thenClose: false });
    if (!caller.identity.isKnown && !state.route.isForStrangers) {
      // Whoever was known before may show it again; nobody else has any business here.
      return this.#fail(state, notKnown(state.route.api, caller.identity), { thenClose: !caller.identity.wasKnown });
    }
    const { min, max } = state.route.api.versions;
    if (state.version < min || state.version > max) {
      return this.#fail(state, unsupportedVersion(state.route.api, state.version), { thenClose: false });
    }
    return this.#serve(frame, state as RequestState & { route: Route }, request);
  }

  #serve(frame: Buffer, state: RequestState & { route: Route }, request: IncomingRequest): Answer | Promise<Answer> {
    const { route, version } = state;
    let body: unknown;
    try {
      body = decodeRequestBody(route.api, version, request.isLent ? this.#copyFor(route, frame) : frame);
    } catch (error) {
      // The frame was whole, but its sender does not speak the protocol: nothing else that it sends can be trusted.
      return this.#fail(state, error, { thenClose: true });
    }
    const isHello = route.api.key === helloKey;
    try {
      const answer = route.handle(body, request.caller);
      if (this.#pace.isOn) this.#pace.worked(state.caller, this.#clock.monotonic() - state.startedAt);
      if (answer instanceof Promise) return this.#whenHandled(answer, state, request.session);
      if (answer instanceof Expected) return this.#whenKnown(answer, state);
      if (this.#isBeyond(state)) return this.#whenHandled(Promise.resolve(answer), state, request.session);
      const encoded = this.#succeed(state, answer);
      if (isHello) request.session.saidHello(body as HelloRequest);
      return encoded;
    } catch (error) {
      return this.#fail(state, error, { thenClose: isHello });
    }
  }

  #copyFor({ letsGo }: Route, frame: Buffer): Buffer {
    return letsGo ? this.#copyToLetGo(frame) : Buffer.from(frame);
  }

  async #whenHandled(
    answer: Promise<unknown>,
    state: RequestState & { route: Route },
    session: HelloState,
  ): Promise<Answer> {
    const { isForStrangers, endsOnError } = state.route;
    try {
      const handled = await answer;
      const encoded = this.#succeed(state, this.#isBeyond(state) ? await this.#held(state, handled) : handled);
      if (isForStrangers) session.becameKnown();
      return encoded;
    } catch (error) {
      return this.#fail(state, error, { thenClose: endsOnError });
    }
  }

  async #whenKnown({ answer, other }: Expected<unknown>, state: RequestState & { route: Route }): Promise<Answer> {
    let encoded: readonly Buffer[] | undefined;
    let isKnown = false;
    // Not before what the answer waits for is on its way: the disk works meanwhile.
    this.#clock.defer(() => {
      if (isKnown) return;
      try {
        encoded = this.#encode(state, answer);
      } catch {
        // It goes wrong again below, and is answered there.
      }
    });
    try {
      const instead = await other;
      isKnown = true;
      if (this.#isBeyond(state)) return this.#succeed(state, await this.#held(state, instead ?? answer));
      return instead === null ? this.#succeed(state, answer, encoded) : this.#succeed(state, instead);
    } catch (error) {
      return this.#fail(state, error, { thenClose: false });
    }
  }

  /** Whether the answer is to wait, because its client takes more of the event loop than it may. */
  #isBeyond({ route, caller }: RequestState & { route: Route }): boolean {
    return this.#pace.isOn && !route.isUrgent && this.#pace.isBeyond(caller);
  }

  /** Whoever can be told of the wait is. */
  async #held({ caller }: RequestState, answer: unknown): Promise<unknown> {
    const heldMs = await this.#pace.hold(caller);
    return isToldOfWaits(answer) ? { ...answer, throttleTimeMs: answer.throttleTimeMs + heldMs } : answer;
  }

  #encode(state: RequestState & { route: Route }, answer: unknown): readonly Buffer[] {
    const { route, correlationId, version, caller } = state;
    const begunAt = this.#pace.isOn ? this.#clock.monotonic() : 0;
    const encoded = encodeResponse(route.api, { version, correlationId, body: answer });
    const finished = route.finish?.(encoded) ?? encoded;
    if (this.#pace.isOn) this.#pace.worked(caller, this.#clock.monotonic() - begunAt);
    return finished;
  }

  #succeed(state: RequestState & { route: Route }, answer: unknown, buffers = this.#encode(state, answer)): Answer {
    const { route } = state;
    let failed = false;
    let mistake: ErrorName | null = null;
    if (route.errorsIn !== undefined) {
      for (const name of route.errorsIn(answer)) {
        failed = true;
        if (mistake === null && isClientsMistake(name)) mistake = name;
        this.#countError(name, state.caller, route.counter);
      }
    }
    if (mistake !== null) this.#reportPart(state, mistake);
    this.#count(state, failed);
    return { buffers, thenClose: false };
  }

  #fail(state: RequestState, thrown: unknown, options: { thenClose: boolean }): Answer {
    const error = toWireError(thrown);
    // A long poll whose client has left has not failed: that is how consumers end, and nobody gets the answer.
    const hasFailed = error.code !== 'REQUEST_TIMED_OUT' || !state.caller.signal.aborted;
    if (hasFailed) this.#countError(error.code, state.caller, state.route?.counter ?? null);
    this.#report(state, { error, thrown, isMalformed: options.thenClose && !isAboutIdentity(error) });
    this.#count(state, hasFailed);
    return {
      buffers: encodeErrorResponse({ correlationId: state.correlationId, error }),
      thenClose: options.thenClose,
      reason: error.code,
    };
  }

  #report(
    { route, correlationId: requestId, caller }: RequestState,
    what: { readonly error: QError; readonly thrown: unknown; readonly isMalformed: boolean },
  ): void {
    reportRequest(this.#logger, { door: nativeName, api: route?.api.name, caller, requestId, ...what });
  }

  /** What was refused of a request that was answered otherwise: the first of its kind stands for all. */
  #reportPart({ route, correlationId: requestId, caller }: RequestState & { route: Route }, code: ErrorName): void {
    const { clientId, address, connectionId = 0 } = authorOf(caller);
    const who = { clientId, address, connectionId, requestId };
    this.#logger.info(
      { event: 'request.refused', door: nativeName, api: route.api.name, code, ...who },
      'a part of a request was refused',
    );
  }

  #count(state: RequestState, failed: boolean): void {
    if (state.route === null) return;
    countRequest(state.route.counter, { elapsedMs: this.#clock.monotonic() - state.startedAt, failed });
  }

  #countError(name: ErrorName, { clientId, address }: ErrorReceiver, api: ApiCounter | null): void {
    countError(this.#counters, name, { api, failing: { door: nativeName, clientId, address } });
  }
}

function isToldOfWaits(answer: unknown): answer is { readonly throttleTimeMs: number } {
  return typeof answer === 'object' && answer !== null && 'throttleTimeMs' in answer;
}

function isAboutIdentity({ code }: QError): boolean {
  return code === 'AUTHENTICATION_REQUIRED' || code === 'AUTHENTICATION_FAILED' || code === 'UNSUPPORTED_MECHANISM';
}

function notKnown({ name }: Api<unknown, unknown>, { isGone }: { readonly isGone: boolean }): QError {
  const message = isGone
    ? 'the user of this connection was removed'
    : `${name} is for those who have shown who they are`;
  return new QError('AUTHENTICATION_REQUIRED', message, { details: { api: name } });
}

function unknownApi(apiKey: number): QError {
  const known = apiByKey(apiKey);
  const name = known === undefined ? String(apiKey) : `${apiKey} (${known.name})`;
  return new QError('UNKNOWN_API', `this broker does not serve api key ${name}`, { details: { apiKey } });
}

function unsupportedVersion(api: Api<unknown, unknown>, version: number): QError {
  const { min, max } = api.versions;
  const message = `${api.name} version ${version} is not served; this broker serves ${min} to ${max}`;
  return new QError('UNSUPPORTED_VERSION', message, {
    details: { api: api.name, version, minVersion: min, maxVersion: max },
  });
}
