/** Several ports of one protocol, each with its own TLS and its own way to show who one is (row A1). */
import { mkdtemp, rename, symlink, unlink, writeFile, mkdir } from 'node:fs/promises';
import { readFileSync } from 'node:fs';
import { connect as connectTcp } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect as connectTls } from 'node:tls';
import { connect } from '@q/client';
import type { ConnectOptions } from '@q/client';
import { describe, expect, it, onTestFinished } from 'vitest';
import { startBroker } from '../src/index.ts';
import type { Broker, BrokerOptions, ListenerOptions } from '../src/index.ts';
import { SaidLines } from './fakes/said-lines.ts';

const certificates = new URL('certificates/', import.meta.url);
const pem = (name: string): string => readFileSync(new URL(name, certificates), 'utf8');
const ca = pem('ca.pem');
const ofBroker = { cert: pem('broker.pem'), key: pem('broker.key') };
const ofClient = { cert: pem('client.pem'), key: pem('client.key') };
const withCertificates = { ...ofBroker, ca, clientCertificates: 'wanted' } as const;

async function start(options: BrokerOptions): Promise<Broker> {
  const broker = await startBroker({ storage: 'memory', admin: false, ...options });
  onTestFinished(() => broker.close());
  return broker;
}

const at = (broker: Broker, name: string) => broker.listeners.find((each) => each.name === name)!;

async function open(broker: Broker, name: string, options: ConnectOptions = {}) {
  const { port, isEncrypted } = at(broker, name);
  const url = `${isEncrypted ? 'qs' : 'q'}://127.0.0.1:${port}`;
  const q = await connect(url, { connectTimeoutMs: 2_000, ...options });
  onTestFinished(() => q.close().then(() => undefined));
  return q;
}

const inside: ListenerOptions = { name: 'inside', protocol: 'native', port: 0, authentication: 'none' };
const outside: ListenerOptions = { name: 'outside', protocol: 'native', port: 0, tls: withCertificates };

describe('A1 listeners', () => {
  it('A1, SEC-12: one broker has a plain port inside and an encrypted one outside, with one set of topics', async () => {
    const broker = await start({ listeners: [{ name: 'inside', protocol: 'native', port: 0 }, outside] });
    expect(broker.listeners.map(({ name, protocol, isEncrypted }) => [name, protocol, isEncrypted])).toEqual([
      ['inside', 'native', false],
      ['outside', 'native', true],
    ]);
    const within = await open(broker, 'inside');
    await within.admin.createTopic('orders', { partitions: 1 });
    const without = await open(broker, 'outside', { tls: { ca } });
    await without.producer().send('orders', { value: 'one' });
    expect((await without.admin.listTopics()).map(({ name }) => name)).toEqual(['orders']);
  });

  it.each<[string, BrokerOptions, string]>([
    ['two of one name', { listeners: [outside, { ...inside, name: 'outside' }] }, 'listeners.outside.name'],
    ['a name that is none', { listeners: [{ ...inside, name: 'a b' }] }, 'listeners[0].name'],
    ['a protocol that is none', { listeners: [{ ...inside, protocol: 'amqp' as never }] }, 'listeners.inside.protocol'],
    ['a port of the short way beside', { port: 0, listeners: [inside] }, 'listeners'],
    [
      'mechanisms without security',
      { listeners: [{ ...inside, authentication: { mechanisms: ['PLAIN'] } }] },
      'security',
    ],
    [
      'rules for certificates that nobody asks for',
      { security: {}, listeners: [{ ...inside, authentication: { certificates: ['DEFAULT'] } }] },
      'clientCertificates',
    ],
    [
      'client certificates without authorities',
      { listeners: [{ ...inside, tls: { ...ofBroker, clientCertificates: 'needed' } }] },
      'listeners.inside.tls.ca',
    ],
    ['security without a way in', { security: {} }, 'security.mechanisms'],
    ['an empty list of ways', { security: {}, listeners: [{ ...inside, authentication: {} }] }, 'authentication'],
  ])('A1 %s: refused, and the setting is named', async (_what, options, setting) => {
    const starting = start(options.listeners === undefined ? { port: 0, ...options } : options);
    await expect(starting).rejects.toMatchObject({ code: 'INVALID_CONFIG', message: expect.stringContaining(setting) });
  });
});

describe('A1 a certificate alone lets in', () => {
  const secured = { security: { mechanisms: ['SCRAM-SHA-256'] } } as const;
  const login = { mechanism: 'SCRAM-SHA-256', username: 'ada', password: 'right' } as const;

  it('A1, SEC-8: as the user that the rules make of its name, at a listener that wants one', async () => {
    const rules = ['RULE:^CN=(.*?),.*$/$1/U'];
    const listener = { ...outside, authentication: { certificates: rules, mechanisms: ['SCRAM-SHA-256'] } } as const;
    const broker = await start({ security: { superUsers: ['User:SVC-ORDERS'] }, listeners: [listener] });
    const q = await open(broker, 'outside', { tls: { ca, ...ofClient } });
    await q.admin.createTopic('orders', { partitions: 1 });
    expect((await q.admin.listTopics()).length).toBe(1);
    // Whoever shows none is asked.
    await expect(open(broker, 'outside', { tls: { ca }, login })).rejects.toMatchObject({
      code: 'AUTHENTICATION_FAILED',
    });
  });

  it('A1, SEC-7: one that no rule fits lets nobody in', async () => {
    const listener = { ...outside, authentication: { certificates: ['RULE:^CN=other$/x/'] } } as const;
    const broker = await start({ security: {}, listeners: [listener] });
    const q = await open(broker, 'outside', { tls: { ca, ...ofClient } }).catch((error: unknown) => error);
    if (q instanceof Error) expect(q).toMatchObject({ code: expect.stringMatching(/AUTHENTICATION/) });
    else await expect((q as Awaited<ReturnType<typeof open>>).admin.listTopics()).rejects.toThrow(/AUTHENTICATION|who/);
  });

  it.each([
    ['ANONYMOUS', ['User:ANONYMOUS']],
    ['*', []],
  ])('A1, SEC-8: not as %s, who is no user, and the trail says why', async (name, superUsers) => {
    const said = new SaidLines();
    const authentication = { certificates: [`RULE:^CN=.*$/${name}/`] };
    const broker = await start({
      security: { superUsers },
      listeners: [{ ...outside, authentication }],
      logger: said.logger,
    });
    const refused = async () => (await open(broker, 'outside', { tls: { ca, ...ofClient } })).admin.listTopics();
    await expect(refused()).rejects.toMatchObject({ code: expect.stringMatching(/^AUTHENTICATION_/) as string });
    expect(said.of('audit.login_done')).toEqual([]);
    expect(said.of('audit.login_refused')[0]).toMatchObject({
      reason: expect.stringContaining(`the rules make ${name} of the certificate CN=svc-orders`) as string,
    });
  });

  it('A1, SEC-7: each listener asks in its own way', async () => {
    const broker = await start({ ...secured, listeners: [inside, outside] });
    await broker.users!.setPassword('ada', 'right');
    await open(broker, 'inside');
    await open(broker, 'outside', { tls: { ca }, login });
    await expect(
      open(broker, 'outside', { tls: { ca }, login: { ...login, password: 'wrong' } }),
    ).rejects.toMatchObject({ code: 'AUTHENTICATION_FAILED' });
  });
});

describe('A1, SEC-13 handshakes', () => {
  const silent = async (port: number) => {
    const socket = connectTcp({ host: '127.0.0.1', port });
    socket.on('error', () => undefined);
    onTestFinished(() => void socket.destroy());
    await new Promise((resolve) => socket.once('connect', resolve));
    return socket;
  };
  const ended = (socket: ReturnType<typeof connectTcp>) =>
    new Promise<void>((resolve) => (socket.destroyed ? resolve() : socket.resume().once('close', () => resolve())));

  it('A1, SEC-13: one that trickles a byte at a time is over in its time all the same', async () => {
    const broker = await start({ port: 0, tls: ofBroker, limits: { handshakeTimeoutMs: 400 } });
    const socket = await silent(broker.port);
    const hello = Buffer.from([0x16, 0x03, 0x01, 0x02, 0x00, 0x01, 0x00, 0x01, 0xfc, 0x03, 0x03]);
    let sent = 0;
    const timer = setInterval(() => sent < hello.length && socket.write(hello.subarray(sent, ++sent)), 60);
    onTestFinished(() => clearInterval(timer));
    const begunAt = performance.now();
    await ended(socket);
    expect(performance.now() - begunAt).toBeLessThan(1_500);
  });

  it('A1, SEC-13: those that shake hands count, and their place is free again afterwards', async () => {
    const limits = { connectionsPerAddressMax: 2, connectionsMax: 10, handshakeTimeoutMs: 30_000 };
    const broker = await start({ port: 0, tls: ofBroker, limits });
    const held = [await silent(broker.port), await silent(broker.port)];
    const third = await silent(broker.port);
    await ended(third);
    await expect(open(broker, 'native', { tls: { ca } })).rejects.toThrow();
    for (const socket of held) socket.destroy();
    await expect
      .poll(() =>
        open(broker, 'native', { tls: { ca } }).then(
          () => 'in',
          () => 'out',
        ),
      )
      .toBe('in');
  });

  it('A1, SEC-10: the certificate is the one for the host that is asked for, and the first for any other', async () => {
    const others = [{ cert: pem('broker-2.pem'), key: pem('broker-2.key') }];
    const broker = await start({ port: 0, tls: { ...ofClient, others } });
    const nameAt = (servername: string) =>
      new Promise<string>((resolve, reject) => {
        const options = { host: '127.0.0.1', port: broker.port, servername, rejectUnauthorized: false };
        const socket = connectTls(options, () => {
          resolve(String(socket.getPeerCertificate().subject.CN));
          socket.destroy();
        });
        socket.once('error', reject);
      });
    expect(await nameAt('localhost')).toBe('localhost');
    expect(await nameAt('elsewhere.example')).toBe('svc-orders');
  });

  it('A1, SEC-10: ALPN is left alone, and a client that goes on without it is served', async () => {
    const broker = await start({ port: 0, tls: ofBroker });
    const socket = connectTls({ host: '127.0.0.1', port: broker.port, ca, ALPNProtocols: ['kafka', 'h2'] });
    onTestFinished(() => void socket.destroy());
    await new Promise((resolve, reject) => socket.once('secureConnect', resolve).once('error', reject));
    expect(socket.alpnProtocol).toBe(false);
  });

  it('A1, SEC-10: there is no renegotiation', async () => {
    const broker = await start({ port: 0, tls: ofBroker });
    const socket = connectTls({ host: '127.0.0.1', port: broker.port, ca, maxVersion: 'TLSv1.2' });
    onTestFinished(() => void socket.destroy());
    await new Promise((resolve, reject) => socket.once('secureConnect', resolve).once('error', reject));
    const outcome = await new Promise<Error | null>((resolve) => {
      socket.once('error', resolve);
      socket.once('close', () => resolve(new Error('closed')));
      socket.renegotiate({}, (error) => resolve(error));
    });
    expect(outcome).toBeInstanceOf(Error);
  });
});

describe('A1 certificates in files', () => {
  async function folder() {
    const path = await mkdtemp(join(tmpdir(), 'q-tls-'));
    // As Kubernetes has it: the files are links into a folder that is swapped as a whole.
    const put = async (version: string, files: Readonly<Record<string, string>>) => {
      await mkdir(join(path, version));
      for (const [name, text] of Object.entries(files))
        await writeFile(join(path, version, name), text, { mode: 0o600 });
      await symlink(version, join(path, 'next'));
      await rename(join(path, 'next'), join(path, 'current'));
    };
    const file = (name: string) => ({ file: join(path, 'current', name) });
    return { path, put, file };
  }
  const serialAt = (port: number) =>
    new Promise<string>((resolve, reject) => {
      const socket = connectTls({ host: '127.0.0.1', port, ca });
      socket.once('error', reject);
      socket.once('secureConnect', () => {
        resolve(socket.getPeerCertificate().serialNumber);
        socket.destroy();
      });
    });
  const first = { 'tls.crt': ofBroker.cert, 'tls.key': ofBroker.key };
  const second = { 'tls.crt': pem('broker-2.pem'), 'tls.key': pem('broker-2.key') };

  it('A1, O1: a swapped link is noticed, connections stay, and garbage changes nothing and is told', async () => {
    const { put, file } = await folder();
    await put('1', first);
    const broker = await start({
      port: 0,
      tls: { cert: file('tls.crt'), key: file('tls.key') },
      limits: { healthIntervalMs: 50 },
      alerts: { raiseAfterMs: 200 },
    });
    const q = await open(broker, 'native', { tls: { ca } });
    const before = await serialAt(broker.port);
    await put('2', second);
    await expect.poll(() => serialAt(broker.port), { timeout: 10_000, interval: 200 }).not.toBe(before);
    const after = await serialAt(broker.port);
    await put('3', { 'tls.crt': ofBroker.cert.slice(0, 300), 'tls.key': ofBroker.key });
    const troubles = () => broker.health.report().conditions.map(({ name, subject }) => `${name} ${subject}`);
    await expect.poll(troubles, { timeout: 10_000, interval: 100 }).toContain('certificate.bad native');
    expect(await serialAt(broker.port)).toBe(after);
    await put('4', first);
    await broker.settings.reload('a test');
    await expect.poll(() => serialAt(broker.port), { timeout: 5_000 }).toBe(before);
    await expect.poll(troubles, { timeout: 5_000 }).not.toContain('certificate.bad native');
    expect(await q.admin.listTopics()).toEqual([]);
  }, 40_000);

  it('A1, O1: each mistake at the start is said with its file', async () => {
    const { put, file } = await folder();
    await put('1', { ...first, 'other.key': ofClient.key, 'garbage.pem': 'hello', 'empty.pem': '' });
    const starting = (cert: string, key: string) =>
      start({ port: 0, tls: { cert: file(cert), key: file(key) } }).then(
        () => 'started',
        (error: unknown) => (error as Error).message,
      );
    expect(await starting('tls.crt', 'other.key')).toMatch(
      /other\.key is not the key of the certificate in .*tls\.crt/,
    );
    expect(await starting('garbage.pem', 'tls.key')).toMatch(/garbage\.pem holds no certificate in PEM/);
    expect(await starting('empty.pem', 'tls.key')).toMatch(/empty\.pem holds no certificate in PEM; it is empty/);
    expect(await starting('tls.key', 'tls.key')).toMatch(/tls\.key holds no certificate in PEM, but PRIVATE KEY/);
    expect(await starting('tls.crt', 'tls.crt')).toMatch(/tls\.crt holds no private key in PEM, but CERTIFICATE/);
    expect(await starting('absent.pem', 'tls.key')).toMatch(/absent\.pem cannot be read: there is no such file/);
    expect(await starting('tls.crt', 'tls.key')).toBe('started');
    await unlink(file('tls.key').file);
  });
});
