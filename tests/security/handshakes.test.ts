/** Handshakes of TLS that do not end, or that begin anew, and certificates out of their time (rows A2, W3). */
import { createServer, connect as connectTcp } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { describe, expect, it, onTestFinished } from 'vitest';
import { residentBytes } from '../resident-memory.ts';
import { alice, Honest, honestMsMax } from './honest.ts';
import { loginDoors } from './login-doors.ts';
import { logIn } from './scram-login.ts';
import { SecuredBroker } from './secured-broker.ts';

const grownBytesMax = 128 << 20;

async function pause(ms: number): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, ms));
}

describe('handshakes that do not end', () => {
  /** The first bytes of a handshake, as a real client sends them. */
  async function clientHello(): Promise<Buffer> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const caught = new Promise<Buffer>((resolve) => {
      server.once('connection', (socket) => {
        socket.on('error', () => undefined);
        socket.once('data', (chunk: Buffer) => {
          resolve(chunk);
          socket.destroy();
          server.close();
        });
      });
    });
    connectTls({ host: '127.0.0.1', port: (server.address() as AddressInfo).port }).on('error', () => undefined);
    return caught;
  }

  const open = (port: number): { socket: Socket; gone: Promise<void> } => {
    const socket = connectTcp({ host: '127.0.0.1', port, noDelay: true });
    socket.on('error', () => undefined);
    // Who does not read does not hear the end.
    socket.resume();
    onTestFinished(() => void socket.destroy());
    return { socket, gone: new Promise((resolve) => socket.on('close', () => resolve())) };
  };

  it.each(loginDoors)(
    'A2, SEC-13: at the $name door are ended within seconds: silent ones, halves, and a byte at a time',
    { timeout: 20_000 },
    async (door) => {
      const secured = await SecuredBroker.start({ mechanisms: ['SCRAM-SHA-256'], isEncrypted: true });
      const honest = await Honest.begin(`qs://127.0.0.1:${secured.broker.port}`, true);
      const hello = await clientHello();
      const port = secured.portOf(door);
      const from = performance.now();
      const silent = Array.from({ length: 20 }, () => open(port));
      const half = Array.from({ length: 20 }, () => open(port));
      for (const { socket } of half) socket.write(hello.subarray(0, hello.length / 2));
      const slow = Array.from({ length: 20 }, () => open(port));
      let at = 0;
      const dripping = setInterval(() => {
        for (const { socket } of slow) socket.write(hello.subarray(at, at + 1));
        at += 1;
      }, 250);
      onTestFinished(() => clearInterval(dripping));
      await Promise.all([...silent, ...half, ...slow].map(({ gone }) => gone));
      // Not before: somebody far away may need a while.
      expect(performance.now() - from).toBeGreaterThan(1_000);
      expect(performance.now() - from).toBeLessThan(8_000);
      await honest.end();
      expect(honest.sent).toBeGreaterThan(30);
      expect(honest.slowestMs).toBeLessThan(honestMsMax);
    },
  );

  it(
    'A2, SEC-13: 1,000 at once, a byte at a time, cost little memory, and nobody else their service',
    {
      timeout: 20_000,
    },
    async () => {
      const secured = await SecuredBroker.start({ mechanisms: ['SCRAM-SHA-256'], isEncrypted: true });
      const honest = await Honest.begin(`qs://127.0.0.1:${secured.broker.port}`, true);
      const hello = await clientHello();
      const before = residentBytes(process.pid);
      const all: Promise<void>[] = [];
      const sockets: Socket[] = [];
      for (let at = 0; at < 1_000; at += 1) {
        const { socket, gone } = open(secured.portOf(loginDoors[at % 2]!));
        // Half of them have said all of their first message, and leave it there.
        if (at % 4 < 2) socket.write(hello);
        else sockets.push(socket);
        all.push(gone);
        if (at % 50 === 49) await pause(1);
      }
      let sent = 0;
      const dripping = setInterval(() => {
        for (const socket of sockets) socket.write(hello.subarray(sent, sent + 1));
        sent += 1;
      }, 250);
      onTestFinished(() => clearInterval(dripping));
      expect(residentBytes(process.pid) - before).toBeLessThan(grownBytesMax);
      await Promise.all(all);
      await honest.end();
      expect(honest.slowestMs).toBeLessThan(honestMsMax);
      expect((await logIn(await secured.greeted(loginDoors[0]!), alice)).kind).toBe('done');
    },
  );
});
