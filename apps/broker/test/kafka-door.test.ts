import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { kafkaDoors } from '../src/kafka-doors.ts';
import { BrokerProgram } from './broker-program.ts';

const ports = ['--port', '0', '--admin-port', '0', '--storage', 'memory'];

/** Takes a port of this machine, 0 for any; null when somebody has it already. */
async function occupy(port: number): Promise<number | null> {
  const server = createServer().listen(port, '127.0.0.1');
  const isOurs = await Promise.race([
    once(server, 'listening').then(() => true),
    once(server, 'error').then(() => false),
  ]).catch(() => false);
  if (!isOurs) return null;
  onTestFinished(() => void server.close());
  return (server.address() as AddressInfo).port;
}

async function dial(address: string): Promise<Socket> {
  const { hostname, port } = new URL(`tcp://${address}`);
  const socket = connect({ host: hostname, port: Number(port) });
  onTestFinished(() => void socket.destroy());
  await once(socket, 'connect');
  return socket;
}

/** ApiVersions in version 0 with the correlation id 7 and no client id; the answer behind its length. */
async function askForVersions(socket: Socket): Promise<Buffer> {
  socket.write(Buffer.from('0000000a0012000000000007ffff', 'hex'));
  let received = Buffer.alloc(0);
  while (received.length < 4 || received.length < 4 + received.readUInt32BE()) {
    const [chunk] = (await once(socket, 'data')) as [Buffer];
    received = Buffer.concat([received, chunk]);
  }
  return received.subarray(4);
}

describe('the door for Kafka clients', () => {
  const settings = {
    kafkaHost: '127.0.0.1',
    kafkaPort: 9092,
    kafkaAdvertised: null,
    listeners: null,
    tlsCertFile: null,
    tlsKeyFile: null,
    tlsCaFile: null,
    tlsClientCertificates: 'none',
    authentication: null,
    certificateMapping: null,
  } as const;

  it('B1 may stay shut when nobody asked for its port, and may not when somebody did', async () => {
    const [byDefault] = await kafkaDoors(settings, { isPortGiven: false });
    expect(byDefault).toMatchObject({ name: 'kafka', host: '127.0.0.1', port: 9092, isOptional: true });
    const [asked] = await kafkaDoors(settings, { isPortGiven: true });
    expect(asked!.isOptional).toBe(false);
    expect(await kafkaDoors({ ...settings, kafkaPort: null }, { isPortGiven: true })).toEqual([]);
  });

  it('B1 serves Kafka clients where the log says so', async () => {
    await using broker = new BrokerProgram({ args: [...ports, '--kafka-port', '0', '--log-format', 'text'] });
    const [, address] = await broker.says(/kafka +(127\.0\.0\.1:\d+) {2}\(bootstrap\.servers/);
    const answer = await askForVersions(await dial(address!));
    expect(answer.readInt32BE(0)).toBe(7);
    expect(answer.readInt16BE(4)).toBe(0);
  });

  it('B1 stays shut with one warning when another program has the default port', async () => {
    // Whoever has the port of this machine: it is taken.
    await occupy(9092);
    await using broker = new BrokerProgram({ args: ports });
    expect(await broker.ready()).toMatchObject({ kafkaAddress: null, isKafkaPortTaken: true });
    const warnings = broker.stdout.split('\n').filter((line) => line.includes('"level":"warn"'));
    expect(warnings).toHaveLength(1);
    expect(JSON.parse(warnings[0]!)).toMatchObject({
      door: 'kafka',
      host: '127.0.0.1',
      port: 9092,
      msg: expect.stringContaining('another port with --kafka-port') as string,
    });
    expect(broker.stderr).toBe('');
  });

  it('B1 names the setting when the port that was asked for is taken', async () => {
    const port = await occupy(0);
    for (const given of [{ args: ['--kafka-port', `${port}`] }, { env: { Q_KAFKA_PORT: `${port}` } }]) {
      await using broker = new BrokerProgram({ ...given, args: [...ports, ...(given.args ?? [])] });
      expect(await broker.exited).toBe(1);
      expect(broker.stderr).toBe(
        `q-broker: port ${port} on 127.0.0.1 is in use, perhaps by another broker; choose another with --kafka-port\n`,
      );
    }
  });

  it('B1 is not there with --no-kafka', async () => {
    await using broker = new BrokerProgram({ args: [...ports, '--no-kafka'] });
    expect(await broker.ready()).toMatchObject({ kafkaAddress: null, isKafkaPortTaken: false });
  });

  it('B1 closes with the broker, which does not wait for a client that says nothing', async () => {
    await using broker = new BrokerProgram({ args: [...ports, '--kafka-port', '0'] });
    const { kafkaAddress } = await broker.ready();
    const socket = await dial(kafkaAddress!);
    await askForVersions(socket);
    const closed = once(socket.resume(), 'close');
    broker.signal('SIGTERM');
    expect(await broker.exited).toBe(0);
    await closed;
  });
});
