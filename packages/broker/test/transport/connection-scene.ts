import { nobodyAsked } from '../fakes/fake-caller.ts';
import {
  FrameDecoder,
  Hello,
  Ping,
  QError,
  decodeErrorBody,
  decodeResponseHeader,
  encodeRequest,
  helloMagic,
} from '@q/protocol';
import type { PingRequest, PingResponse } from '@q/protocol';
import { ManualClock } from '@q/testkit';
import { ByteBudget } from '../../src/transport/byte-budget.ts';
import { AcceptPace } from '../../src/transport/accept-pace.ts';
import type { RateOfAddress } from '../../src/transport/accept-pace.ts';
import { Connections } from '../../src/transport/connections.ts';
import { HeldTotal } from '../../src/transport/held-total.ts';
import { OutputTotal } from '../../src/transport/output-total.ts';
import type { Caller } from '../../src/caller.ts';
import { RequestPace } from '../../src/session/native/request-pace.ts';
import { throttleOf } from '../fakes/fake-throttle.ts';
import { Dispatcher } from '../../src/session/native/dispatcher.ts';
import { NativeSession } from '../../src/session/native/native-session.ts';
import type { OpenSession } from '../../src/transport/session.ts';
import { helloHandler } from '../../src/session/native/apis/hello.ts';
import { defaultLimits } from '../../src/limits.ts';
import type { BrokerLimits } from '../../src/limits.ts';
import { BrokerCounters } from '../../src/metrics/counters.ts';
import type { StreamEvents } from '../../src/transport/network.ts';
import { SaidLines } from '../fakes/said-lines.ts';
import { FakeStream } from '../fakes/fake-stream.ts';

export interface PingCall {
  readonly request: PingRequest;
  readonly caller: Caller;
  readonly answer: (answer: PingResponse | QError) => void;
}

export function setUp(changed: Partial<BrokerLimits> = {}, rateOf: RateOfAddress = () => null) {
  const clock = new ManualClock({ defer: 'manual' });
  const limits = { ...defaultLimits, ...changed };
  const counters = new BrokerCounters(clock);
  const said = new SaidLines();
  const { logger } = said;
  const dispatcher = new Dispatcher({ clock, logger, counters, pace: new RequestPace(throttleOf().throttle) });
  const identity = { brokerId: 1, clusterId: 'c', software: 'q', softwareVersion: '0', term: 0 };
  dispatcher.add(helloHandler({ identity, limits, dispatcher }));
  const pings: PingCall[] = [];
  dispatcher.add<PingRequest, PingResponse>({
    api: Ping,
    handle: (request, caller) =>
      new Promise((resolve, reject) => {
        pings.push({ request, caller, answer: (answer) => (QError.is(answer) ? reject(answer) : resolve(answer)) });
      }),
  });
  const budget = new ByteBudget({ softBytes: limits.brokerBytesMax, hardBytes: limits.brokerBytesHardMax });
  const outputTotal = new OutputTotal({
    bytesMax: limits.brokerOutputBytesMax,
    bytesHardMax: limits.brokerOutputBytesMax,
  });
  const heldTotal = new HeldTotal(limits.brokerHeldMax);
  const pace = new AcceptPace({ clock, limits, rateOf });
  const connections = new Connections({ pace, clock, limits, logger, budget, outputTotal, heldTotal }, counters);
  const allocateFrame = (length: number): Buffer => Buffer.allocUnsafe(length);
  const openSession: OpenSession = (link) =>
    new NativeSession({ dispatcher, limits, identityOf: nobodyAsked, allocateFrame }, link);
  const accept = (options?: ConstructorParameters<typeof FakeStream>[0]) => {
    const stream = new FakeStream({ takesAll: true, ...options });
    return { stream, events: lending(connections.accept(stream, openSession, { door: 'native', listener: 'native' })) };
  };
  return { clock, counters, pings, budget, outputTotal, heldTotal, connections, accept, said };
}

/** Chunks are lent: what keeps one finds something else in it. */
export function lending(events: StreamEvents): StreamEvents {
  const data = (chunk: Buffer): void => {
    const lent = Buffer.from(chunk);
    events.data(lent);
    lent.fill(0xdd);
  };
  return { data, closed: () => events.closed() };
}

export function hello(correlationId = 1): Buffer {
  return Buffer.concat(
    encodeRequest(Hello, {
      version: 0,
      correlationId,
      body: { magic: helloMagic, clientId: 'me', software: 's', softwareVersion: '1' },
    }),
  );
}

export function ping(correlationId: number, payload = 'x'): Buffer {
  return Buffer.concat(encodeRequest(Ping, { version: 0, correlationId, body: { payload: Buffer.from(payload) } }));
}

/** The answers on the stream: correlation id, and the code of an error. */
export function answers(stream: FakeStream): [number, string | 0][] {
  const decoder = new FrameDecoder({ frameBytesMax: 1 << 26 });
  decoder.push(stream.sent);
  const found: [number, string | 0][] = [];
  for (let frame = decoder.next(); frame !== null; frame = decoder.next()) {
    const { correlationId, errorCode } = decodeResponseHeader(frame);
    found.push([correlationId, errorCode === 0 ? 0 : decodeErrorBody(frame).code]);
  }
  return found;
}
