/** Users and their passwords at the Kafka door, as Kafka 4.4 answers about them. */
import { pbkdf2Sync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { alterUserScramCredentials } from '../../src/messages/alter-user-scram-credentials.ts';
import { describeUserScramCredentials } from '../../src/messages/describe-user-scram-credentials.ts';
import { logIn } from '../logging-in.ts';
import { kafkaBroker, RawClient } from '../harness.ts';

const sha256 = 1;
const sha512 = 2;
const salt = Buffer.from('salt of a test');

function upsertion(
  name: string,
  o: { mechanism?: number; iterations?: number; salt?: Buffer; password?: string } = {},
) {
  const { mechanism = sha256, iterations = 4096, password = 'pw' } = o;
  const [hash, bytes] = mechanism === sha512 ? (['sha512', 64] as const) : (['sha256', 32] as const);
  const saltedPassword = pbkdf2Sync(password, salt, 4096, bytes, hash);
  return { name, mechanism, iterations, salt: o.salt ?? salt, saltedPassword };
}

interface Wish {
  readonly name: string;
  readonly mechanism: number;
}

async function secured() {
  const { broker, kafkaPort } = await kafkaBroker({
    security: { mechanisms: ['SCRAM-SHA-256', 'SCRAM-SHA-512'], superUsers: ['User:admin'] },
  });
  await broker.users!.setPassword('admin', 'admin-pw');
  const client = await RawClient.connect(kafkaPort);
  await logIn(client, 'admin', 'admin-pw');
  const alter = async (o: { readonly deletions?: Wish[]; readonly upsertions?: ReturnType<typeof upsertion>[] }) => {
    const { results } = await client.ask(alterUserScramCredentials, 0, { deletions: [], upsertions: [], ...o });
    return results.map(({ user, errorCode }) => [user, errorCode]);
  };
  const about = async (...names: readonly string[]) =>
    client.ask(describeUserScramCredentials, 0, { users: names.map((name) => ({ name })) });
  return { broker, kafkaPort, client, alter, about };
}

describe('A1 users at the Kafka door', () => {
  it.each([
    ['SCRAM-SHA-256', sha256],
    ['SCRAM-SHA-512', sha512],
  ] as const)('A1: a user made with a password that the client has salted comes in by %s', async (name, mechanism) => {
    const { kafkaPort, alter, about } = await secured();
    expect(await alter({ upsertions: [upsertion('bob', { mechanism, password: 'secret' })] })).toEqual([['bob', 0]]);
    expect((await about('bob')).results).toEqual([
      { user: 'bob', errorCode: 0, errorMessage: null, credentialInfos: [{ mechanism, iterations: 4096 }] },
    ]);
    const bob = await RawClient.connect(kafkaPort);
    expect((await logIn(bob, 'bob', 'secret', name)).errorCode).toBe(0);
    const other = await RawClient.connect(kafkaPort);
    expect((await logIn(other, 'bob', 'wrong', name)).errorCode).toBe(58);
  });

  it('A1: the last credential takes the user with it', async () => {
    const { broker, alter } = await secured();
    await alter({ upsertions: [upsertion('bob')] });
    await alter({ upsertions: [upsertion('bob', { mechanism: sha512 })] });
    expect(await alter({ deletions: [{ name: 'bob', mechanism: sha256 }] })).toEqual([['bob', 0]]);
    expect(broker.users!.list()).toContain('bob');
    expect(await alter({ deletions: [{ name: 'bob', mechanism: sha512 }] })).toEqual([['bob', 0]]);
    expect(broker.users!.list()).not.toContain('bob');
  });

  it('A1 facts, AlterUserScramCredentials takes one entry per user and request: else 92, and nothing is stored', async () => {
    const { broker, alter } = await secured();
    const both = [upsertion('bob'), upsertion('bob', { mechanism: sha512 })];
    expect(await alter({ upsertions: [...both, upsertion('carol')] })).toEqual([
      ['bob', 92],
      ['carol', 0],
    ]);
    const mixed = { deletions: [{ name: 'carol', mechanism: sha256 }], upsertions: [upsertion('carol')] };
    expect(await alter(mixed)).toEqual([['carol', 92]]);
    const twice = [
      { name: 'carol', mechanism: sha256 },
      { name: 'carol', mechanism: sha256 },
    ];
    expect(await alter({ deletions: twice })).toEqual([['carol', 92]]);
    expect(broker.users!.list()).toEqual(['admin', 'carol']);
  });

  it.each([
    ['20,000 iterations', { iterations: 20_000 }, 93],
    ['2,048 iterations', { iterations: 2_048 }, 93],
    ['0 iterations', { iterations: 0 }, 93],
    ['-1 iterations', { iterations: -1 }, 93],
    ['no salt', { salt: Buffer.alloc(0) }, 93],
    ['a mechanism that there is not', { mechanism: 3 }, 33],
    ['mechanism 0', { mechanism: 0 }, 33],
  ])(
    'A1, SEC-8 facts, Allowed iterations 4096 to 16384: %s is refused, and nothing is stored',
    async (_what, o, code) => {
      const { broker, alter } = await secured();
      expect(await alter({ upsertions: [upsertion('bob', o)] })).toEqual([['bob', code]]);
      expect(broker.users!.list()).toEqual(['admin']);
    },
  );

  it('A1: a salted password that the mechanism does not make, an empty name and a name with a line break are refused', async () => {
    const { broker, alter } = await secured();
    const short = { ...upsertion('bob'), saltedPassword: Buffer.alloc(16) };
    expect(await alter({ upsertions: [short] })).toEqual([['bob', 93]]);
    expect(await alter({ upsertions: [upsertion('')] })).toEqual([['', 93]]);
    expect(await alter({ upsertions: [upsertion('a\nb')] })).toEqual([['a\nb', 93]]);
    expect(await alter({ deletions: [{ name: '', mechanism: sha256 }] })).toEqual([['', 93]]);
    expect(broker.users!.list()).toEqual(['admin']);
  });

  it('A1: what is not there is told as such, and nothing else suffers', async () => {
    const { alter, about } = await secured();
    expect(await alter({ deletions: [{ name: 'nobody', mechanism: sha256 }] })).toEqual([['nobody', 91]]);
    await alter({ upsertions: [upsertion('bob')] });
    expect(await alter({ deletions: [{ name: 'bob', mechanism: sha512 }] })).toEqual([['bob', 91]]);
    expect(await alter({ deletions: [{ name: 'bob', mechanism: 9 }] })).toEqual([['bob', 33]]);
    const { errorCode, results } = await about('bob', 'nobody', 'admin', 'admin');
    expect(errorCode).toBe(0);
    expect(results.map((each) => [each.user, each.errorCode, each.credentialInfos.length])).toEqual([
      ['bob', 0, 1],
      ['nobody', 91, 0],
      ['admin', 92, 0],
    ]);
  });

  it('A1 facts, each error path answers with absent and empty arrays: all users, and nothing to do', async () => {
    const { client, alter } = await secured();
    for (const users of [null, []])
      expect((await client.ask(describeUserScramCredentials, 0, { users })).results).toMatchObject([{ user: 'admin' }]);
    expect(await alter({})).toEqual([]);
  });

  it('A1: a broker that asks nobody says so', async () => {
    const { kafkaPort } = await kafkaBroker();
    const client = await RawClient.connect(kafkaPort);
    const alter = async (o: object) =>
      client.ask(alterUserScramCredentials, 0, { deletions: [], upsertions: [], ...o });
    expect((await alter({ upsertions: [upsertion('bob')] })).results).toMatchObject([{ user: 'bob', errorCode: 54 }]);
    expect((await alter({})).results).toEqual([]);
    const { errorCode, results } = await client.ask(describeUserScramCredentials, 0, { users: null });
    expect({ errorCode, results }).toEqual({ errorCode: 0, results: [] });
    const named = await client.ask(describeUserScramCredentials, 0, { users: [{ name: 'bob' }] });
    expect(named.results).toMatchObject([{ user: 'bob', errorCode: 91 }]);
  });
});
