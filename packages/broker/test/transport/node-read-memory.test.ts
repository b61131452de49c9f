import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { readThrough } from '../../src/transport/node-read-memory.ts';

const servers: { close(): unknown }[] = [];
const sockets: Socket[] = [];

afterEach(() => {
  for (const socket of sockets.splice(0)) socket.destroy();
  for (const server of servers.splice(0)) server.close();
});

/** A connection whose accepted end is read with `readThrough`. */
async function pair(platform: NodeJS.Platform = process.platform) {
  const chunks: { readonly text: string; readonly memory: ArrayBufferLike }[] = [];
  const accepted = Promise.withResolvers<Socket>();
  const take = (chunk: Buffer): void => {
    chunks.push({ text: chunk.toString(), memory: chunk.buffer });
    heard.resolve();
    heard = Promise.withResolvers<void>();
  };
  const server = createServer({ pauseOnConnect: true }, (socket) =>
    accepted.resolve(onPlatform(platform, () => readThrough(socket, take))),
  );
  servers.push(server.listen(0, '127.0.0.1'));
  await once(server, 'listening');
  const dialled = connect((server.address() as AddressInfo).port, '127.0.0.1');
  const socket = await accepted.promise;
  sockets.push(dialled, socket);
  let heard = Promise.withResolvers<void>();
  const say = async (text: string): Promise<void> => {
    const next = heard.promise;
    dialled.write(text);
    await next;
  };
  return { server, dialled, socket, chunks, say };
}

function onPlatform<T>(platform: NodeJS.Platform, work: () => T): T {
  const original = Object.getOwnPropertyDescriptor(process, 'platform')!;
  Object.defineProperty(process, 'platform', { ...original, value: platform });
  try {
    return work();
  } finally {
    Object.defineProperty(process, 'platform', original);
  }
}

describe('readThrough', () => {
  it.skipIf(process.platform === 'win32')(
    'Z3 reads what all sockets receive into the same memory, whatever version of Node this is',
    async () => {
      const [one, other] = [await pair(), await pair()];
      for (const { socket } of [one, other]) socket.resume();
      await one.say('a');
      await other.say('b');
      await one.say('c');
      expect([...one.chunks, ...other.chunks].map(({ text }) => text)).toEqual(['a', 'c', 'b']);
      expect(new Set([...one.chunks, ...other.chunks].map(({ memory }) => memory)).size).toBe(1);
    },
  );

  it.each(['linux', 'win32'] as const)(
    'is silent until it is resumed, and while it is paused (%s)',
    async (platform) => {
      const { socket, dialled, chunks, say } = await pair(platform);
      expect(socket.remoteAddress).toBe('127.0.0.1');
      dialled.write('early');
      // The answer has been on its way and back, so what was said before is there.
      socket.write('echo');
      await once(dialled, 'data');
      expect(chunks).toEqual([]);
      socket.resume();
      await say(' and late');
      socket.pause();
      dialled.write(' and paused');
      socket.write('echo');
      await once(dialled, 'data');
      const before = chunks.map(({ text }) => text).join('');
      expect('early and late').toContain(before);
      socket.resume();
      await say(' and over');
      const ended = once(socket, 'close');
      dialled.end();
      await ended;
      expect(chunks.map(({ text }) => text).join('')).toBe('early and late and paused and over');
    },
  );

  it.each(['linux', 'win32'] as const)('lets the server end when its connections have (%s)', async (platform) => {
    const { server, socket, dialled } = await pair(platform);
    socket.resume();
    const closed = once(server, 'close');
    server.close();
    dialled.end();
    expect(await closed).toEqual([]);
  });
});
