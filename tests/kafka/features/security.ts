import { deepEqual, ok } from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { startBroker } from '@q/broker';
import type { Broker, TokenVerifier } from '@q/broker';
import { connect } from '@q/client';
import { kafkaDoor } from '@q/kafka-gateway';
import { CannotError } from '../client-program.ts';
import { section } from '../feature.ts';
import type { Feature } from '../feature.ts';
import type { LoginArgs } from '../operations.ts';
import type { Stage } from '../stage.ts';

type Way = Pick<LoginArgs, 'mechanism'> & Partial<Pick<LoginArgs, 'username' | 'password'>> & { isEncrypted: boolean };

const certificate = (name: string): string =>
  fileURLToPath(new URL(`../../security/certificates/${name}`, import.meta.url));
const tls = { cert: readFileSync(certificate('valid.pem')), key: readFileSync(certificate('valid.key')) };
const topic = 'orders';
const hourMs = 3_600_000;
/** Some clients try again for a while. */
const patienceMs = 60_000;
const token = 'a-token-that-is-taken';

const tokens: TokenVerifier = {
  verify: async (shown) =>
    shown === token
      ? { user: 'alice', expiresAtMs: Date.now() + hourMs, reason: null }
      : { user: null, reason: 'it is none of ours' },
};

/**
 * A broker that asks everybody who they are, with a plain door for Kafka clients and one that encrypts: `alice` may
 * everything, `bob` nothing.
 */
class SecuredBroker implements AsyncDisposable {
  readonly #broker: Broker;

  private constructor(broker: Broker) {
    this.#broker = broker;
  }

  static async start(): Promise<SecuredBroker> {
    const broker = await startBroker({
      storage: 'memory',
      port: 0,
      admin: false,
      security: {
        mechanisms: ['SCRAM-SHA-512', 'SCRAM-SHA-256', 'OAUTHBEARER', 'PLAIN'],
        tokens,
        superUsers: ['User:alice'],
      },
      doors: [kafkaDoor({ port: 0 }), { ...kafkaDoor({ port: 0 }), name: 'kafka-tls', tls }],
    });
    for (const name of ['alice', 'bob']) await broker.users!.setPassword(name, `${name}-pw`);
    const secured = new SecuredBroker(broker);
    await secured.#asAlice((q) => q.admin.createTopic(topic, { partitions: 1 }));
    return secured;
  }

  argsFor({ mechanism, username = 'alice', password, isEncrypted }: Way, value: string): LoginArgs {
    const door = this.#broker.doors.find(({ name }) => name === (isEncrypted ? 'kafka-tls' : 'kafka'))!;
    return {
      bootstrap: `127.0.0.1:${door.port}`,
      mechanism,
      username,
      password: password ?? (mechanism === 'OAUTHBEARER' ? token : `${username}-pw`),
      caFile: isEncrypted ? certificate('ca.pem') : null,
      topic,
      value,
    };
  }

  async stored(): Promise<string[]> {
    const values: string[] = [];
    await this.#asAlice(async (q) => {
      for await (const { value } of q.consumer(topic, { from: 'earliest', stopAtEnd: true }))
        values.push(value!.toString());
    });
    return values;
  }

  async #asAlice(work: (q: Awaited<ReturnType<typeof connect>>) => Promise<unknown>): Promise<void> {
    await using q = await connect(this.#broker.url, { login: { username: 'alice', password: 'alice-pw' } });
    await work(q);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#broker.close();
  }
}

/** Each of these ways leads in, and what is sent there arrives. */
function letIn(...ways: readonly Way[]): Feature['run'] {
  return async ({ client }) => {
    await using secured = await SecuredBroker.start();
    const sent: string[] = [];
    for (const way of ways) {
      const value = `${way.mechanism} ${way.isEncrypted ? 'over TLS' : 'plainly'}`;
      await client.ask('login', secured.argsFor(way, value), patienceMs);
      sent.push(value);
    }
    deepEqual(await secured.stored(), sent);
  };
}

/** None of these ways leads in, and the client says so in words that `pattern` knows. */
function refused(pattern: RegExp, ...ways: readonly Way[]): Feature['run'] {
  return async ({ client }: Stage) => {
    await using secured = await SecuredBroker.start();
    const heard: string[] = [];
    for (const way of ways) {
      const said = await client.ask('login', secured.argsFor(way, 'never'), patienceMs).then(
        () => 'nothing: it succeeded',
        (error: unknown) => {
          if (error instanceof CannotError) throw error;
          return String(error);
        },
      );
      ok(pattern.test(said), `${way.mechanism}: expected ${String(pattern)}, and the client said ${said}`);
      ok(!said.includes('alice-pw'), 'the client shows the password');
      heard.push(said);
    }
    deepEqual(await secured.stored(), []);
    return `it says: ${heard.join('; ')}`;
  };
}

const plainly = { isEncrypted: false };
const overTls = { isEncrypted: true };

export const security: readonly Feature[] = section('Security', {
  'SCRAM-SHA-256, plainly and over TLS': letIn(
    { mechanism: 'SCRAM-SHA-256', ...plainly },
    { mechanism: 'SCRAM-SHA-256', ...overTls },
  ),
  'SCRAM-SHA-512, plainly and over TLS': letIn(
    { mechanism: 'SCRAM-SHA-512', ...plainly },
    { mechanism: 'SCRAM-SHA-512', ...overTls },
  ),
  'PLAIN over TLS': letIn({ mechanism: 'PLAIN', ...overTls }),
  'OAUTHBEARER over TLS': letIn({ mechanism: 'OAUTHBEARER', ...overTls }),
  'a wrong password is refused': {
    isLong: true,
    run: refused(
      /authenticat|SASL|credentials/i,
      { mechanism: 'SCRAM-SHA-256', password: 'wrong', ...plainly },
      { mechanism: 'PLAIN', password: 'wrong', ...overTls },
    ),
  },
  'a missing permission is told at once': refused(/TOPIC_AUTHORIZATION_FAILED|not authorized/i, {
    mechanism: 'SCRAM-SHA-256',
    username: 'bob',
    ...plainly,
  }),
});
