/** How bytes come out of a connection that is encrypted (rows A2, Z3). */
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect as connectTcp } from 'node:net';
import { connect } from 'node:tls';
import type { TLSSocket } from 'node:tls';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { ByteStream } from '../../src/transport/network.ts';
import { nodeNetwork } from '../../src/transport/node-network.ts';

const pem = (name: string): Buffer => readFileSync(new URL(`../certificates/${name}`, import.meta.url));
const ca = pem('ca.pem');

interface Heard {
  readonly stream: ByteStream;
  readonly memories: Set<ArrayBufferLike>;
  readonly closed: Promise<void>;
  bytes: number;
  digest(): string;
  /** Settles once that many bytes have come in all. */
  reached(bytes: number): Promise<void>;
}

/** A listener that encrypts, and what its connections have heard so far. */
async function listen(): Promise<{ port: number; next: () => Promise<Heard> }> {
  const waiting = Promise.withResolvers<Heard>();
  const accepted: Promise<Heard>[] = [waiting.promise];
  let newest = waiting;
  const listener = await nodeNetwork.listen({
    host: '127.0.0.1',
    port: 0,
    tls: { cert: pem('broker.pem'), key: pem('broker.key') },
    acceptFailed: () => undefined,
    accept: (stream) => {
      const hash = createHash('sha256');
      const closed = Promise.withResolvers<void>();
      let wanted: { bytes: number; resolve: () => void } | null = null;
      const heard: Heard = {
        stream,
        memories: new Set(),
        closed: closed.promise,
        bytes: 0,
        digest: () => hash.copy().digest('hex'),
        reached: (bytes) =>
          new Promise((resolve) => {
            if (heard.bytes >= bytes) resolve();
            else wanted = { bytes, resolve };
          }),
      };
      newest.resolve(heard);
      newest = Promise.withResolvers();
      accepted.push(newest.promise);
      return {
        data: (chunk) => {
          hash.update(chunk);
          heard.memories.add(chunk.buffer);
          heard.bytes += chunk.length;
          if (wanted !== null && heard.bytes >= wanted.bytes) wanted.resolve();
        },
        closed: () => closed.resolve(),
      };
    },
  });
  onTestFinished(() => listener.close());
  return { port: listener.port, next: () => accepted.shift()! };
}

async function dial(port: number): Promise<TLSSocket & { readonly reset: () => void }> {
  const tcp = connectTcp(port, '127.0.0.1');
  await once(tcp, 'connect');
  const socket = connect({ socket: tcp, host: '127.0.0.1', ca });
  onTestFinished(() => void socket.destroy());
  socket.on('error', () => undefined);
  await once(socket, 'secureConnect');
  return Object.assign(socket, { reset: () => void tcp.resetAndDestroy() });
}

/** No two places of it look alike. */
const bytesOf = (length: number): Buffer => {
  const bytes = Buffer.alloc(length);
  for (let at = 0; at + 4 <= length; at += 4) bytes.writeUInt32BE(at, at);
  return bytes;
};
const digestOf = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');

describe('A2 an encrypted connection', () => {
  it.skipIf(process.platform === 'win32')(
    'Z3 is read into the memory of all the others, whatever version of Node this is',
    async () => {
      const { port, next } = await listen();
      const sent = bytesOf(300_000);
      const memories = new Set<ArrayBufferLike>();
      for (let connection = 0; connection < 2; connection += 1) {
        const socket = await dial(port);
        const heard = await next();
        socket.write(sent);
        await heard.reached(sent.length);
        expect(heard.digest()).toBe(digestOf(sent));
        for (const each of heard.memories) memories.add(each);
      }
      expect(memories.size).toBe(1);
    },
  );

  it('loses nothing of what comes while reading pauses, and hears the end', async () => {
    const { port, next } = await listen();
    const socket = await dial(port);
    const heard = await next();
    const sent = bytesOf(4 << 20);
    heard.stream.pauseReading();
    socket.end(sent);
    // Something goes the other way, and is back after what could be read has been.
    heard.stream.write([Buffer.from('still there')], () => undefined);
    await once(socket, 'data');
    expect(heard.bytes).toBeLessThan(sent.length);
    heard.stream.resumeReading();
    await heard.reached(sent.length);
    expect(heard.digest()).toBe(digestOf(sent));
    await heard.closed;
  });

  it('ends when the peer is gone without a word', async () => {
    const { port, next } = await listen();
    const socket = await dial(port);
    const heard = await next();
    socket.reset();
    await heard.closed;
    expect(heard.bytes).toBe(0);
  });
});
