import { connect } from 'node:net';
import { describe, expect, it } from 'vitest';
import { nodeNetwork } from '../../src/index.ts';
import type { ByteStream } from '../../src/index.ts';

/** Listens and gives the first connection's two ends. */
async function pair() {
  const seen: Buffer[] = [];
  const accepted = Promise.withResolvers<ByteStream>();
  const closed = Promise.withResolvers<void>();
  const data = Promise.withResolvers<void>();
  const listener = await nodeNetwork.listen({
    host: '127.0.0.1',
    port: 0,
    accept: (stream) => {
      accepted.resolve(stream);
      return {
        data: (chunk) => {
          seen.push(Buffer.from(chunk));
          data.resolve();
        },
        closed: () => closed.resolve(),
      };
    },
    acceptFailed: (error) => accepted.reject(error),
  });
  const socket = connect({ host: '127.0.0.1', port: listener.port });
  return { listener, socket, seen, stream: await accepted.promise, closed: closed.promise, data: data.promise };
}

describe('nodeNetwork', () => {
  it('carries bytes both ways, and says goodbye after the last of them', async () => {
    const { listener, socket, seen, stream, closed, data } = await pair();
    expect(stream.remoteAddress).toBe('127.0.0.1');
    socket.write('ping');
    await data;
    expect(Buffer.concat(seen).toString()).toBe('ping');

    const received: Buffer[] = [];
    socket.on('data', (chunk: Buffer) => void received.push(chunk));
    const ended = new Promise<void>((resolve) => socket.on('end', resolve));
    await new Promise<void>((resolve) => stream.write([Buffer.from('po'), Buffer.from('ng')], resolve));
    stream.end();
    // Nothing can be written any more, and nobody hears what still comes in.
    stream.write([Buffer.from('late')], () => expect.unreachable());
    socket.write('ignored');
    await ended;
    await closed;
    expect(Buffer.concat(received).toString()).toBe('pong');
    expect(seen).toHaveLength(1);
    await listener.close();
  });

  it('closes for the other side too, and leaves connections alone when the listener closes', async () => {
    const { listener, socket, stream, closed } = await pair();
    await listener.close();
    const written = new Promise<void>((resolve) => stream.write([Buffer.from('x')], resolve));
    await written;
    const gone = new Promise<void>((resolve) => socket.on('close', () => resolve()));
    socket.resume();
    socket.on('error', () => undefined);
    stream.destroy();
    await Promise.all([gone, closed]);
    expect(socket.destroyed).toBe(true);
  });

  it('rejects when the address cannot be had', async () => {
    const { listener, socket, closed } = await pair();
    const events = { accept: () => ({ data() {}, closed() {} }), acceptFailed() {} };
    await expect(nodeNetwork.listen({ host: '127.0.0.1', port: listener.port, ...events })).rejects.toMatchObject({
      code: 'EADDRINUSE',
    });
    socket.destroy();
    await closed;
    await listener.close();
  });
});
