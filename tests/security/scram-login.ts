import { pbkdf2Sync } from 'node:crypto';
import { ScramClient, scramHash } from '@q/protocol';
import type { ScramMechanism } from '@q/protocol';
import type { Heard, Speaker } from './login-doors.ts';

export interface Login {
  readonly mechanism?: ScramMechanism;
  readonly username: string;
  readonly password: string;
  readonly nonce?: string;
}

/** A client's side of an exchange, for who looks at each message of it. */
export function scramClient({
  mechanism = 'SCRAM-SHA-256',
  username,
  password,
  nonce = 'nonce-of-a-test',
}: Login): ScramClient {
  const { name, bytes } = scramHash(mechanism);
  return new ScramClient({
    mechanism,
    username,
    nonce,
    saltPassword: async (salt, rounds) => pbkdf2Sync(password, salt, rounds, bytes, name),
  });
}

/** The whole exchange. What the broker said last, which signs for it where it lets somebody in. */
export async function logIn(speaker: Speaker, login: Login): Promise<Heard> {
  const { mechanism = 'SCRAM-SHA-256' } = login;
  const client = scramClient(login);
  const first = await speaker.say(mechanism, client.first());
  if (first.kind !== 'more') return first;
  const last = await speaker.say(mechanism, await client.final(first.message));
  if (last.kind === 'done') client.check(last.message);
  return last;
}
