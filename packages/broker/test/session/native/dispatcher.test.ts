import { CreateTopic, Hello, Ping, QError, decodeErrorBody, decodeResponseBody, encodeRequest } from '@q/protocol';
import type { PingRequest, PingResponse } from '@q/protocol';
import { StorageError } from '@q/storage';
import { ManualClock } from '@q/testkit';
import { describe, expect, it } from 'vitest';
import { RequestPace } from '../../../src/session/native/request-pace.ts';
import { throttleOf } from '../../fakes/fake-throttle.ts';
import { Dispatcher } from '../../../src/session/native/dispatcher.ts';
import { Expected } from '../../../src/session/native/handler.ts';
import type { Handler } from '../../../src/session/native/handler.ts';
import type { Answer } from '../../../src/transport/session.ts';
import type { BrokerLogger } from '../../../src/logger.ts';
import { BrokerCounters } from '../../../src/metrics/counters.ts';
import { FakeCaller } from '../../fakes/fake-caller.ts';

function setUp(
  handle: Handler<PingRequest, PingResponse>['handle'],
  errorsIn?: Handler<PingRequest, PingResponse>['errorsIn'],
  copyToLetGo?: (frame: Buffer) => Buffer,
) {
  const clock = new ManualClock();
  const counters = new BrokerCounters(clock);
  const logged: string[] = [];
  const logger: BrokerLogger = {
    debug() {},
    info() {},
    warn() {},
    error: (_fields, message) => void logged.push(message),
  };
  const pace = new RequestPace(throttleOf().throttle);
  const dispatcher = new Dispatcher({ clock, logger, counters, pace, ...(copyToLetGo && { copyToLetGo }) });
  dispatcher.add({ api: Ping, handle, ...(errorsIn !== undefined && { errorsIn }) });
  const dispatch = (frame: Buffer, isOpen = true, isLent = false): Answer | Promise<Answer> =>
    dispatcher.dispatch(frame, {
      caller: new FakeCaller(),
      session: { isOpen, saidHello() {}, becameKnown() {} },
      isLent,
    });
  return { clock, counters, logged, dispatcher, dispatch };
}

function frameOf(version = 0): Buffer {
  const frame = Buffer.concat(
    encodeRequest(Ping, { version: 0, correlationId: 9, body: { payload: Buffer.from('x') } }),
  ).subarray(4);
  frame.writeUInt16BE(version, 2);
  return frame;
}

async function errorIn(answer: Answer | Promise<Answer>): Promise<QError> {
  return decodeErrorBody(Buffer.concat((await answer).buffers).subarray(4));
}

describe('Dispatcher', () => {
  it('M1 answers, and counts requests and time', async () => {
    const { clock, counters, dispatch } = setUp(async (request) => {
      await clock.advance(3);
      return request;
    });
    const answer = await dispatch(frameOf());
    expect(decodeResponseBody(Ping, 0, Buffer.concat(answer.buffers).subarray(4))).toEqual({
      payload: Buffer.from('x'),
    });
    expect(answer.thenClose).toBe(false);
    const counter = counters.apis.get('PING')!;
    expect(counter).toMatchObject({ failed: 0, errors: null });
    expect(counter.times!.summary()).toMatchObject({ count: 1, total: 3000, max: 3000 });
  });

  it('Z1 gives a handler a copy of what was only lent, in memory that is used again if the handler lets go of it', async () => {
    const copies: Buffer[] = [];
    const { dispatcher, dispatch } = setUp(
      async (request) => {
        await Promise.resolve();
        return request;
      },
      undefined,
      (frame) => copies[copies.push(Buffer.from(frame)) - 1]!,
    );
    const payloadOf = async (): Promise<string> => {
      const frame = frameOf();
      const answer = dispatch(frame, true, true);
      frame.fill(0xdd);
      return decodeResponseBody(Ping, 0, Buffer.concat((await answer).buffers).subarray(4)).payload.toString();
    };
    expect(await payloadOf()).toBe('x');
    expect(copies).toHaveLength(0);
    dispatcher.add({ api: Ping, letsGo: true, handle: (request) => request });
    expect(await payloadOf()).toBe('x');
    await dispatch(frameOf());
    expect(copies).toHaveLength(1);
  });

  describe('an answer that is known but for what may go wrong', () => {
    const payloadIn = async (answer: Answer | Promise<Answer>): Promise<string> =>
      decodeResponseBody(Ping, 0, Buffer.concat((await answer).buffers).subarray(4)).payload.toString();
    const setUpExpected = (payload: unknown) => {
      const other = Promise.withResolvers<{ payload: Buffer } | null>();
      const expected = { payload: payload as Buffer };
      return { other, expected, ...setUp(() => new Expected({ answer: expected, other: other.promise })) };
    };

    it('Z1 is encoded in the next turn, and sent when all went well', async () => {
      const { clock, counters, other, expected, dispatch } = setUpExpected(Buffer.from('as expected'));
      const answer = dispatch(frameOf());
      await clock.advance(1);
      expected.payload = Buffer.from('too late');
      other.resolve(null);
      expect(await payloadIn(answer)).toBe('as expected');
      expect(counters.apis.get('PING')).toMatchObject({ times: { count: 1 }, failed: 0 });
    });

    it('Z1 is encoded at once when nothing has to be waited for', async () => {
      const { clock, other, dispatch } = setUpExpected(Buffer.from('as expected'));
      other.resolve(null);
      expect(await payloadIn(dispatch(frameOf()))).toBe('as expected');
      await clock.advance(1);
    });

    it('B2 gives way to another, or to an error', async () => {
      const one = setUpExpected(Buffer.from('as expected'));
      const answer = one.dispatch(frameOf());
      await one.clock.advance(1);
      one.other.resolve({ payload: Buffer.from('otherwise') });
      expect(await payloadIn(answer)).toBe('otherwise');
      const failing = setUpExpected(Buffer.from('as expected'));
      failing.other.reject(new QError('TOPIC_EXISTS', 'there'));
      expect((await errorIn(failing.dispatch(frameOf()))).code).toBe('TOPIC_EXISTS');
    });

    it('W2 that cannot be encoded is an error when its time has come, and not before', async () => {
      const { clock, other, dispatch } = setUpExpected('no bytes');
      const answer = dispatch(frameOf());
      await clock.advance(1);
      other.resolve(null);
      expect((await errorIn(answer)).code).toBe('INVALID_REQUEST');
    });
  });

  it('M2 does not count a request that waited for a client that has left as a failure', async () => {
    const { counters, dispatcher } = setUp(() => {
      throw new QError('REQUEST_TIMED_OUT', 'the connection ended before the answer was made');
    });
    const [caller, gone] = [new FakeCaller(), new FakeCaller()];
    gone.signal.abort();
    for (const each of [caller, gone])
      await dispatcher.dispatch(frameOf(), {
        caller: each,
        session: { isOpen: true, saidHello() {}, becameKnown() {} },
        isLent: false,
      });
    expect(counters.apis.get('PING')).toMatchObject({ times: { count: 2 }, failed: 1 });
    expect(counters.errors.get('REQUEST_TIMED_OUT')).toBe(1);
  });

  it('M2 counts failures, also those inside an answer', async () => {
    const { counters, dispatch } = setUp(
      (request) => request,
      () => ['KEY_REQUIRED'],
    );
    await dispatch(frameOf());
    expect(counters.apis.get('PING')).toMatchObject({ times: { count: 1 }, failed: 1 });
    expect(counters.errors.get('KEY_REQUIRED')).toBe(1);
  });

  it('W2 turns every thrown thing into an error of the wire, and tells nobody the inside of an accident', async () => {
    const thrown = [
      new QError('TOPIC_EXISTS', 'there'),
      new StorageError('STORAGE_FULL', 'full'),
      new TypeError('secret'),
    ];
    const codes: string[] = [];
    for (const one of thrown) {
      const { logged, dispatch } = setUp(() => Promise.reject(one));
      const error = await errorIn(dispatch(frameOf()));
      codes.push(error.code);
      expect(error.message).not.toContain('secret');
      expect(logged).toHaveLength(error.code === 'UNKNOWN' ? 1 : 0);
    }
    expect(codes).toEqual(['TOPIC_EXISTS', 'STORAGE_FULL', 'UNKNOWN']);
    const { dispatch } = setUp(() => {
      throw new QError('BROKER_BUSY', 'later');
    });
    expect(await errorIn(dispatch(frameOf()))).toMatchObject({ code: 'BROKER_BUSY', retriable: true });
  });

  it('W1 names the versions that it serves', async () => {
    const { dispatch } = setUp((request) => request);
    const error = await errorIn(dispatch(frameOf(9)));
    expect(error).toMatchObject({
      code: 'UNSUPPORTED_VERSION',
      details: { api: 'PING', version: 9, minVersion: 0, maxVersion: 0 },
    });
  });

  it('W1 says which API it does not serve', async () => {
    const { dispatch } = setUp((request) => request);
    const known = Buffer.concat(
      encodeRequest(CreateTopic, {
        version: 0,
        correlationId: 1,
        body: { name: 't', partitions: 1, replicas: 1, configs: [], validateOnly: false },
      }),
    ).subarray(4);
    expect((await errorIn(dispatch(known))).message).toContain('CREATE_TOPIC');
    const unknown = frameOf();
    unknown.writeUInt16BE(999, 0);
    const answer = await dispatch(unknown);
    expect(answer.thenClose).toBe(false);
    expect(await errorIn(answer)).toMatchObject({ code: 'UNKNOWN_API', details: { apiKey: 999 } });
  });

  it('W1 answers a frame that it cannot read, and asks to hang up', async () => {
    const { dispatch } = setUp((request) => request);
    for (const frame of [frameOf().subarray(0, 7), Buffer.concat([frameOf(), Buffer.from([1])])]) {
      const answer = await dispatch(frame);
      expect(answer.thenClose).toBe(true);
      expect((await errorIn(answer)).code).toBe('MALFORMED_FRAME');
    }
    const early = await dispatch(frameOf(), false);
    expect(early.thenClose).toBe(true);
    expect((await errorIn(early)).code).toBe('HELLO_REQUIRED');
    expect(Hello.key).toBe(0);
  });
});
