/** Who asks the admin interface (rows A1, A2, A3). */
import { readFileSync } from 'node:fs';
import { Agent, request as requestTls } from 'node:https';
import type { TLSSocket } from 'node:tls';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { TokenVerifier } from '@q/broker';
import { problemSchema } from '../../src/http/problem-schema.ts';
import { adminBroker } from '../harness.ts';
import type { AdminBroker, AdminBrokerOptions } from '../harness.ts';

const pem = (name: string): Buffer =>
  readFileSync(new URL(`../../../broker/test/certificates/${name}`, import.meta.url));
const tokens: TokenVerifier = {
  verify: (token) =>
    Promise.resolve(
      token === 'good'
        ? { user: 'robot', expiresAtMs: Date.now() + 60_000, reason: null }
        : { user: null, reason: 'bad' },
    ),
};

async function secured(options: AdminBrokerOptions = {}): Promise<AdminBroker> {
  const admin = await adminBroker({
    security: { mechanisms: ['SCRAM-SHA-256', 'OAUTHBEARER'], tokens, superUsers: ['User:alice', 'User:robot'] },
    ...options,
  });
  await admin.broker.users!.setPassword('alice', 'alice-pw');
  return admin;
}

function basic(user: string, password: string): { headers: { authorization: string } } {
  return { headers: { authorization: `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}` } };
}

const bearer = (token: string) => ({ headers: { authorization: `Bearer ${token}` } });

describe('who asks the admin interface', () => {
  it.each(['/api/v1/errors', '/api/v1/nothing', '/metrics', '/stats', '/api/v1/topics'])(
    'A1, SEC-7: nobody has %s, and is told how to log in',
    async (path) => {
      const { ask } = await secured();
      const response = await ask(path);
      expect(response.status).toBe(401);
      expect(response.headers.get('www-authenticate')).toBe('Basic realm="q", charset="UTF-8", Bearer realm="q"');
      expect(problemSchema.partial().parse(await response.json())).toMatchObject({ code: 'AUTHENTICATION_REQUIRED' });
    },
  );

  it('A1 the probes are everybody’s, and name nothing to strangers', async () => {
    const { ask } = await secured();
    expect((await ask('/healthz')).status).toBe(200);
    expect(await (await ask('/readyz')).json()).toEqual({ status: 'ready', reasons: [] });
  });

  it.each(['/api/v1/errors', '/metrics', '/stats'])('A1 a password and a token open %s', async (path) => {
    const { ask } = await secured();
    expect((await ask(path, basic('alice', 'alice-pw'))).status).toBe(200);
    expect((await ask(path, bearer('good'))).status).toBe(200);
  });

  it('A1, SEC-8, SEC-15: a wrong password and an unknown user are answered alike, and never shown', async () => {
    const { ask } = await secured();
    const answerTo = async (init: RequestInit) => {
      const response = await ask('/api/v1/errors', init);
      return [response.status, await response.text()] as const;
    };
    const [status, wrong] = await answerTo(basic('alice', 'my-secret'));
    expect(status).toBe(401);
    expect(wrong).not.toContain('my-secret');
    expect(await answerTo(basic('mallory', 'my-secret'))).toEqual([401, wrong]);
    expect(await answerTo(bearer('my-secret'))).toEqual([401, wrong]);
  });

  it.each([
    'Basic',
    'Basic %%%',
    'Basic Og==',
    'Digest x',
    'Bearer',
    'Bearer a b',
    `Bearer ${'x'.repeat(10_000)}`,
    '\tx',
  ])('A1 %j is refused', async (authorization) => {
    const { ask } = await secured();
    const response = await ask('/api/v1/errors', { headers: { authorization } });
    expect(response.status).toBe(401);
  });

  it('A1, SEC-9: failures are held back longer and longer, and lock nobody out', async () => {
    const { ask } = await secured();
    for (const delayMs of [100, 200, 400]) {
      const start = performance.now();
      expect((await ask('/api/v1/errors', basic('alice', 'wrong'))).status).toBe(401);
      expect(performance.now() - start).toBeGreaterThan(delayMs - 2);
    }
    expect((await ask('/api/v1/errors', basic('alice', 'alice-pw'))).status).toBe(200);
  });

  it('A1 a password that was right is not known any more when its user changes', async () => {
    const { broker, ask } = await secured();
    const statusFor = async (password: string) => (await ask('/api/v1/errors', basic('alice', password))).status;
    expect([await statusFor('alice-pw'), await statusFor('alice-pw')]).toEqual([200, 200]);
    await broker.users!.setPassword('alice', 'other-pw');
    expect([await statusFor('alice-pw'), await statusFor('other-pw')]).toEqual([401, 200]);
    await broker.users!.remove('alice');
    expect(await statusFor('other-pw')).toBe(401);
  });

  it('A1, A3: whoever shows nothing is nobody where the interface lets everybody in', async () => {
    const { ask } = await adminBroker({
      security: { mechanisms: ['SCRAM-SHA-256'] },
      server: { authentication: 'none' },
    });
    expect((await ask('/api/v1/errors')).status).toBe(200);
  });
});

describe('an admin interface that encrypts', () => {
  it('A2, A1: takes passwords, and pages of its own origin', async () => {
    const { broker, url } = await secured({ server: { tls: { cert: pem('broker.pem'), key: pem('broker.key') } } });
    expect(url).toMatch(/^https:/);
    expect(broker.adminUrl).toBe(url);
    const agent = new Agent({ ca: pem('ca.pem') });
    const ask = (path: string, headers: Record<string, string>) =>
      new Promise<number>((resolve, reject) => {
        requestTls(`${url}${path}`, { agent, headers }, (response) => {
          response.resume();
          resolve(response.statusCode!);
        })
          .on('error', reject)
          .end();
      });
    const { authorization } = basic('alice', 'alice-pw').headers;
    expect(await ask('/api/v1/errors', { authorization })).toBe(200);
    expect(await ask('/stats', { authorization })).toBe(200);
    expect(await ask('/healthz', {})).toBe(200);
    const { host } = new URL(url);
    expect(await ask('/api/v1/errors', { authorization, origin: `https://${host}` })).toBe(200);
    expect(await ask('/api/v1/errors', { authorization, origin: `http://${host}` })).toBe(403);
    agent.destroy();
  });
});

describe('an admin interface that needs certificates', () => {
  it('A2, O4, SEC-7: answers probes without one, and nothing else, also to whoever comes back with a ticket', async () => {
    const { broker } = await secured({
      listeners: [
        {
          name: 'admin',
          protocol: 'admin',
          port: 0,
          tls: { cert: pem('broker.pem'), key: pem('broker.key'), ca: pem('ca.pem'), clientCertificates: 'needed' },
          authentication: { mechanisms: ['SCRAM-SHA-256'], certificates: ['RULE:^CN=([^,]+),.*$/$1/'] },
        },
      ],
      server: null,
    });
    // One agent comes back with the ticket of its first connection.
    const agent = new Agent({ ca: pem('ca.pem'), keepAlive: false });
    const own = new Agent({ ca: pem('ca.pem'), keepAlive: false, cert: pem('client.pem'), key: pem('client.key') });
    onTestFinished(() => [agent, own].forEach((each) => each.destroy()));
    const statusOf = (path: string, by: Agent, headers = {}) =>
      new Promise<number | undefined>((resolve, reject) => {
        const asked = requestTls(`${broker.adminUrl}${path}`, { agent: by, headers }, (response) => {
          response.resume().on('end', () => resolve(response.statusCode));
        });
        asked.once('socket', (socket) =>
          socket.once('secureConnect', () => reused.push((socket as TLSSocket).isSessionReused())),
        );
        asked.on('error', reject).end();
      });
    const reused: boolean[] = [];
    const { headers } = basic('alice', 'alice-pw');
    for (const path of ['/healthz', '/readyz', '/healthz'])
      expect([path, await statusOf(path, agent)]).toEqual([path, 200]);
    for (const path of ['/stats', '/metrics', '/api/v1/whoami', '/readyz/', '/healthz/../stats', '//healthz'])
      expect([path, await statusOf(path, agent, headers)]).toEqual([path, 401]);
    expect(reused).toContain(true);
    expect(await statusOf('/api/v1/whoami', own)).toBe(200);
    expect(await statusOf('/readyz', own)).toBe(200);
  });
});

describe('an admin interface that asks for certificates', () => {
  const own = { cert: pem('client.pem'), key: pem('client.key') };

  async function asking(rule: string) {
    const { broker } = await secured({
      listeners: [
        {
          name: 'admin',
          protocol: 'admin',
          port: 0,
          tls: { cert: pem('broker.pem'), key: pem('broker.key'), ca: pem('ca.pem'), clientCertificates: 'wanted' },
          authentication: { mechanisms: ['SCRAM-SHA-256'], certificates: [rule] },
        },
      ],
      server: null,
    });
    return (shown: { cert?: Buffer; key?: Buffer }, headers: Record<string, string> = {}) =>
      new Promise<unknown>((resolve, reject) => {
        const agent = new Agent({ ca: pem('ca.pem'), ...shown });
        requestTls(`${broker.adminUrl}/api/v1/whoami`, { agent, headers }, (response) => {
          let text = '';
          response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
          response.on('end', () => {
            agent.destroy();
            resolve(JSON.parse(text));
          });
        })
          .on('error', reject)
          .end();
      });
  }

  it('A1, A2: lets in whom the certificate names, or whoever says who they are', async () => {
    const whoAmI = await asking('RULE:^CN=([^,]+),.*$/$1/');
    expect(await whoAmI(own)).toEqual({ principal: 'User:svc-orders', by: 'certificate', address: '127.0.0.1' });
    expect(await whoAmI({})).toMatchObject({ code: 'AUTHENTICATION_REQUIRED' });
    const { headers } = basic('alice', 'alice-pw');
    expect(await whoAmI(own, headers)).toMatchObject({ principal: 'User:alice', by: 'password' });
  });

  it('A1, SEC-8: lets nobody in whom the rules call ANONYMOUS', async () => {
    const whoAmI = await asking('RULE:^CN=.*$/ANONYMOUS/');
    expect(await whoAmI(own)).toMatchObject({ code: 'AUTHENTICATION_REQUIRED' });
  });
});
