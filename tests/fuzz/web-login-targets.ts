import { generateKeyPairSync, sign } from 'node:crypto';
import { QError } from '@q/protocol';
import { ManualClock } from '@q/testkit';
import { AskingLogin } from '../../packages/broker/src/admin/admin-login.ts';
import { openTokenVerifier } from '../../packages/broker/src/services/identity/tokens/open-token-verifier.ts';
import { SaidLines } from '../../packages/broker/test/fakes/said-lines.ts';
import { Contradiction } from './target.ts';
import type { FuzzTarget } from './target.ts';

const allocatedBytesMax = 1 << 18;
const issuer = 'https://issuer.example';
const audience = 'q';
const nowMs = 1_800_000_000_000;

/** What strangers say in the way of the web: tokens, and who they are in a header. */
export async function webLoginTargets(): Promise<FuzzTarget[]> {
  return [await tokenTarget(), headerTarget()];
}

/** Whatever is taken was signed by the issuer, to the letter. */
async function tokenTarget(): Promise<FuzzTarget> {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
  const keySet = JSON.stringify({ keys: [{ ...publicKey.export({ format: 'jwk' }), kid: 'one', alg: 'ES256' }] });
  const claims = { iss: issuer, aud: audience, sub: 'alice', iat: nowMs / 1_000, exp: nowMs / 1_000 + 60 };
  const signed = (header: object, payload: object): string => {
    const text = [header, payload].map((each) => Buffer.from(JSON.stringify(each)).toString('base64url')).join('.');
    const signature = sign('sha256', Buffer.from(text), { key: privateKey, dsaEncoding: 'ieee-p1363' });
    return `${text}.${signature.toString('base64url')}`;
  };
  const tokens = [
    signed({ alg: 'ES256', kid: 'one' }, claims),
    signed({ alg: 'ES256', typ: 'JWT', kid: 'one' }, { ...claims, aud: ['other', audience], scope: 'a b' }),
  ];
  const isSigned = new Set(tokens.map((token) => token.slice(0, token.lastIndexOf('.'))));
  const verifier = await openTokenVerifier(
    { issuer, audience, keys: 'https://issuer.example/keys' },
    {
      clock: new ManualClock({ startMs: nowMs }),
      logger: new SaidLines().logger,
      audit: { note: () => undefined },
      reader: { file: async () => keySet, address: async () => keySet },
    },
  );
  return {
    name: 'token',
    corpus: tokens.map((token) => Buffer.from(token)),
    allocatedBytesMax,
    decode: async (input) => {
      const token = input.toString('latin1');
      const { user, reason } = await verifier.verify(token);
      // Refused, in words for the log.
      if (user === null) throw new QError('AUTHENTICATION_FAILED', reason);
      if (user !== 'alice' || !isSigned.has(token.slice(0, token.lastIndexOf('.'))))
        throw new Contradiction('a token was taken that nobody has signed');
    },
  };
}

/** `Authorization` of a request at the admin interface. */
function headerTarget(): FuzzTarget {
  const principal = { name: 'User:alice' };
  const refused = { user: '', reason: 'wrong', mechanism: 'PLAIN' } as const;
  const login = new AskingLogin({
    logins: {
      byPassword: async ({ user, password }) =>
        user === 'alice' && password === 'a:b' ? { principal, mechanism: 'PLAIN', holds: () => true } : refused,
      byToken: async (token) =>
        token === 'abc.def' ? { principal, mechanism: 'OAUTHBEARER', holds: () => true } : refused,
    },
    clock: new ManualClock(),
    news: { letIn: () => undefined, refused: () => undefined },
  });
  const request = {
    address: '127.0.0.1',
    userAgent: 'rig',
    isEncrypted: true,
    isLoopback: false,
    certificateUser: null,
    mechanisms: ['SCRAM-SHA-256', 'OAUTHBEARER'],
    isOpen: true,
  } as const;
  const basic = `Basic ${Buffer.from('alice:a:b').toString('base64')}`;
  return {
    name: 'Authorization header',
    corpus: [basic, 'Bearer abc.def', 'basic YTpi', 'Negotiate abc'].map((text) => Buffer.from(text)),
    allocatedBytesMax,
    decode: async (input) => {
      const authorization = input.toString('latin1');
      const { principal: who, shownBy } = await login.identify({ ...request, authorization });
      // Whoever says something wrong is not let in as somebody who says nothing.
      if (shownBy === 'nothing' || who.name !== 'User:alice')
        throw new Contradiction(`${JSON.stringify(authorization)} let ${who.name} in`);
    },
  };
}
