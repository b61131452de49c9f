/** Certificates that hold no more, or not yet, of clients and of brokers (rows A1, A2, SEC-8). */
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { connect as connectTls, createServer } from 'node:tls';
import { startBroker } from '@q/broker';
import type { Broker, BrokerOptions, ListenerOptions } from '@q/broker';
import { connect } from '@q/client';
import type { ConnectOptions } from '@q/client';
import { kafkaDoor } from '@q/kafka-gateway';
import { describe, expect, it, onTestFinished } from 'vitest';
import { apiVersions } from '../../packages/kafka-gateway/src/messages/api-versions.ts';
import { kafkaRequestBytes } from '../kafka-connection.ts';
import { ca, pem, valid } from './secured-broker.ts';

const shown = (name: 'valid' | 'expired' | 'not-yet') => ({ cert: pem(`${name}.pem`), key: pem(`${name}.key`) });
const rules = ['RULE:^.*CN=([a-z-]+).*$/$1/'];
const wrong = ['expired', 'not-yet'] as const;

async function start(options: BrokerOptions): Promise<Broker> {
  const broker = await startBroker({ storage: 'memory', admin: false, ...options });
  onTestFinished(() => broker.close());
  return broker;
}

/** Certificates of clients are needed at one port and wanted at the other, where passwords do as well. */
async function brokerWithCertificates(): Promise<Broker> {
  const certificates = (name: string, clientCertificates: 'needed' | 'wanted'): ListenerOptions => ({
    name,
    protocol: 'native',
    port: 0,
    tls: { ...valid, ca, clientCertificates },
    authentication: { certificates: rules, ...(clientCertificates === 'wanted' && { mechanisms: ['SCRAM-SHA-256'] }) },
  });
  const broker = await start({
    security: {},
    listeners: [certificates('needed', 'needed'), certificates('wanted', 'wanted')],
    doors: [
      {
        ...kafkaDoor({ port: 0 }),
        tls: { ...valid, ca, clientCertificates: 'needed' },
        authentication: { certificates: rules },
      },
    ],
  });
  await broker.users!.setPassword('alice', 'alice-pw');
  return broker;
}

async function open(broker: Broker, name: string, options: ConnectOptions) {
  const { port } = broker.listeners.find((each) => each.name === name)!;
  const q = await connect(`qs://127.0.0.1:${port}`, { connectTimeoutMs: 2_000, ...options });
  onTestFinished(() => q.close().then(() => undefined));
  return q;
}

/** Whether a Kafka client with that certificate is answered its first request. */
function isAnswered(port: number, certificate: { cert: Buffer; key: Buffer }): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connectTls({ host: '127.0.0.1', port, ca, ...certificate });
    onTestFinished(() => void socket.destroy());
    socket.on('error', () => resolve(false));
    socket.on('close', () => resolve(false));
    socket.once('data', () => resolve(true));
    socket.write(kafkaRequestBytes(apiVersions, { version: 0, body: {} }));
  });
}

describe('a certificate of a client', () => {
  it('A1, SEC-8: that holds lets in, natively and at the Kafka door', async () => {
    const broker = await brokerWithCertificates();
    for (const name of ['needed', 'wanted']) {
      const q = await open(broker, name, { tls: { ca, ...shown('valid') } });
      expect(await q.admin.listTopics()).toEqual([]);
    }
    expect(await isAnswered(broker.doors.find(({ name }) => name === 'kafka')!.port, shown('valid'))).toBe(true);
  });

  it.each(wrong)('A1, SEC-8: that is %s lets nobody in, and others are served', async (which) => {
    const broker = await brokerWithCertificates();
    const honest = await open(broker, 'needed', { tls: { ca, ...shown('valid') } });
    await expect(open(broker, 'needed', { tls: { ca, ...shown(which) } })).rejects.toMatchObject({
      code: expect.stringMatching(/CONNECT|BROKER/) as string,
    });
    expect(await isAnswered(broker.doors.find(({ name }) => name === 'kafka')!.port, shown(which))).toBe(false);
    // Where it was only wanted it is worth no more than none: a password may be shown still.
    const tls = { ca, ...shown(which) };
    await expect(open(broker, 'wanted', { tls })).rejects.toMatchObject({ code: 'AUTHENTICATION_REQUIRED' });
    const login = { username: 'alice', password: 'alice-pw' };
    expect(await (await open(broker, 'wanted', { tls, login })).admin.listTopics()).toEqual([]);
    expect(await honest.admin.listTopics()).toEqual([]);
  });
});

describe('a certificate of a broker', () => {
  it.each([
    ['expired', /has expired, at 2020-01-01/, /expired/],
    ['not-yet', /not valid yet, but from 2100-01-01/, /not yet valid/],
  ] as const)('A2, SEC-6: that is %s starts no broker, and is taken by no client', async (which, ours, theirs) => {
    const starting = start({ port: 0, tls: shown(which) });
    await expect(starting).rejects.toMatchObject({ code: 'INVALID_CONFIG' });
    await expect(starting).rejects.toThrow(ours);
    // Of a stranger in the place of a broker.
    const server = createServer(shown(which)).listen(0, '127.0.0.1');
    await once(server, 'listening');
    onTestFinished(() => void server.close());
    const { port } = server.address() as AddressInfo;
    const refusal = connect(`qs://127.0.0.1:${port}`, { connectTimeoutMs: 2_000, tls: { ca } });
    await expect(refusal).rejects.toThrow(theirs);
  });
});
