/** What those are served who have not shown who they are, at each door (rows A1, W3). */
import { gzipSync } from 'node:zlib';
import {
  apis,
  Authenticate,
  decodeErrorBody,
  decodeResponseHeader,
  encodeRequest,
  Hello,
  helloMagic,
  Ping,
  Produce,
} from '@q/protocol';
import { describe, expect, it } from 'vitest';
import { servedVersions } from '../../packages/kafka-gateway/src/session/served-versions.ts';
import { FramedSocket } from './framed-socket.ts';
import { helloBody, loginDoors } from './login-doors.ts';
import { logIn } from './scram-login.ts';
import { SecuredBroker } from './secured-broker.ts';

const mechanisms = ['SCRAM-SHA-256'] as const;
const alice = { username: 'alice', password: 'alice-pw' };
const [native, kafka] = [loginDoors[0]!, loginDoors[1]!];

/** A whole frame of a request: its head as either protocol has it, and a body of anything. */
function frameOf(apiKey: number, { version = 0, body = Buffer.alloc(0) }: { version?: number; body?: Buffer } = {}) {
  const frame = Buffer.alloc(4 + 8);
  frame.writeUInt32BE(8 + body.length);
  frame.writeUInt16BE(apiKey, 4);
  frame.writeUInt16BE(version, 6);
  frame.writeUInt32BE(7, 8);
  return Buffer.concat([frame, body]);
}

describe('whoever has not shown who they are', () => {
  const forStrangers = new Set<number>([Hello.key, Ping.key, Authenticate.key]);
  const others = apis.filter(({ key }) => !forStrangers.has(key));

  it('A1, SEC-7: is refused every API of the native door, whatever its body is, and hung up on', async () => {
    const secured = await SecuredBroker.start({ mechanisms });
    expect(others.length).toBeGreaterThan(15);
    for (const { key, name, versions } of others) {
      const { socket } = await secured.greeted(native);
      // What is in the body is not looked at: it would be refused as malformed.
      socket.socket.write(frameOf(key, { version: versions.max, body: Buffer.alloc(100, 0xff) }));
      const frame = (await socket.next())!.subarray(4);
      expect(decodeResponseHeader(frame).errorCode).not.toBe(0);
      expect([name, decodeErrorBody(frame).code]).toEqual([name, 'AUTHENTICATION_REQUIRED']);
      await socket.closed();
    }
  });

  it('A1, SEC-7: and has not said hello is served nothing at all at the native door', async () => {
    const secured = await SecuredBroker.start({ mechanisms });
    for (const { key, name } of apis.filter(({ key: each }) => each !== Hello.key)) {
      const socket = await secured.open(native);
      socket.socket.write(frameOf(key, { body: Buffer.alloc(100, 0xff) }));
      expect([name, decodeErrorBody((await socket.next())!.subarray(4)).code]).toEqual([name, 'HELLO_REQUIRED']);
      await socket.closed();
    }
  });

  it('A1, SEC-7: is hung up on without a word for every other API of the Kafka door', async () => {
    const secured = await SecuredBroker.start({ mechanisms });
    const [apiVersions, saslHandshake] = [18, 17];
    const keys = [...servedVersions.keys()].filter((key) => key !== apiVersions && key !== saslHandshake);
    expect(keys.length).toBeGreaterThan(25);
    for (const key of keys) {
      const socket = await secured.open(kafka);
      const version = servedVersions.get(key)!.max;
      // No client id, no tagged fields, and a body of anything.
      socket.socket.write(
        frameOf(key, { version, body: Buffer.concat([Buffer.from('ffff00', 'hex'), Buffer.alloc(60)]) }),
      );
      expect([key, await socket.next()]).toEqual([key, null]);
    }
  });

  it('A1, SEC-2: has nothing decompressed: a bomb is refused for its sender, not for what is in it', async () => {
    const secured = await SecuredBroker.start({ mechanisms });
    const records = gzipSync(Buffer.alloc(32 << 20));
    expect(records.length).toBeLessThan(60_000);
    const topics = [
      { topicId: '00000000-0000-0000-0000-000000000001', partitions: [{ partition: 0, leaderEpoch: 0, records }] },
    ];
    const bomb = Buffer.concat(
      encodeRequest(Produce, { version: 0, correlationId: 1, body: { timeoutMs: 1_000, topics, traceContexts: [] } }),
    );
    const { socket } = await secured.greeted(native);
    socket.socket.write(bomb);
    expect(decodeErrorBody((await socket.next())!.subarray(4)).code).toBe('AUTHENTICATION_REQUIRED');
  });

  it('A1, SEC-7: cannot put a request behind a login that is still looked at', async () => {
    const secured = await SecuredBroker.start({ mechanisms });
    const first = Buffer.from('n,,n=alice,r=abc');
    const login = encodeRequest(Authenticate, {
      version: 0,
      correlationId: 2,
      body: { mechanism: 'SCRAM-SHA-256', message: first },
    });
    const hello = encodeRequest(Hello, { version: 0, correlationId: 1, body: helloBody });
    const socket = await secured.open(native);
    // All in one write.
    socket.socket.write(Buffer.concat([...hello, ...login, ...others.map(({ key }) => frameOf(key))]));
    expect(decodeResponseHeader((await socket.next())!.subarray(4)).errorCode).toBe(0);
    expect(decodeResponseHeader((await socket.next())!.subarray(4)).errorCode).toBe(0);
    expect(decodeErrorBody((await socket.next())!.subarray(4)).code).toBe('AUTHENTICATION_REQUIRED');
    expect(await socket.next()).toBeNull();
  });

  it.each(loginDoors)('A1, SEC-2: has no more than 64 KiB kept at the $name door', async (door) => {
    const secured = await SecuredBroker.start({ mechanisms });
    const speaker = await secured.greeted(door);
    const length = Buffer.alloc(4);
    length.writeUInt32BE((64 << 10) + 1);
    speaker.socket.socket.write(length);
    await speaker.socket.closed();
    // One of 64 KiB is waited for.
    const other = await secured.greeted(door);
    length.writeUInt32BE(64 << 10);
    other.socket.socket.write(Buffer.concat([length, Buffer.alloc(1_000)]));
    expect((await logIn(await secured.greeted(door), alice)).kind).toBe('done');
    expect(other.socket.isClosed).toBe(false);
  });

  it('A1, SEC-8: is offered no PLAIN where others can hear it, and not listened to', async () => {
    const secured = await SecuredBroker.start({ mechanisms: ['PLAIN', 'SCRAM-SHA-256'] });
    const message = Buffer.from('\0alice\0alice-pw');
    for (const [door, code] of [
      [native, 'UNSUPPORTED_MECHANISM'],
      [kafka, '33'],
    ] as const) {
      const speaker = await secured.greeted(door);
      expect([door.name, await speaker.say('PLAIN', message)]).toMatchObject([door.name, { kind: 'refused', code }]);
      await speaker.socket.closed();
      expect(speaker.socket.received.toString('latin1')).not.toMatch(/alice/);
    }
  });

  it('A1, SEC-8: and comes encrypted may use PLAIN', async () => {
    const secured = await SecuredBroker.start({ mechanisms: ['PLAIN'], isEncrypted: true });
    for (const door of loginDoors) {
      const speaker = await secured.greeted(door);
      expect((await speaker.say('PLAIN', Buffer.from('\0alice\0alice-pw'))).kind).toBe('done');
      expect(await speaker.isServed()).toBe(true);
    }
  });

  it('A1, SEC-7: that comes plainly to a door that encrypts hears nothing of either protocol', async () => {
    const secured = await SecuredBroker.start({ mechanisms, isEncrypted: true });
    for (const door of loginDoors) {
      await using socket = await FramedSocket.open(secured.portOf(door));
      const body = { ...helloBody, magic: helloMagic };
      socket.socket.write(Buffer.concat(encodeRequest(Hello, { version: 0, correlationId: 1, body })));
      await socket.closed();
      // An alert of TLS at most.
      expect(socket.received.length).toBeLessThanOrEqual(7);
    }
  });
});
