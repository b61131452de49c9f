/**
 * From a frame to its answer: finds the handler, checks the version, decodes, counts, and turns what goes wrong into
 * the answer that Kafka would give, or closes the connection where Kafka would. Nothing that a client sends makes
 * `dispatch` throw or its promise reject.
 */
import { reportRequest, retryAfterMs, toWireError } from '@q/broker';
import type { Answer, Clock, DoorTools, RequestMeter, Services, SessionIdentity } from '@q/broker';
import { QError } from '@q/protocol';
import { KafkaError, errorNameOf, kafkaErrorCode, toKafkaError } from '../errors/kafka-errors.ts';
import { answerFrame, answerFrameInTurns } from '../frame/answer-frame.ts';
import { readRequestHead, readRequestHeader } from '../frame/request-header.ts';
import type { RequestHead } from '../frame/request-header.ts';
import { apiVersions } from '../messages/api-versions.ts';
import { Farewell, Silence } from './handler.ts';
import type { Handler, KafkaCaller, RequestContext } from './handler.ts';
import { servedVersions } from './served-versions.ts';

interface Route {
  readonly handler: Handler;
  readonly min: number;
  readonly max: number;
  readonly meter: ReturnType<RequestMeter['api']>;
}

/** A request on its way through its handler. */
interface Served {
  readonly route: Route;
  readonly head: RequestHead;
  readonly body: unknown;
  readonly context: RequestContext;
  readonly startedAt: number;
}

/** A frame, and what is known of its connection. */
export interface Incoming {
  /** The frame is a view of memory that is only lent. */
  readonly isLent: boolean;
  /** Whose its connection is. */
  readonly identity: Pick<SessionIdentity, 'isKnown'>;
  /** The caller, once the header has told how the client names itself. */
  readonly callerOf: (clientId: string | null) => KafkaCaller;
}

/** As the log names it. */
const door = 'kafka';

const requestTime = 'requestPercentage';
/** As Kafka's window for it. */
const requestThrottleMsMax = 1_000;

const hangUp: Answer = { buffers: [], thenClose: true };
/** What came is all right, but not from somebody who has not logged in. */
const turnedAway: Answer = { ...hangUp, reason: 'AUTHENTICATION_REQUIRED' };
const sayNothing: Answer = { buffers: [], thenClose: false };

export class Dispatcher {
  readonly #routes = new Map<number, Route>();
  readonly #tools: Pick<DoorTools, 'logger' | 'meter' | 'frames'> & { readonly clock: Clock };

  readonly #throttle: Services['throttle'];

  constructor(tools: DoorTools, throttle: Services['throttle']) {
    this.#tools = tools;
    this.#throttle = throttle;
  }

  /** Adds the handler of one API. */
  add(handler: Handler): void {
    const { key, name } = handler.api;
    const versions = servedVersions.get(key);
    if (versions === undefined) throw new Error(`${name} (${key}) is not in the table of versions`);
    this.#routes.set(key, { handler, ...versions, meter: this.#tools.meter.api(name) });
  }

  dispatch(frame: Buffer, incoming: Incoming): Answer | Promise<Answer> {
    let served: Served | Answer;
    try {
      served = this.#begin(frame, incoming);
    } catch (error) {
      return this.#malformed(error, incoming.callerOf(null));
    }
    return 'route' in served ? this.#serve(served) : served;
  }

  #begin(frame: Buffer, { isLent, identity, callerOf }: Incoming): Served | Answer {
    const { clock } = this.#tools;
    const startedAt = clock.monotonic();
    const head = readRequestHead(frame);
    const route = this.#routes.get(head.apiKey);
    if (route === undefined) throw new KafkaError('UNSUPPORTED_VERSION', `API ${head.apiKey} is not served here`);
    const { handler, min, max } = route;
    const { apiVersion } = head;
    if (apiVersion < min || apiVersion > max) return this.#otherVersion(route, head);
    const { api } = handler;
    // As Kafka does: a stranger, or one whose time is over, is told nothing.
    if (handler.isForStrangers !== true && !identity.isKnown) return turnedAway;
    const { clientId, bodyAt } = readRequestHeader(frame, head, apiVersion >= api.flexibleSince);
    const body = api.request.decode(isLent ? this.#copyFor(handler, frame) : frame, bodyAt, apiVersion);
    return { route, head, body, startedAt, context: { caller: callerOf(clientId), version: apiVersion } };
  }

  #copyFor({ letsGo = false }: Handler, frame: Buffer): Buffer {
    const { frames } = this.#tools;
    return letsGo && frames !== null ? frames.copyOf(frame) : Buffer.from(frame);
  }

  /** ApiVersions in a version that is too new is answered in version 0, with its range: the client asks again. */
  #otherVersion({ handler: { api }, min, max }: Route, { apiVersion, correlationId }: RequestHead): Answer {
    if (api.key !== apiVersions.key) {
      throw new KafkaError(
        'UNSUPPORTED_VERSION',
        `${api.name} is served in versions ${min} to ${max}, not ${apiVersion}`,
      );
    }
    const body = {
      errorCode: kafkaErrorCode.UNSUPPORTED_VERSION,
      apiKeys: [{ apiKey: api.key, minVersion: min, maxVersion: max }],
    };
    return { buffers: answerFrame(api, { version: 0, correlationId, body }), thenClose: false };
  }

  #serve(served: Served): Answer | Promise<Answer> {
    const { route, body, context } = served;
    try {
      const answer = route.handler.handle(body, context);
      if (this.#throttle.isOn) this.#worked(served, served.startedAt);
      return answer instanceof Promise ? this.#serveLater(served, answer) : this.#succeed(served, answer);
    } catch (error) {
      return this.#fail(served, error);
    }
  }

  async #serveLater(served: Served, answer: Promise<unknown>): Promise<Answer> {
    const { handler } = served.route;
    const { caller } = served.context;
    // Who is beyond a quota has one request at a time: the next is not to slip in before this one is answered.
    const isBeyond = handler.uses !== undefined && this.#throttle.isOn && this.#throttle.owed(caller, handler.uses) > 0;
    const goOn = handler.mayOverlap === true && !isBeyond ? null : caller.budget.holdOrder();
    try {
      const body = await answer;
      return handler.mayBeLong === true ? await this.#succeedInTurns(served, body) : this.#succeed(served, body);
    } catch (error) {
      return this.#fail(served, error);
    } finally {
      goOn?.();
    }
  }

  #succeed(served: Served, body: unknown): Answer {
    this.#count(served, this.#countParts(served, body));
    return this.#encode(served, body);
  }

  async #succeedInTurns(served: Served, body: unknown): Promise<Answer> {
    if (body instanceof Silence) return this.#succeed(served, body);
    const { apiVersion: version, correlationId } = served.head;
    const told = this.#slowDown(served, body);
    const pause = (): Promise<void> => new Promise((resolve) => this.#tools.clock.defer(resolve));
    const buffers = await answerFrameInTurns(served.route.handler.api, { version, correlationId, body: told }, pause);
    this.#count(served, false);
    return { buffers, thenClose: false };
  }

  #encode(served: Served, body: unknown): Answer {
    const { route, head } = served;
    const told = this.#slowDown(served, body);
    if (told instanceof Silence) return silent(told);
    const thenClose = told instanceof Farewell;
    const message: unknown = thenClose ? told.body : told;
    const begunAt = this.#throttle.isOn ? this.#tools.clock.monotonic() : 0;
    const { apiVersion: version, correlationId } = head;
    const buffers = answerFrame(route.handler.api, { version, correlationId, body: message });
    if (this.#throttle.isOn) this.#worked(served, begunAt);
    // Only whoever does not get in is answered so.
    return thenClose ? { buffers, thenClose, reason: 'AUTHENTICATION_FAILED' } : { buffers, thenClose };
  }

  /** What takes the event loop counts: the time in which nobody else is served. */
  #worked({ context: { caller } }: Served, sinceMs: number): void {
    this.#throttle.use(caller, requestTime, this.#tools.clock.monotonic() - sinceMs);
  }

  /**
   * As Kafka does it: who is beyond a quota is answered, told how long to wait, and not listened to for that time.
   * Returns the answer that says so.
   */
  #slowDown({ route: { handler }, context: { caller } }: Served, body: unknown): unknown {
    if (!this.#throttle.isOn) return body;
    const timeMs = Math.min(this.#throttle.owed(caller, requestTime), requestThrottleMsMax);
    const bytesMs = handler.uses === undefined ? 0 : this.#throttle.owed(caller, handler.uses);
    const ms = Math.max(timeMs, bytesMs);
    if (ms === 0) return body;
    const goOn = caller.budget.holdOrder();
    const kind = bytesMs > timeMs ? handler.uses! : requestTime;
    void this.#throttle.hold(caller, kind, ms).then(goOn);
    return isMessage(body) ? { ...body, throttleTimeMs: Math.max(ms, body.throttleTimeMs ?? 0) } : body;
  }

  #fail(served: Served, thrown: unknown): Answer {
    const { route, body, context } = served;
    this.#count(served, true);
    const error = this.#asKafkaError(thrown, served);
    if (route.handler.refuse === undefined) return hangUp;
    try {
      return this.#encode(
        served,
        route.handler.refuse(error.code, body, { ...context, retryAfterMs: pauseOf(error) }, error.message),
      );
    } catch (encoding) {
      this.#tools.logger.error(
        { event: 'request.answer_failed', door, api: route.handler.api.name, err: encoding },
        'an answer could not be encoded',
      );
      return hangUp;
    }
  }

  #asKafkaError(thrown: unknown, { route, head, context: { caller } }: Served): KafkaError {
    if (thrown instanceof KafkaError) {
      // Others are outcomes of a protocol, as in groups.
      if (thrown.kafkaName === 'INVALID_REQUEST') route.meter.failed('INVALID_REQUEST', caller);
      return thrown;
    }
    const error = toWireError(thrown);
    const { correlationId: requestId } = head;
    const api = route.handler.api.name;
    reportRequest(this.#tools.logger, { door, api, caller, requestId, error, thrown, isMalformed: false });
    // A long poll whose client has left has not failed: that is how consumers end.
    const hasLeft = error.code === 'REQUEST_TIMED_OUT' && caller.signal.aborted;
    if (!hasLeft) route.meter.failed(error.code, caller);
    return toKafkaError(error);
  }

  /** Whoever sent it speaks another protocol, or another version of this one: nothing it sends can be trusted. */
  #malformed(thrown: unknown, caller: KafkaCaller): Answer {
    const { logger, meter } = this.#tools;
    const code = thrown instanceof KafkaError ? 'UNSUPPORTED_VERSION' : 'MALFORMED_FRAME';
    meter.failed(code, caller);
    const error = new QError(code, thrown instanceof Error ? thrown.message : String(thrown));
    const failed = { door, api: undefined, caller, requestId: undefined, error, thrown, isMalformed: true };
    reportRequest(logger, failed);
    return hangUp;
  }

  /** Whether something went wrong with a part of the request. */
  #countParts({ route: { handler, meter }, context }: Served, body: unknown): boolean {
    if (handler.errorCodesIn === undefined || body instanceof Silence) return false;
    const codes = handler.errorCodesIn(body);
    for (const code of codes) meter.failed(errorNameOf(code), context.caller);
    return codes.length > 0;
  }

  #count({ route, startedAt }: Served, failed: boolean): void {
    route.meter.answered({ elapsedMs: this.#tools.clock.monotonic() - startedAt, failed });
  }
}

function silent({ thenClose, reason }: Silence): Answer {
  if (!thenClose) return sayNothing;
  return reason === undefined ? hangUp : { ...hangUp, reason };
}

function isMessage(body: unknown): body is { readonly throttleTimeMs?: number } {
  return typeof body === 'object' && body !== null && !(body instanceof Silence) && !(body instanceof Farewell);
}

/** What the broker asks for, in ms; 0 when it does not. */
function pauseOf({ cause }: KafkaError): number {
  return retryAfterMs([{ error: QError.is(cause) ? cause : null }]);
}
