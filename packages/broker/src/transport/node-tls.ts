import { createServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';
import type * as NodeTls from 'node:tls';
import type { Admission, ByteStream, ListenOptions, Listener, StreamEvents } from './network.ts';
import { readEncryptedThrough } from './node-read-memory.ts';
import { SocketStream } from './node-stream.ts';
import { tlsContexts } from './node-tls-context.ts';
import type { PeerCertificate, TlsMaterial } from '../tls/tls-options.ts';

/** TLS 1.3, or 1.2 at least. What is renewed holds for connections that begin afterwards. */
export function listenTls(options: ListenOptions, tls: TlsMaterial): Promise<Listener> {
  // Loaded by the first listener that encrypts: it takes memory and time that the others do not need.
  const { createServer: createTlsServer } = process.getBuiltinModule('node:tls');
  const contexts = tlsContexts(tls);
  const server = createTlsServer({ ...contexts.options, noDelay: true, keepAlive: true }, (socket) =>
    connect(socket, options.accept),
  );
  return listenInFront(server, options).then((front) => ({
    host: options.host,
    port: (front.address() as AddressInfo).port,
    renew: (renewed) => contexts.renew(server, renewed),
    close: () => {
      front.close();
      return Promise.resolve();
    },
  }));
}

/** The part of `ListenOptions` that hands connections over to a server that shakes hands. */
export type FrontOptions = Pick<
  ListenOptions,
  'host' | 'port' | 'acceptFailed' | 'admit' | 'handshakeFailed' | 'handshakeTimeoutMs'
>;

const standardHandshakeMs = 2_000;

const unasked: Admission = { afterMs: 0, left: () => undefined };

/**
 * Takes connections and gives them to `server`, which shakes hands on them: so it is asked who may, and counted, before
 * anything costly is done. Each has its time in all, however its bytes trickle: Node's own limit begins anew with each
 * byte.
 */
export function listenInFront(server: NodeTls.Server, options: FrontOptions): Promise<Server> {
  const { handshakeTimeoutMs = () => standardHandshakeMs } = options;
  const ends = new Map<string, () => void>();
  const front = createServer({ noDelay: true, keepAlive: true }, (socket) => {
    const admission = options.admit === undefined ? unasked : options.admit(socket.remoteAddress ?? 'unknown');
    if (admission === null) return void socket.destroy();
    const way = wayOf(socket);
    let timer: NodeJS.Timeout | undefined;
    const end = (): void => {
      if (ends.get(way) !== end) return;
      ends.delete(way);
      clearTimeout(timer);
      admission.left();
    };
    ends.set(way, end);
    socket.on('close', end);
    socket.on('error', () => undefined);
    const begin = (): void => {
      const limitMs = handshakeTimeoutMs();
      timer = setTimeout(() => {
        options.handshakeFailed?.(new Error(`no handshake within ${limitMs} ms`));
        socket.destroy();
      }, limitMs);
      server.emit('connection', socket);
    };
    // Nothing is read until then.
    if (admission.afterMs > 0) timer = setTimeout(begin, admission.afterMs);
    else begin();
  });
  // Strangers who do not shake hands are their own trouble.
  server.on('tlsClientError', (error, socket) => {
    options.handshakeFailed?.(error, socket.remoteAddress);
    socket.destroy();
  });
  // Before whoever serves it: from then on it counts as a connection.
  server.prependListener('secureConnection', (socket) => ends.get(wayOf(socket))?.());
  return new Promise((resolve, reject) => {
    front.once('error', reject);
    front.listen({ host: options.host, port: options.port, backlog: 1024 }, () => {
      front.removeListener('error', reject);
      front.on('error', options.acceptFailed);
      resolve(front);
    });
  });
}

/** No two connections of a listener have the same at one time. */
function wayOf({ remoteAddress, remotePort, localAddress }: Socket): string {
  return `${remoteAddress} ${remotePort} ${localAddress}`;
}

function connect(socket: NodeTls.TLSSocket, accept: (stream: ByteStream) => StreamEvents): void {
  const stream = new SocketStream(socket, { certificate: shownBy(socket) });
  const events = accept(stream);
  readEncryptedThrough(socket, (chunk) => {
    if (!stream.ended) events.data(chunk);
  });
  socket.on('close', () => events.closed());
  // 'close' follows every 'error' and is what the broker acts on.
  socket.on('error', () => undefined);
}

/** A certificate that was only wanted, and is none of ours, is worth no more than none. */
export function shownBy(socket: NodeTls.TLSSocket): PeerCertificate | null {
  const shown = socket.authorized ? socket.getPeerX509Certificate() : undefined;
  return shown === undefined ? null : { subject: shown.subject, alternativeNames: shown.subjectAltName ?? '' };
}
