import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { TcpProxy } from '../src/tcp-proxy.ts';

// A server that answers every chunk with itself, in capitals.
let server: Server;
let received: string;
let proxy: TcpProxy;

beforeEach(async () => {
  received = '';
  server = createServer((socket) => {
    socket.on('data', (chunk) => {
      received += chunk.toString();
      socket.write(chunk.toString().toUpperCase());
    });
    socket.on('error', () => socket.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  proxy = await TcpProxy.start({ host: '127.0.0.1', port: (server.address() as AddressInfo).port });
});

afterEach(async () => {
  await proxy.close();
  server.close();
});

async function dial(): Promise<Socket> {
  const socket = connect({ host: '127.0.0.1', port: proxy.port });
  await once(socket, 'connect');
  return socket;
}

async function ask(socket: Socket, text: string): Promise<string> {
  socket.write(text);
  const [chunk] = (await once(socket, 'data')) as [Buffer];
  return chunk.toString();
}

describe('TcpProxy', () => {
  it('forwards both ways', async () => {
    const socket = await dial();
    expect(await ask(socket, 'hello')).toBe('HELLO');
    expect(proxy.connections).toBe(1);
    socket.destroy();
  });

  it('cuts open connections, and takes new ones', async () => {
    const socket = await dial();
    await ask(socket, 'one');
    const closed = once(socket, 'close').catch((error: unknown) => error);
    proxy.cut();
    await closed;
    const again = await dial();
    expect(await ask(again, 'two')).toBe('TWO');
    expect(proxy.accepted).toBe(2);
    again.destroy();
  });

  it('refuses until told to accept', async () => {
    proxy.refuse();
    const socket = connect({ host: '127.0.0.1', port: proxy.port });
    await expect(once(socket, 'data')).rejects.toMatchObject({ code: 'ECONNRESET' });
    proxy.accept();
    const again = await dial();
    expect(await ask(again, 'two')).toBe('TWO');
    again.destroy();
  });

  it('holds bytes back until released, and loses none', async () => {
    const socket = await dial();
    await ask(socket, 'one');
    proxy.hold();
    socket.write('two');
    await once(await dial().then((other) => other.end()), 'finish');
    expect(received).toBe('one');
    const answer = once(socket, 'data') as Promise<[Buffer]>;
    proxy.release();
    expect((await answer)[0].toString()).toBe('TWO');
    socket.destroy();
  });

  it('swallows answers while requests arrive', async () => {
    const socket = await dial();
    await ask(socket, 'one');
    let answers = 0;
    socket.on('data', () => (answers += 1));
    proxy.swallowAnswers();
    socket.write('two');
    await expect.poll(() => received).toContain('two');
    socket.destroy();
    proxy.passAnswers();
    const other = await dial();
    expect(await ask(other, 'three')).toBe('THREE');
    expect(answers).toBe(0);
    other.destroy();
  });

  it('passes the end of one side on to the other', async () => {
    const accepted = once(server, 'connection') as Promise<[Socket]>;
    const socket = await dial();
    const [far] = await accepted;
    const ended = once(far, 'close');
    socket.end();
    await ended;
    await expect.poll(() => proxy.connections).toBe(0);
  });
});
