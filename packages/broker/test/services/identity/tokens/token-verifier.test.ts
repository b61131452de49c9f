/** Tokens of a real issuer, good and bad (row A1; SEC-8, SEC-15). */
import { createHmac, createPublicKey } from 'node:crypto';
import { writeFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ManualClock } from '@q/testkit';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { AuditEntry, TokenOptions } from '../../../../src/index.ts';
import type { KeyReader } from '../../../../src/services/identity/tokens/key-source.ts';
import { nodeKeyReader } from '../../../../src/services/identity/tokens/node-key-reader.ts';
import { openTokenVerifier } from '../../../../src/services/identity/tokens/open-token-verifier.ts';
import { tokenLimits } from '../../../../src/services/identity/tokens/token-limits.ts';
import { SaidLines } from '../../../fakes/said-lines.ts';
import { audience, TokenIssuer } from '../../../fakes/token-issuer.ts';

async function setUp(given: Partial<TokenOptions> = {}, reader: KeyReader = nodeKeyReader) {
  const issuer = await TokenIssuer.start();
  const clock = new ManualClock({ startMs: Date.now() });
  const said = new SaidLines();
  const noted: AuditEntry[] = [];
  const tools = { clock, logger: said.logger, audit: { note: (entry: AuditEntry) => void noted.push(entry) }, reader };
  const options = { issuer: issuer.issuer, audience, keys: issuer.url, ...given };
  const verifier = await openTokenVerifier(options, tools);
  const reasonOf = async (token: string): Promise<string | null> => (await verifier.verify(token)).reason;
  return { issuer, clock, said, noted, verifier, reasonOf };
}

const encoded = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');

describe('A1, SEC-8 a token', () => {
  it('A1, SEC-8: is taken for as long as it says, as the user that it names', async () => {
    const { issuer, verifier, clock } = await setUp();
    const exp = Math.floor(clock.now() / 1_000) + 60;
    expect(await verifier.verify(await issuer.token({ exp }))).toEqual({
      user: 'alice',
      expiresAtMs: exp * 1_000,
      reason: null,
    });
  });

  it('A1, SEC-8: names its user by the claim that was set, and is for one of several audiences', async () => {
    const { issuer, verifier } = await setUp({ principalClaim: 'client_id', audience: ['other', audience] });
    const token = await issuer.token({ client_id: 'svc-orders', aud: ['somebody', audience] });
    expect(await verifier.verify(token)).toMatchObject({ user: 'svc-orders' });
  });

  const now = Math.floor(Date.now() / 1_000);
  it.each<[string, Readonly<Record<string, unknown>>, RegExp]>([
    ['has expired', { exp: now - 60 }, /has expired/],
    ['has no end', { exp: undefined }, /has no end/],
    ['has an end that is a text', { exp: '9999999999' }, /has no end, or one that is no time/],
    ['is not valid yet', { nbf: now + 120 }, /not valid yet/],
    ['was issued in the future', { iat: now + 120, exp: now + 400 }, /issued in the future/],
    ['is good for ever', { exp: now + 10 * 365 * 86_400 }, /longer than tokens may be/],
    ['is of another issuer', { iss: 'http://127.0.0.1:1' }, /another issuer/],
    ['is of nobody', { iss: undefined }, /another issuer/],
    ['is for somebody else', { aud: 'another-service' }, /for somebody else/],
    ['is for nobody', { aud: undefined }, /for somebody else/],
    ['names nobody', { sub: undefined }, /names nobody/],
    ['names a number', { sub: 7 }, /names nobody/],
    ['names an empty user', { sub: '' }, /no name of a user/],
    ['names a user with a line end', { sub: 'alice\nbob' }, /no name of a user/],
  ])('A1, SEC-8: that %s is refused', async (_, claims, reason) => {
    const { issuer, reasonOf } = await setUp();
    expect(await reasonOf(await issuer.token(claims))).toMatch(reason);
  });

  it('A1, SEC-8: whose end is beyond all numbers is refused, though it is a number', async () => {
    const { issuer, reasonOf } = await setUp();
    const { kid, privateKey } = issuer.pairs[0]!;
    const claims = JSON.stringify({ iss: issuer.issuer, aud: audience, sub: 'alice', iat: now, exp: 1 });
    const endless = Buffer.from(claims.replace('"exp":1', '"exp":1e400')).toString('base64url');
    const head = `${encoded({ alg: 'ES256', kid })}.${endless}`;
    const algorithm = { name: 'ECDSA', hash: 'SHA-256' };
    const signature = Buffer.from(await crypto.subtle.sign(algorithm, privateKey, Buffer.from(head)));
    expect(await reasonOf(`${head}.${signature.toString('base64url')}`)).toMatch(/longer than tokens may be/);
  });

  it('A1, SEC-8: within the skew of clocks is taken, and not a second beyond', async () => {
    const { issuer, reasonOf } = await setUp({ clockSkewMs: 10_000 });
    expect(await reasonOf(await issuer.token({ exp: now - 5 }))).toBeNull();
    expect(await reasonOf(await issuer.token({ exp: now - 15 }))).toMatch(/has expired/);
  });

  it.each(['none', 'NONE', 'None'])('A1, SEC-8: with the algorithm %s is refused', async (alg) => {
    const { issuer, reasonOf } = await setUp();
    const [, claims] = (await issuer.token()).split('.');
    expect(await reasonOf(`${encoded({ alg })}.${claims}.`)).toMatch(/algorithm that is not allowed/);
  });

  it('A1, SEC-8: signed with the public key as if that were a secret is refused', async () => {
    const { issuer, reasonOf } = await setUp();
    const { kid, jwk } = issuer.pairs[0]!;
    const [, claims] = (await issuer.token()).split('.');
    const head = `${encoded({ alg: 'HS256', kid })}.${claims}`;
    const key = createPublicKey({ key: { ...jwk }, format: 'jwk' });
    const secrets = [key.export({ type: 'spki', format: 'pem' }), key.export({ type: 'spki', format: 'der' })];
    for (const secret of [...secrets, issuer.keySet])
      expect(await reasonOf(`${head}.${createHmac('sha256', secret).update(head).digest('base64url')}`)).toMatch(
        /algorithm that is not allowed/,
      );
  });

  it('A1, SEC-8: of an algorithm that the operator left out is refused', async () => {
    const { issuer, reasonOf } = await setUp({ algorithms: ['RS256'] });
    expect(await reasonOf(await issuer.token())).toMatch(/algorithm that is not allowed/);
  });

  it('A1, SEC-8: that brings its own key, or says where one is, is refused, and nobody looks there', async () => {
    const { issuer, reasonOf } = await setUp();
    const stranger = await TokenIssuer.start();
    const { jwk } = stranger.pairs[0]!;
    const claims = { iss: issuer.issuer };
    for (const header of [{ jwk }, { jku: stranger.url }, { jku: stranger.url, kid: 'other' }])
      expect(await reasonOf(await stranger.token(claims, header))).toMatch(/signature is wrong|not among those/);
    expect(stranger.requests).toBe(0);
  });

  it('A1, SEC-8: cut, changed, huge or no token at all is refused', async () => {
    const { issuer, reasonOf } = await setUp();
    const token = await issuer.token();
    const [head, claims, signature] = token.split('.') as [string, string, string];
    expect(await reasonOf(token.slice(0, -4))).toMatch(/signature is wrong/);
    expect(await reasonOf(`${head}.${encoded({ sub: 'root' })}.${signature}`)).toMatch(/signature is wrong/);
    for (const wrong of ['', 'x', `${head}.${claims}`, '...', `${head}.${claims}.${signature}.x`, '\0.\0.\0'])
      expect([wrong, await reasonOf(wrong)]).toEqual([wrong, expect.stringMatching(/no signed token/)]);
    expect(await reasonOf('e'.repeat(tokenLimits.tokenCharactersMax + 1))).toMatch(/more than 16384 characters/);
  });

  it('A1, SEC-15: why it is refused says nothing of what is in it', async () => {
    const { issuer, reasonOf } = await setUp();
    const claims = { sub: '\tcanary', aud: 'canary', iss: 'canary', nbf: now + 999 };
    for (const name of Object.keys(claims)) {
      const token = await issuer.token({ [name]: claims[name as keyof typeof claims] }, { kid: 'canary' });
      const good = await issuer.token({ [name]: claims[name as keyof typeof claims] });
      for (const each of [token, good]) expect(await reasonOf(each)).not.toMatch(/canary|eyJ/);
    }
  });
});

describe('A1, SEC-8 the keys of an issuer', () => {
  it('A1, SEC-8: that are new are asked for when a token names one, and it is taken', async () => {
    const { issuer, reasonOf, clock, noted, said } = await setUp();
    expect(await reasonOf(await issuer.token())).toBeNull();
    await issuer.rotate('second', 'RS256');
    await clock.advance(tokenLimits.requestPauseMs);
    expect(await reasonOf(await issuer.token())).toBeNull();
    expect(issuer.requests).toBe(2);
    expect(noted).toMatchObject([
      { event: 'audit.token_keys_changed', after: { keyIds: ['first'] } },
      { event: 'audit.token_keys_changed', before: { keyIds: ['first'] }, after: { keyIds: ['first', 'second'] } },
    ]);
    expect(said.of('tokens.keys_changed')).toHaveLength(2);
  });

  it('A1, SEC-8: are asked for once in 30 s, however many tokens name keys that are not there', async () => {
    const { issuer, reasonOf, clock } = await setUp();
    expect(await reasonOf(await issuer.token())).toBeNull();
    await issuer.rotate('unknown');
    const flood = await issuer.token();
    issuer.pairs.pop();
    for (let round = 0; round < 3; round += 1) {
      const reasons = await Promise.all(Array.from({ length: 200 }, () => reasonOf(flood)));
      expect(new Set(reasons)).toEqual(new Set(['it is signed with a key that is not among those of the issuer']));
      await clock.advance(tokenLimits.requestPauseMs);
    }
    expect(issuer.requests).toBe(3);
  });

  it('A1, SEC-8: that were taken away hold no longer than 20 minutes', async () => {
    const { issuer, reasonOf, clock } = await setUp();
    const stolen = await issuer.token({ exp: Math.floor(clock.now() / 1_000) + 7_200 });
    expect(await reasonOf(stolen)).toBeNull();
    issuer.pairs = [];
    await issuer.rotate('second');
    await clock.advance(tokenLimits.staleMs);
    expect(await reasonOf(stolen)).toMatch(/not among those/);
  });

  it.each<[string, NonNullable<TokenIssuer['answer']>]>([
    ['says nonsense', (response) => void response.end('<html>')],
    ['has no keys', (response) => void response.end('{"keys":[]}')],
    ['has secrets for keys', (response) => void response.end('{"keys":[{"kty":"oct","k":"AAAA","kid":"first"}]}')],
    ['sends too much', (response) => void response.end(Buffer.alloc(tokenLimits.keySetBytesMax + 1, 32))],
    ['fails', (response) => void response.writeHead(500).end('{}')],
    ['points elsewhere', (response) => void response.writeHead(302, { location: 'http://127.0.0.1:1/' }).end()],
    ['hangs up', (response) => void response.destroy()],
    ['hangs up in the middle', (response) => void response.write('{"keys":', () => response.destroy())],
  ])('A1, SEC-8: stay in force for a day when their address %s, which is said once', async (_, answer) => {
    const { issuer, reasonOf, clock, said } = await setUp({ lifetimeMsMax: 3 * 86_400_000 });
    const longLived = await issuer.token({ exp: Math.floor(clock.now() / 1_000) + 2 * 86_400 });
    expect(await reasonOf(longLived)).toBeNull();
    issuer.answer = answer;
    for (const waitMs of [tokenLimits.staleMs, tokenLimits.staleMs]) {
      await clock.advance(waitMs);
      expect(await reasonOf(longLived)).toBeNull();
    }
    await clock.advance(tokenLimits.keepMs);
    expect(await reasonOf(longLived)).toMatch(/there are no keys/);
    expect(said.of('tokens.keys_not_read')).toHaveLength(1);
    issuer.answer = null;
    await clock.advance(tokenLimits.requestPauseMs);
    expect(await reasonOf(longLived)).toBeNull();
    expect(said.of('tokens.keys_read_again')).toHaveLength(1);
  });

  it('A1, SEC-8: that take too long are given up', async () => {
    const issuer = await TokenIssuer.start();
    issuer.answer = () => undefined;
    const reading = nodeKeyReader.address(issuer.url, { bytesMax: 1_000, timeoutMs: 50 });
    await expect(reading).rejects.toThrow('it did not answer within 50 ms');
    issuer.answer = (response) => void response.write('{');
    const cut = nodeKeyReader.address(issuer.url, { bytesMax: 1_000, timeoutMs: 50 });
    await expect(cut).rejects.toThrow('it did not answer within 50 ms');
  });

  it('A1, SEC-8: are looked for where the issuer says, if it is the issuer', async () => {
    const { issuer, reasonOf, said, clock } = await setUp({ keys: 'discover' });
    expect(await reasonOf(await issuer.token())).toBeNull();
    issuer.answer = (response) => void response.end(JSON.stringify({ issuer: 'http://other', jwks_uri: issuer.url }));
    await clock.advance(tokenLimits.staleMs);
    expect(await reasonOf(await issuer.token({}, {}, clock.now()))).toBeNull();
    expect(said.of('tokens.keys_not_read')).toMatchObject([{ reason: expect.stringMatching(/another issuer/) }]);
  });

  it('A1, SEC-8: come from a file, which is a mistake of the operator where it has none', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'q-keys-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const file = join(folder, 'keys.json');
    await expect(setUp({ keys: file })).rejects.toThrow('security.tokens.keys');
    await expect(setUp({ keys: folder })).rejects.toThrow('security.tokens.keys');
    const other = await TokenIssuer.start();
    writeFileSync(file, other.keySet);
    const { reasonOf, clock } = await setUp({ keys: file, issuer: other.issuer });
    expect(await reasonOf(await other.token())).toBeNull();
    await other.rotate('second');
    writeFileSync(file, other.keySet);
    await clock.advance(tokenLimits.requestPauseMs);
    expect(await reasonOf(await other.token())).toBeNull();
  });

  it('A1, SEC-8: are not there yet when the broker starts before its issuer: nobody is let in until they are', async () => {
    const reader: KeyReader = { ...nodeKeyReader, address: () => Promise.reject(new Error('connection refused')) };
    const { issuer, reasonOf } = await setUp({}, reader);
    expect(await reasonOf(await issuer.token())).toMatch(/there are no keys/);
  });

  it.each<[Partial<TokenOptions>, string]>([
    [{ issuer: '' }, 'security.tokens.issuer'],
    [{ audience: [] }, 'security.tokens.audience'],
    [{ keys: 'http://keys.example.com/' }, 'security.tokens.keys'],
    [{ keys: 'ftp://127.0.0.1/' }, 'security.tokens.keys'],
    [{ keys: 'https://user:canary@127.0.0.1/' }, 'security.tokens.keys'],
    [{ keys: 'discover', issuer: 'not an address' }, 'security.tokens.issuer'],
    [{ algorithms: ['none' as 'RS256'] }, 'security.tokens.algorithms'],
    [{ algorithms: ['HS256' as 'RS256'] }, 'security.tokens.algorithms'],
    [{ clockSkewMs: 3_600_000 }, 'security.tokens.clockSkewMs'],
    [{ lifetimeMsMax: 0 }, 'security.tokens.lifetimeMsMax'],
  ])('A1, Q3: %j is refused with its setting', async (given, setting) => {
    await expect(setUp(given)).rejects.toMatchObject({ code: 'INVALID_CONFIG', details: { setting } });
  });
});
