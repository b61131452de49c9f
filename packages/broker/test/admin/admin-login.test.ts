import { request } from 'node:http';
import { QError } from '@q/protocol';
import { ManualClock } from '@q/testkit';
import { describe, expect, it, onTestFinished } from 'vitest';
import { AskingLogin } from '../../src/admin/admin-login.ts';
import type { AdminRequest } from '../../src/admin/admin-login.ts';
import { startBroker } from '../../src/index.ts';
import { LoginNews } from '../../src/services/identity/login-news.ts';
import { silentLogger } from '../../src/logger.ts';
import type { AuditEntry } from '../../src/services/audit/audit-entry.ts';

function setUp() {
  const noted: AuditEntry[] = [];
  const clock = new ManualClock();
  const news = new LoginNews({ logger: silentLogger, audit: { note: (entry) => void noted.push(entry) } });
  const asked: string[] = [];
  const logins = {
    byPassword: ({ user, password }: { user: string; password: string }) => {
      asked.push(`${user}/${password}`);
      if (password === 'canary of many') return Promise.reject(new QError('BROKER_BUSY', 'one after another'));
      const principal = { name: `User:${user}` };
      return Promise.resolve(
        password === 'pw'
          ? { principal, mechanism: 'PLAIN' as const, holds: () => true }
          : { user, mechanism: 'PLAIN' as const, reason: 'wrong' },
      );
    },
    byToken: () => Promise.resolve({ user: '', mechanism: 'OAUTHBEARER' as const, reason: 'expired' }),
  };
  const ask = async (given: Partial<AdminRequest>) =>
    new AskingLogin({ logins, news, clock }).identify({
      mechanisms: ['SCRAM-SHA-256', 'OAUTHBEARER'],
      isOpen: false,
      authorization: undefined,
      address: '10.0.0.7',
      userAgent: 'curl',
      isEncrypted: true,
      isLoopback: false,
      certificateUser: null,
      ...given,
    });
  return { ask, asked, noted, clock, login: new AskingLogin({ logins, news, clock }) };
}

function basic(user: string, password: string): string {
  return `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
}

describe('who asks the admin server', () => {
  it('A1, SEC-8: a password and a token are not looked at where somebody could read along', async () => {
    const { ask, asked } = setUp();
    for (const authorization of [basic('alice', 'pw'), 'Bearer abc']) {
      await expect(ask({ authorization, isEncrypted: false })).rejects.toMatchObject({
        code: 'AUTHENTICATION_FAILED',
        message: expect.stringMatching(/over https:\/\/ alone, or from the machine/) as string,
      });
    }
    expect(asked).toEqual([]);
    const authorization = basic('alice', 'pw');
    await expect(ask({ authorization, isEncrypted: false, isLoopback: true })).resolves.toMatchObject({
      principal: { name: 'User:alice' },
    });
  });

  it('A1: what is said counts more than the certificate, and a certificate more than nothing', async () => {
    const { ask } = setUp();
    const certificateUser = 'svc';
    expect(await ask({ certificateUser })).toMatchObject({ principal: { name: 'User:svc' }, shownBy: 'certificate' });
    expect(await ask({ certificateUser, authorization: basic('alice', 'pw') })).toMatchObject({ shownBy: 'password' });
    await expect(ask({ certificateUser, authorization: basic('alice', 'no') })).rejects.toMatchObject({
      code: 'AUTHENTICATION_FAILED',
    });
    await expect(ask({})).rejects.toMatchObject({ code: 'AUTHENTICATION_REQUIRED' });
    expect(await ask({ isOpen: true })).toMatchObject({ principal: { name: 'User:ANONYMOUS' }, shownBy: 'nothing' });
  });

  it('A1: a listener takes what it takes, and says so', async () => {
    const { ask, login } = setUp();
    await expect(ask({ mechanisms: ['OAUTHBEARER'], authorization: basic('alice', 'pw') })).rejects.toMatchObject({
      message: expect.stringMatching(/takes a token/) as string,
    });
    await expect(ask({ mechanisms: [] })).rejects.toMatchObject({
      message: expect.stringMatching(/certificates alone/) as string,
    });
    expect(login.challenges({ mechanisms: [], isOpen: false })).toBe('');
    expect(login.challenges({ mechanisms: ['PLAIN'], isOpen: false })).toBe('Basic realm="q", charset="UTF-8"');
  });

  it('A1: a password may have colons and any letters', async () => {
    const { ask, asked } = setUp();
    await ask({ authorization: basic('alice', 'a:b:pässword') }).catch(() => undefined);
    expect(asked).toEqual(['alice/a:b:pässword']);
  });

  it('SEC-15: the trail tells a program that asks again and again once a minute, and each refusal', async () => {
    const { login, noted, clock } = setUp();
    const scraping: AdminRequest = {
      mechanisms: ['PLAIN'],
      isOpen: false,
      authorization: basic('alice', 'pw'),
      address: '10.0.0.7',
      userAgent: 'prometheus',
      isEncrypted: true,
      isLoopback: false,
      certificateUser: null,
    };
    for (let scrape = 0; scrape < 8; scrape += 1) {
      await login.identify(scraping);
      await clock.advance(15_000);
    }
    expect(noted.map(({ event }) => event)).toEqual(['audit.login_done', 'audit.login_done']);
    await Promise.resolve(login.identify({ ...scraping, authorization: basic('bob', 'canary') })).catch(
      () => undefined,
    );
    expect(noted.at(-1)).toMatchObject({ event: 'audit.login_refused', by: { principal: { name: 'User:bob' } } });
    expect(JSON.stringify(noted)).not.toContain('canary');
  });

  it('SEC-9, SEC-15: the trail names whoever is told to come again', async () => {
    const { ask, noted } = setUp();
    const asked = ask({ authorization: basic('bob', 'canary of many') });
    await expect(asked).rejects.toMatchObject({ code: 'BROKER_BUSY' });
    const principal = { name: 'User:bob' };
    expect(noted).toMatchObject([{ event: 'audit.login_refused', by: { principal }, reason: 'one after another' }]);
    expect(JSON.stringify(noted)).not.toContain('canary');
  });
});

describe('/stats', () => {
  it('SEC-14: answers names of this broker alone, and probes whatever they are asked by', async () => {
    const broker = await startBroker({ storage: 'memory', port: 0, admin: { port: 0 } });
    onTestFinished(() => broker.close({ timeoutMs: 100 }));
    const statusOf = (path: string, host: string) =>
      new Promise<number>((resolve, reject) => {
        request(`${broker.adminUrl}${path}`, { headers: { host } }, (response) => {
          response.resume();
          resolve(response.statusCode!);
        })
          .on('error', reject)
          .end();
      });
    expect(await statusOf('/stats', 'evil.example')).toBe(403);
    expect(await statusOf('/stats', 'localhost')).toBe(200);
    expect(await statusOf('/healthz', 'evil.example')).toBe(200);
  });
});
