/*
 * Connections that have said hello and are silent from then on. Bare sockets: a client of the product keeps buffers of
 * its own, of which ten thousand would be what is measured.
 */
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { decodeResponseBody, encodeRequest, FrameDecoder, Hello, helloMagic, protocolLimits } from '@q/protocol';
import { report, workerOptions } from '../measure/worker-channel.ts';

export interface IdleConnectionsOptions {
  readonly url: string;
  readonly connections: number;
  /** The authority's certificate, for TLS; absent: plain. */
  readonly caFile?: string;
}

/** Sockets that are being opened at a time: a listener's queue has an end. */
const openingMax = 100;
const version = 0;

const { url, connections, caFile } = workerOptions<IdleConnectionsOptions>();
const { hostname: host, port } = new URL(url);
const tls = caFile === undefined ? null : { ca: readFileSync(caFile) };

async function open(): Promise<Socket> {
  const to = { host, port: Number(port) };
  const socket = tls === null ? connect({ ...to, noDelay: true }) : connectTls({ ...to, ...tls });
  await once(socket, tls === null ? 'connect' : 'secureConnect');
  const body = { magic: helloMagic, clientId: 'idle', software: 'q-bench', softwareVersion: '0' };
  for (const buffer of encodeRequest(Hello, { version, correlationId: 1, body })) socket.write(buffer);
  const decoder = new FrameDecoder({ frameBytesMax: protocolLimits.helloFrameBytesMax });
  for (let frame = decoder.next(); ; frame = decoder.next()) {
    if (frame !== null) {
      // Throws the error of a broker that has no room.
      decodeResponseBody(Hello, version, frame);
      return socket;
    }
    const [chunk] = (await once(socket, 'data')) as [Buffer];
    decoder.push(chunk);
  }
}

const sockets: Socket[] = [];
while (sockets.length < connections) {
  sockets.push(
    ...(await Promise.all(Array.from({ length: Math.min(openingMax, connections - sockets.length) }, open))),
  );
}
for (const socket of sockets) socket.on('close', () => void report('closed'));
await report('open', { connections: sockets.length });
