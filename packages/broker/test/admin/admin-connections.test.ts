import { readFileSync } from 'node:fs';
import http from 'node:http';
import https from 'node:https';
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { AdminConnections } from '../../src/admin/admin-connections.ts';
import { startBroker } from '../../src/index.ts';
import type { AdminExtension } from '../../src/index.ts';

const pem = (name: string): Buffer => readFileSync(new URL(`../certificates/${name}`, import.meta.url));

function setUp(connectionsMax: number) {
  const cut: string[] = [];
  const held = new AdminConnections(connectionsMax);
  const open = (key: string, address = 'a'): void => held.opened(key, { address, cut: () => void cut.push(key) });
  return { held, cut, open };
}

describe('the connections of the admin server', () => {
  it('SEC-13: whoever was silent for longest gives way', () => {
    const { held, cut, open } = setUp(2);
    open('first');
    open('second');
    held.began('first');
    held.ended('first');
    open('third');
    expect([cut, held.size]).toEqual([['second'], 2]);
  });

  it('SEC-13: who is being answered goes last, and who has many first', () => {
    const { held, cut, open } = setUp(3);
    open('busy', 'b');
    held.began('busy');
    open('mine', 'c');
    open('first');
    open('second');
    expect(cut).toEqual(['first']);
    held.began('mine');
    held.began('second');
    open('third');
    expect(cut).toEqual(['first', 'second']);
  });

  it('SEC-13: one that is gone is forgotten', () => {
    const { held, cut, open } = setUp(1);
    open('first');
    held.closed('first');
    open('second');
    held.began('nobody');
    held.ended('nobody');
    expect([cut, held.size]).toEqual([[], 1]);
  });

  it('SEC-9, SEC-13: passwords that are sent ahead of the answers are not checked beyond a few, and end it', async () => {
    let checked = 0;
    const opened = Promise.withResolvers<void>();
    const extension: AdminExtension = {
      open: (_, { clock }) => {
        clock.defer(opened.resolve);
        // Never answered: as a password that is held back.
        return Promise.resolve({ listener: () => void (checked += 1), close: () => Promise.resolve() });
      },
    };
    const broker = await startBroker({ storage: 'memory', port: 0, admin: { port: 0, extension } });
    onTestFinished(() => broker.close({ timeoutMs: 100 }));
    await opened.promise;
    const { port, hostname } = new URL(broker.adminUrl!);
    const socket = connect(Number(port), hostname);
    socket.on('error', () => undefined);
    socket.write('GET /x HTTP/1.1\r\nHost: localhost\r\n\r\n'.repeat(200));
    await new Promise((resolve) => socket.once('close', resolve));
    expect(checked).toBe(8);
  });

  it.each([
    ['plain', undefined],
    ['encrypted', { cert: pem('broker.pem'), key: pem('broker.key') }],
  ] as const)('SEC-13, O4: 600 connections that say little do not keep a %s probe waiting', async (_, tls) => {
    const admin = { port: 0, ...(tls !== undefined && { tls }) };
    const broker = await startBroker({ storage: 'memory', port: 0, admin, descriptorsMax: 20_000 });
    onTestFinished(() => broker.close({ timeoutMs: 100 }));
    const { hostname, port } = new URL(broker.adminUrl!);
    const sockets: Socket[] = [];
    onTestFinished(() => {
      for (const socket of sockets) socket.destroy();
    });
    for (let at = 0; at < 600; at += 1) {
      const socket = connect(Number(port), hostname);
      socket.on('error', () => undefined);
      sockets.push(socket);
      await new Promise<void>((resolve) => socket.once('connect', resolve));
      // Half of a head, the first bytes of a handshake, or nothing at all.
      if (at % 2 === 0)
        socket.write(tls === undefined ? 'GET /healthz HTTP/1.1\r\nHost: ' : Buffer.from([22, 3, 1, 2]));
    }
    const start = performance.now();
    for (let probe = 0; probe < 10; probe += 1) expect(await statusOf(`${broker.adminUrl}/healthz`)).toBe(200);
    expect(performance.now() - start).toBeLessThan(2_000);
  });
});

function statusOf(url: string): Promise<number> {
  const { request, options } = url.startsWith('https:')
    ? { request: https.request, options: { ca: pem('ca.pem'), agent: false } }
    : { request: http.request, options: { agent: false } };
  return new Promise((resolve, reject) => {
    request(url, options, (response) => {
      response.resume();
      resolve(response.statusCode!);
    })
      .on('error', reject)
      .end();
  });
}
