/** How a client of the tests shows who it is. */
import { pbkdf2 } from 'node:crypto';
import { promisify } from 'node:util';
import type { SecurityOptions } from '@q/broker';
import { formatBearer, ScramClient } from '@q/protocol';
import type { ScramMechanism } from '@q/protocol';
import { expect } from 'vitest';
import { saslAuthenticate } from '../src/messages/sasl-authenticate.ts';
import { saslHandshake } from '../src/messages/sasl-handshake.ts';
import { RawClient } from './harness.ts';

const derive = promisify(pbkdf2);

export async function saltedWith(
  mechanism: ScramMechanism,
  given: { readonly password: string; readonly salt: Buffer; readonly rounds: number },
): Promise<Buffer> {
  const [hash, bytes] = mechanism === 'SCRAM-SHA-256' ? (['sha256', 32] as const) : (['sha512', 64] as const);
  return derive(given.password, given.salt, given.rounds, bytes, hash);
}

/** Its last answer. */
export async function logIn(
  client: RawClient,
  username: string,
  password: string,
  mechanism: ScramMechanism = 'SCRAM-SHA-256',
): ReturnType<typeof authenticate> {
  const exchange = new ScramClient({
    mechanism,
    username,
    nonce: 'nonce-of-a-test',
    saltPassword: (salt, rounds) => saltedWith(mechanism, { password, salt, rounds }),
  });
  expect(await client.ask(saslHandshake, 1, { mechanism })).toMatchObject({ errorCode: 0 });
  const first = await authenticate(client, exchange.first());
  expect(first).toMatchObject({ errorCode: 0, errorMessage: '' });
  const last = await authenticate(client, await exchange.final(first.authBytes));
  if (last.errorCode === 0) exchange.check(last.authBytes);
  return last;
}

function authenticate(client: RawClient, authBytes: Buffer) {
  return client.ask(saslAuthenticate, 2, { authBytes });
}

/** A token is the name of its user: everybody is let in at once. Root may do everything. */
export const tokensAreNames: SecurityOptions = {
  mechanisms: ['OAUTHBEARER'],
  tokens: { verify: (user) => Promise.resolve({ user, expiresAtMs: Date.now() + 3_600_000, reason: null }) },
  superUsers: ['User:root'],
};

/** A client of a broker with `tokensAreNames`. */
export async function openAs(user: string, port: number): Promise<RawClient> {
  const client = await RawClient.connect(port);
  expect(await client.ask(saslHandshake, 1, { mechanism: 'OAUTHBEARER' })).toMatchObject({ errorCode: 0 });
  expect(await authenticate(client, formatBearer(user))).toMatchObject({ errorCode: 0 });
  return client;
}
