/** Connections that nobody on the way can read (rows A2, B1). */
import { generateKeyPairSync } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { connect as connectTcp } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { connect } from '@q/client';
import type { ConnectOptions } from '@q/client';
import { describe, expect, it, onTestFinished } from 'vitest';
import { nodeNetwork, startBroker } from '../src/index.ts';
import type { Broker, BrokerOptions, ByteStream, TlsMaterial, TlsOptions } from '../src/index.ts';
import { SaidLines } from './fakes/said-lines.ts';

const pem = (name: string): Buffer => readFileSync(new URL(`certificates/${name}`, import.meta.url));
const ca = pem('ca.pem');
const ofBroker = { cert: pem('broker.pem'), key: pem('broker.key') };
const ofClient = { cert: pem('client.pem'), key: pem('client.key') };

async function encrypted(tls: TlsOptions = ofBroker, options: BrokerOptions = {}): Promise<Broker> {
  const broker = await startBroker({ storage: 'memory', port: 0, admin: false, tls, ...options });
  onTestFinished(() => broker.close());
  return broker;
}

async function open(broker: Broker, options: ConnectOptions = {}) {
  const q = await connect(`qs://127.0.0.1:${broker.port}`, { connectTimeoutMs: 2_000, ...options });
  onTestFinished(() => q.close().then(() => undefined));
  return q;
}

async function expectMistake(connecting: Promise<unknown>, sentence: RegExp): Promise<void> {
  const error: unknown = await connecting.catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({
    code: 'INVALID_CONFIG',
    retriable: false,
    message: expect.stringMatching(sentence) as string,
    details: { option: expect.any(String) as string },
  });
}

describe('A2 TLS', () => {
  it('A2 carries records both ways, large ones too', async () => {
    const q = await open(await encrypted(), { tls: { ca } });
    await q.admin.createTopic('orders', { partitions: 1 });
    await using producer = q.producer();
    const value = Buffer.alloc(900_000, 'x');
    for (let sent = 0; sent < 5; sent += 1) await producer.send('orders', { value });
    let taken = 0;
    for await (const message of q.consumer('orders', { from: 'earliest' })) {
      expect(message.value?.equals(value)).toBe(true);
      if ((taken += 1) === 5) break;
    }
  });

  it('A2, SEC-10: is 1.3 where the peer can, and never below 1.2', async () => {
    const { port } = await encrypted();
    const spoken = (maxVersion: 'TLSv1.3' | 'TLSv1.2' | 'TLSv1.1') =>
      new Promise<string | null>((resolve, reject) => {
        const minVersion = maxVersion === 'TLSv1.1' ? 'TLSv1.1' : 'TLSv1.2';
        const socket = connectTls({ host: '127.0.0.1', port, ca, minVersion, maxVersion });
        socket.once('secureConnect', () => {
          resolve(socket.getProtocol());
          socket.destroy();
        });
        socket.once('error', reject);
      });
    expect(await spoken('TLSv1.3')).toBe('TLSv1.3');
    expect(await spoken('TLSv1.2')).toBe('TLSv1.2');
    await expect(spoken('TLSv1.1')).rejects.toThrow();
  });

  it.each<[string, ConnectOptions, RegExp]>([
    [
      'an authority that the certificate is not from',
      { tls: { ca: pem('other-ca.pem') } },
      /from nobody that is trusted here.*tls\.ca/,
    ],
    ['no authority of its own', {}, /from nobody that is trusted here.*tls\.ca/],
    [
      'another name in mind',
      { tls: { ca, serverName: 'elsewhere.example' } },
      /is for .*127\.0\.0\.1.*tls\.serverName/,
    ],
  ])('A2, Q3 a client with %s does not connect, and says why at once', async (_what, options, reason) => {
    const broker = await encrypted();
    await expectMistake(open(broker, { ...options, connectTimeoutMs: 60_000 }), reason);
  });

  it('A2, Q3 a client without the certificate that it is asked for hears so at once', async () => {
    const { port } = await encrypted({ ...ofBroker, ca, clientCertificates: 'needed' });
    const url = `qs://127.0.0.1:${port}`;
    await expectMistake(connect(url, { tls: { ca }, connectTimeoutMs: 60_000 }), /asks for a certificate.*tls\.cert/);
  });

  it('A2, Q3 a client that encrypts at a plain port hears so at once', async () => {
    await using broker = await startBroker({ storage: 'memory', port: 0, admin: false });
    const connecting = connect(`qs://127.0.0.1:${broker.port}`, { tls: { ca }, connectTimeoutMs: 60_000 });
    await expectMistake(connecting, /does not encrypt; use an address with q:\/\//);
  });

  it('A2 a client that has connected waits until the broker encrypts again', async () => {
    const first = await encrypted();
    const { port } = first;
    const q = await open(first, { tls: { ca } });
    await first.close();
    const said = new SaidLines();
    const wrong = await startBroker({ storage: 'memory', port, admin: false, logger: said.logger });
    const asked = q.admin.listTopics();
    await expect.poll(() => said.of('connection.dropped').length, { timeout: 5_000 }).toBeGreaterThan(4);
    await wrong.close();
    await encrypted(ofBroker, { port });
    expect(await asked).toEqual([]);
  });

  it.each(['GET / HTTP/1.1\r\n\r\n', '\0\0\0\x22\0\x12\0\x03\0\0\0\x01\0\x0bfoo'])(
    'A2, O1 a client that does not encrypt leaves a line: %j',
    async (words) => {
      const said = new SaidLines();
      const broker = await encrypted(ofBroker, { logger: said.logger });
      const socket = connectTcp({ host: '127.0.0.1', port: broker.port });
      socket.on('error', () => undefined);
      socket.write(words);
      await new Promise((resolve) => socket.once('close', resolve));
      expect(said.of('connection.not_encrypted')).toEqual([
        expect.objectContaining({ level: 'info', door: 'native', listener: 'native', address: '127.0.0.1' }),
      ]);
    },
  );

  it('A2, O1 a client that encrypts at a plain port leaves a line that says so', async () => {
    const said = new SaidLines();
    await using broker = await startBroker({ storage: 'memory', port: 0, admin: false, logger: said.logger });
    const socket = connectTls({ host: '127.0.0.1', port: broker.port, ca });
    socket.on('error', () => undefined);
    await new Promise((resolve) => socket.once('close', resolve));
    await expect.poll(() => said.of('connection.dropped')).toMatchObject([{ reason: 'TLS_TO_PLAIN_PORT' }]);
  });

  it('A2 a client that speaks plainly is hung up on, and others are served', async () => {
    const broker = await encrypted();
    const socket = connectTcp({ host: '127.0.0.1', port: broker.port });
    socket.on('error', () => undefined);
    socket.write('GET / HTTP/1.1\r\n\r\n');
    await new Promise((resolve) => socket.once('close', resolve));
    const q = await open(broker, { tls: { ca } });
    expect(await q.admin.listTopics()).toEqual([]);
  });

  it('A2 a client of an address with q:// hears that the port may want TLS', async () => {
    const { port } = await encrypted();
    const connecting = connect(`q://127.0.0.1:${port}`, { connectTimeoutMs: 500 });
    await expect(connecting).rejects.toThrow(/without a word, as one that encrypts does \(qs:\/\/, or tls\)/);
  });

  it('A2 lets PLAIN be used', async () => {
    const broker = await encrypted(ofBroker, { security: { mechanisms: ['PLAIN'] } });
    const login = { mechanism: 'PLAIN', username: 'mallory', password: 'x' } as const;
    await expect(open(broker, { tls: { ca }, login })).rejects.toMatchObject({ code: 'AUTHENTICATION_FAILED' });
  });

  it.each<[string, Partial<TlsOptions>]>([
    ['a certificate that is none', { cert: 'hello' }],
    ['a key that is none', { key: 'hello' }],
    ['the key of another certificate', { key: ofClient.key }],
    [
      'an encrypted key',
      {
        key: generateKeyPairSync('ec', {
          namedCurve: 'prime256v1',
          publicKeyEncoding: { type: 'spki', format: 'pem' },
          privateKeyEncoding: { type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'canary' },
        }).privateKey,
      },
    ],
  ])('A2 a broker with %s does not start, and says so', async (what, wrong) => {
    const starting = encrypted({ ...ofBroker, ...wrong });
    await expect(starting).rejects.toMatchObject({ code: 'INVALID_CONFIG' });
    await expect(starting).rejects.toThrow(/certificate or key cannot be used/);
    if (what === 'an encrypted key') await expect(starting).rejects.toThrow(/encrypted with a passphrase; write it/);
  });

  it.each<[string, ConnectOptions]>([
    ['a certificate without its key', { tls: { cert: ofClient.cert } }],
    ['a key that is no text', { tls: { ca: 7 as never } }],
    ['an option that there is not', { tls: { rejectUnauthorized: false } as never }],
    ['false for an encrypted address', { tls: false }],
  ])('A2 a client with %s is refused before anything is sent', async (_what, options) => {
    await expect(connect('qs://127.0.0.1:1', options)).rejects.toMatchObject({ code: 'INVALID_CONFIG' });
  });

  it('A2 addresses are encrypted all or none', async () => {
    await expect(connect(['qs://127.0.0.1:1', 'q://127.0.0.1:2'])).rejects.toMatchObject({ code: 'INVALID_CONFIG' });
  });
});

describe('A2 certificates of clients', () => {
  async function listening(tls: TlsMaterial) {
    const accepted: ByteStream[] = [];
    const failed: Error[] = [];
    const listener = await nodeNetwork.listen({
      host: '127.0.0.1',
      port: 0,
      tls,
      accept: (stream) => {
        accepted.push(stream);
        return { data() {}, closed() {} };
      },
      acceptFailed: () => undefined,
      handshakeFailed: (error) => void failed.push(error),
    });
    onTestFinished(() => listener.close());
    const dial = (options: object = {}) => {
      const socket = connectTls({ host: '127.0.0.1', port: listener.port, ca, ...options });
      socket.on('error', () => undefined);
      onTestFinished(() => void socket.destroy());
      return socket;
    };
    return { accepted, failed, listener, dial };
  }

  it('A2 that are wanted tell whose they are', async () => {
    const { accepted, dial } = await listening({ ...ofBroker, ca, clientCertificates: 'wanted' });
    dial(ofClient);
    await expect.poll(() => accepted.length).toBe(1);
    expect(accepted[0]).toMatchObject({
      isEncrypted: true,
      certificate: { subject: 'O=Acme Ltd\nOU=Ops\\, Team 1\nCN=svc-orders' },
    });
    dial();
    await expect.poll(() => accepted.length).toBe(2);
    expect(accepted[1]!.certificate).toBeNull();
  });

  it('A2 that are needed keep out who has none', async () => {
    const { accepted, failed, dial } = await listening({ ...ofBroker, ca, clientCertificates: 'needed' });
    dial();
    await expect.poll(() => failed.length).toBe(1);
    dial(ofClient);
    await expect.poll(() => accepted.length).toBe(1);
  });

  it('A1, A2, SEC-10: nobody comes back by a ticket past a trust that was taken away', async () => {
    const tls = { ...ofBroker, ca, clientCertificates: 'needed' } as const;
    const { accepted, failed, listener, dial } = await listening(tls);
    const first = dial(ofClient);
    const session = await new Promise<Buffer>((resolve) => first.once('session', resolve));
    await expect.poll(() => accepted.length).toBe(1);
    const again = dial({ ...ofClient, session });
    await new Promise((resolve) => again.once('secureConnect', resolve));
    expect(again.isSessionReused()).toBe(true);
    await expect.poll(() => accepted.length).toBe(2);
    expect(accepted[1]!.certificate).toMatchObject({ subject: expect.stringContaining('svc-orders') as string });
    listener.renew!({ ...tls, ca: pem('other-ca.pem') });
    dial({ ...ofClient, session });
    await expect.poll(() => failed.length).toBe(1);
    expect(accepted).toHaveLength(2);
  });

  it('A2 of the broker are renewed for those who come, and those who are there stay', async () => {
    const { accepted, listener, dial } = await listening(ofBroker);
    const serialOf = async (socket: ReturnType<typeof dial>) => {
      await new Promise((resolve) => socket.once('secureConnect', resolve));
      return socket.getPeerCertificate().serialNumber;
    };
    const first = dial();
    const before = await serialOf(first);
    expect(() => listener.renew!({ ...ofBroker, cert: 'garbage' })).toThrow();
    expect(await serialOf(dial())).toBe(before);
    listener.renew!({ cert: pem('broker-2.pem'), key: pem('broker-2.key') });
    expect(await serialOf(dial())).not.toBe(before);
    expect(first.destroyed).toBe(false);
    await expect.poll(() => accepted.length).toBe(3);
  });
});
