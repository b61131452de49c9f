import { pbkdf2 } from 'node:crypto';
import { promisify } from 'node:util';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SaslFault } from '../../src/sasl/sasl-fault.ts';
import { ScramClient } from '../../src/sasl/scram-client.ts';
import { scramCredential } from '../../src/sasl/scram-keys.ts';
import type { ScramCredential } from '../../src/sasl/scram-keys.ts';
import { scramHash } from '../../src/sasl/scram-mechanism.ts';
import type { ScramMechanism } from '../../src/sasl/scram-mechanism.ts';
import { ScramServer } from '../../src/sasl/scram-server.ts';
import {
  parseClientFinal,
  parseClientFirst,
  parseServerFinal,
  parseServerFirst,
} from '../../src/sasl/scram-message.ts';
import { recorded } from './recorded.ts';

const derive = promisify(pbkdf2);

function saltWith(mechanism: ScramMechanism, password: string) {
  const { name, bytes } = scramHash(mechanism);
  return (salt: Buffer, iterations: number): Promise<Buffer> => derive(password, salt, iterations, bytes, name);
}

async function credentialOf(
  mechanism: ScramMechanism,
  o: { readonly password: string; readonly salt: Buffer; readonly iterations: number },
): Promise<ScramCredential> {
  const saltedPassword = await saltWith(mechanism, o.password)(o.salt, o.iterations);
  return scramCredential(mechanism, { ...o, saltedPassword });
}

const mechanism = 'SCRAM-SHA-256';
const salt = Buffer.from('a salt of no importance');

/** A client with one password and a server with another, or the same. */
async function pair(o: { readonly password?: string; readonly isKnown?: boolean; readonly authorizationId?: string }) {
  const credential = await credentialOf(mechanism, { password: 'right', salt, iterations: 4096 });
  const client = new ScramClient({
    mechanism,
    username: 'al=i,ce',
    nonce: 'client-nonce',
    saltPassword: saltWith(mechanism, o.password ?? 'right'),
  });
  const asked: string[] = [];
  const server = new ScramServer({
    mechanism,
    nonce: '-server-nonce',
    find: (username) => {
      asked.push(username);
      return { credential, isKnown: o.isKnown ?? true };
    },
  });
  return { client, server, asked };
}

describe('A1 the example of RFC 7677', () => {
  it('A1 has the proof and the signature of the RFC', async () => {
    const client = new ScramClient({
      mechanism,
      username: 'user',
      nonce: 'rOprNGfwEbeRWgbNEkqO',
      saltPassword: saltWith(mechanism, 'pencil'),
    });
    expect(client.first().toString()).toBe('n,,n=user,r=rOprNGfwEbeRWgbNEkqO');
    const serverFirst = 'r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096';
    const final = await client.final(Buffer.from(serverFirst));
    expect(final.toString()).toBe(
      'c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=',
    );
    client.check(Buffer.from('v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4='));
  });
});

describe('A1 what real clients and a real Kafka said', () => {
  const accepted = recorded.filter(({ flow }) => /^sasl-.*-scram-/.test(flow));
  it.each(accepted)('A1 $flow: our server takes the proof and signs as Kafka did', async ({ flow, steps }) => {
    const [first, final] = steps;
    const recordedMechanism = flow.endsWith('512') ? 'SCRAM-SHA-512' : 'SCRAM-SHA-256';
    const { salt: kafkaSalt, iterations, nonce } = parseServerFirst(first!.answered.toString());
    const clientNonce = parseClientFirst(first!.sent.toString()).nonce;
    const credential = await credentialOf(recordedMechanism, { password: 'carol-pw', salt: kafkaSalt, iterations });
    const server = new ScramServer({
      mechanism: recordedMechanism,
      nonce: nonce.slice(clientNonce.length),
      find: () => ({ credential, isKnown: true }),
    });
    expect(server.begin(first!.sent).toString()).toBe(first!.answered.toString());
    const outcome = server.end(final!.sent);
    expect(outcome).toMatchObject({ isRight: true, username: 'carol' });
    expect(outcome.isRight && outcome.message.toString()).toBe(final!.answered.toString());
  });

  it('A1 has recordings of six clients and both mechanisms', () => expect(accepted).toHaveLength(12));
});

describe('A1 SEC-8 an exchange', () => {
  it('A1 lets in who knows the password, and the client knows the server', async () => {
    const { client, server, asked } = await pair({});
    const final = await client.final(server.begin(client.first()));
    const outcome = server.end(final);
    expect(outcome).toMatchObject({ isRight: true, username: 'al=i,ce' });
    if (outcome.isRight) client.check(outcome.message);
    expect(asked).toEqual(['al=i,ce']);
  });

  it('A1 refuses a wrong password', async () => {
    const { client, server } = await pair({ password: 'wrong' });
    const final = await client.final(server.begin(client.first()));
    expect(server.end(final)).toEqual({ isRight: false, username: 'al=i,ce' });
  });

  it('A1 refuses an unknown user even where the made-up credential fits', async () => {
    const { client, server } = await pair({ isKnown: false });
    const final = await client.final(server.begin(client.first()));
    expect(server.end(final)).toEqual({ isRight: false, username: 'al=i,ce' });
  });

  it('A1 a client that was answered by another server says so', async () => {
    const { client, server } = await pair({});
    await client.final(server.begin(client.first()));
    const signature = Buffer.alloc(32, 7).toString('base64');
    expect(() => client.check(Buffer.from(`v=${signature}`))).toThrow(/does not know the password/);
    expect(() => client.check(Buffer.from('e=unknown-user'))).toThrow(/refuses: unknown-user/);
  });

  it('A1 a client takes no nonce but its own, and not too few or too many iterations', async () => {
    const { client } = await pair({});
    const fromServer = (text: string): Promise<Buffer> => client.final(Buffer.from(text));
    await expect(fromServer('r=other-nonce,s=c2FsdA==,i=4096')).rejects.toThrow(/nonce/);
    await expect(fromServer('r=client-nonce,s=c2FsdA==,i=4096')).rejects.toThrow(/nonce/);
    await expect(fromServer('r=client-nonce-x,s=c2FsdA==,i=4095')).rejects.toThrow(/4095 iterations/);
    await expect(fromServer('r=client-nonce-x,s=c2FsdA==,i=1000001')).rejects.toThrow(/1000001 iterations/);
  });

  it('A1 steps that come twice, too early or with the nonce of another exchange are faults', async () => {
    const { client, server } = await pair({});
    expect(() => server.end(Buffer.from('c=biws,r=x,p=eA=='))).toThrow(SaslFault);
    const final = await client.final(server.begin(client.first()));
    expect(() => server.begin(client.first())).toThrow(/twice/);
    expect(() => server.end(Buffer.from(final.toString().replace('-server-', '-elsewhere-')))).toThrow(/nonce/);
    expect(() => server.end(Buffer.from(final.toString().replace('c=biws', 'c=eSws')))).toThrow(/header/);
  });

  it.each(['a', '=', 'AAAA', Buffer.alloc(64).toString('base64')])(
    'A1 a proof of %s is wrong or a fault',
    async (p) => {
      const { client, server } = await pair({});
      const final = await client.final(server.begin(client.first()));
      const forged = Buffer.from(final.toString().replace(/p=.*$/, `p=${p}`));
      try {
        expect(server.end(forged)).toEqual({ isRight: false, username: 'al=i,ce' });
      } catch (error) {
        expect(error).toBeInstanceOf(SaslFault);
      }
    },
  );

  it.each([
    ['channel binding', 'p=tls-unique,,n=u,r=n', /channel binding/],
    ['a client that could', 'y,,n=u,r=n', /channel binding/],
    ['another identity', 'n,a=admin,n=u,r=n', /somebody else/],
    ['a demanded extension', 'n,,m=x,n=u,r=n', /extension/],
    ['no name', 'n,,n=,r=n', /no name/],
    ['a name with a lone =', 'n,,n=a=b,r=n', /=2C or =3D/],
    ['a name with a control character', 'n,,n=a\nb,r=n', /control character/],
    ['no nonce', 'n,,n=u', /attribute r/],
    ['an empty nonce', 'n,,n=u,r=', /nonce/],
    ['a nonce that is no ASCII', 'n,,n=u,r=\u00e9', /nonce/],
    ['a malformed extension', 'n,,n=u,r=n,xx', /extension/],
    ['no header', 'n=u,r=n', /header/],
    ['a message that is too long', `n,,n=${'u'.repeat(5000)},r=n`, /at most 4096/],
  ])('A1 the first message with %s is refused', async (_what, text, message) => {
    const { server } = await pair({});
    expect(() => server.begin(Buffer.from(text))).toThrow(message);
  });
});

describe('A1 SEC-1 garbage', () => {
  it('A1 whatever comes, a parser gives a value or a SaslFault', () => {
    const parsers = [parseClientFirst, parseServerFirst, parseClientFinal, parseServerFinal];
    const pieces = fc.constantFrom(
      'n,,',
      'n=',
      'r=',
      's=',
      'i=',
      'c=',
      'p=',
      'v=',
      'e=',
      ',',
      '=',
      'biws',
      '4096',
      'm=',
    );
    const text = fc
      .array(fc.oneof(pieces, fc.string({ maxLength: 5 })), { maxLength: 12 })
      .map((list) => list.join(''));
    fc.assert(
      fc.property(text, (given) => {
        for (const parse of parsers) {
          try {
            parse(given);
          } catch (error) {
            expect(error).toBeInstanceOf(SaslFault);
          }
        }
      }),
      { numRuns: 2_000 },
    );
  });
});
