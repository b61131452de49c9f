/** Frames that are right, bent and cut, from strangers at a broker that asks who they are (rows A1, W3). */
import { connect } from '@q/client';
import { Authenticate, encodeRequest, formatBearer, formatPlain, Hello } from '@q/protocol';
import { Mutator, seededRandom } from '@q/testkit';
import type { SeededRandom } from '@q/testkit';
import { describe, expect, it } from 'vitest';
import { saslAuthenticate } from '../../packages/kafka-gateway/src/messages/sasl-authenticate.ts';
import { saslHandshake } from '../../packages/kafka-gateway/src/messages/sasl-handshake.ts';
import { requestFrames } from '../fuzz/corpus.ts';
import { recordedExchanges } from '../kafka-apis.ts';
import { kafkaRequestBytes } from '../kafka-connection.ts';
import type { FramedSocket } from './framed-socket.ts';
import { alice } from './honest.ts';
import { helloBody, loginDoors } from './login-doors.ts';
import { logIn } from './scram-login.ts';
import { SecuredBroker } from './secured-broker.ts';

const connections = 150;
const framesMax = 12;
const seed = Number(process.env['FUZZ_SEED'] ?? Math.floor(Math.random() * 2 ** 31));
const mechanisms = ['SCRAM-SHA-256', 'PLAIN'] as const;

const messages: readonly (readonly [mechanism: string, message: Buffer])[] = [
  ['SCRAM-SHA-256', Buffer.from('n,,n=alice,r=abc')],
  ['SCRAM-SHA-256', Buffer.from('c=biws,r=abc,p=YWJj')],
  ['PLAIN', formatPlain({ authorizationId: '', username: 'alice', password: 'wrong' })],
  ['OAUTHBEARER', formatBearer('abc')],
];
const behindLength = (frame: Buffer): Buffer => {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(frame.length);
  return Buffer.concat([length, frame]);
};
const corpora: Readonly<Record<string, readonly Buffer[]>> = {
  native: [
    Buffer.concat(encodeRequest(Hello, { version: 0, correlationId: 1, body: helloBody })),
    ...messages.map(([mechanism, message]) =>
      Buffer.concat(encodeRequest(Authenticate, { version: 0, correlationId: 2, body: { mechanism, message } })),
    ),
    ...requestFrames,
  ],
  kafka: [
    ...messages.flatMap(([mechanism, authBytes]) => [
      kafkaRequestBytes(saslHandshake, { version: 0, body: { mechanism } }),
      kafkaRequestBytes(saslHandshake, { version: 1, body: { mechanism } }),
      kafkaRequestBytes(saslAuthenticate, { version: 2, body: { authBytes } }),
      behindLength(authBytes),
    ]),
    ...recordedExchanges.slice(0, 100).map(({ request }) => behindLength(request)),
  ],
};

const publicTopic = 'of-everybody';

/** Only that nobody has shown who they are keeps it from strangers. */
async function makePublicTopic({ broker }: SecuredBroker): Promise<void> {
  await using q = await connect(broker.url, { login: alice });
  await q.admin.createTopic(publicTopic, { partitions: 1 });
  await broker.rules!.add({
    principal: 'User:*',
    host: '*',
    permission: 'allow',
    operation: 'all',
    resourceType: 'topic',
    patternType: 'literal',
    resourceName: '*',
  });
}

/** The first frames are as they should be as a rule, so that what comes later is looked at. */
function streamOf(corpus: readonly Buffer[], random: SeededRandom): Buffer {
  const mutator = new Mutator(corpus);
  const wrong = (): Buffer => {
    const frame = mutator.next(random);
    if (frame.length >= 4 && random.chance(0.8)) frame.writeUInt32BE(frame.length - 4, 0);
    return frame;
  };
  const frames = Array.from({ length: random.between(1, framesMax) }, () =>
    random.chance(0.4) ? random.pick(corpus.slice(0, 16)) : wrong(),
  );
  return Buffer.concat(random.chance(0.8) ? [corpus[0]!, ...frames] : frames);
}

describe(`hostile frames before a login, seed ${seed}`, () => {
  it.each(loginDoors)(
    'A1, SEC-7: at the $name door let nobody in, show nothing, and disturb nobody',
    { timeout: 60_000 },
    async (door) => {
      const secured = await SecuredBroker.start({ mechanisms });
      await makePublicTopic(secured);
      const honest = await secured.greeted(door);
      expect((await logIn(honest, alice)).kind).toBe('done');
      const sockets: FramedSocket[] = [];
      for (let number = 0; number < connections; number += 1) {
        const socket = await secured.open(door);
        const random = seededRandom(seed ^ Math.imul(number + 1, 0x9e3779b1));
        socket.socket.write(streamOf(corpora[door.name]!, random));
        if (random.chance(0.5)) socket.socket.end();
        if (number % 25 === 24) expect(await honest.isServed()).toBe(true);
        sockets.push(socket);
      }
      expect(await honest.isServed()).toBe(true);
      // Everybody may see the topic, once it is known who they are.
      const told = sockets.map(({ received }) => received.toString('latin1'));
      expect(told.filter((text) => text !== '').length).toBeGreaterThan(connections / 4);
      expect(told.filter((text) => text.includes(publicTopic))).toEqual([]);
      expect((await logIn(await secured.greeted(door), alice)).kind).toBe('done');
    },
  );
});
