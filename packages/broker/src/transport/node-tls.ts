import type { AddressInfo } from 'node:net';
import type * as NodeTls from 'node:tls';
import type { ByteStream, ListenOptions, Listener, StreamEvents } from './network.ts';
import { SocketStream } from './node-stream.ts';
import type { TlsOptions } from './tls-options.ts';

/** A peer that has not shaken hands by then is hung up on. */
const handshakeTimeoutMs = 3_000;

/** TLS 1.3, or 1.2 at least. What is renewed holds for connections that begin afterwards. */
export function listenTls(options: ListenOptions, tls: TlsOptions): Promise<Listener> {
  // Loaded by the first listener that encrypts: it takes memory and time that the others do not need.
  const { createServer } = process.getBuiltinModule('node:tls');
  return new Promise((resolve, reject) => {
    const server = createServer(
      { ...contextOf(tls), handshakeTimeout: handshakeTimeoutMs, noDelay: true, keepAlive: true },
      (socket) => connect(socket, options.accept),
    );
    server.once('error', reject);
    // Strangers who do not shake hands are their own trouble.
    server.on('tlsClientError', (error) => options.handshakeFailed?.(error));
    server.listen({ host: options.host, port: options.port, backlog: 1024 }, () => {
      server.removeListener('error', reject);
      server.on('error', options.acceptFailed);
      resolve({
        host: options.host,
        port: (server.address() as AddressInfo).port,
        renew: (renewed) => server.setSecureContext(contextOf(renewed)),
        close: () => {
          server.close();
          return Promise.resolve();
        },
      });
    });
  });
}

/** What Node's TLS servers take. */
export function contextOf({ cert, key, ca, clientCertificates = 'none' }: TlsOptions): NodeTls.TlsOptions {
  return {
    cert,
    key,
    ...(ca !== undefined && { ca }),
    minVersion: 'TLSv1.2',
    requestCert: clientCertificates !== 'none',
    rejectUnauthorized: clientCertificates === 'needed',
  };
}

function connect(socket: NodeTls.TLSSocket, accept: (stream: ByteStream) => StreamEvents): void {
  // A certificate that was only wanted, and is none of ours, is worth no more than none.
  const hasShown = socket.authorized && socket.getPeerX509Certificate() !== undefined;
  const stream = new SocketStream(socket, { subject: hasShown ? socket.getPeerX509Certificate()!.subject : null });
  const events = accept(stream);
  socket.on('data', (chunk: Buffer) => {
    if (!stream.ended) events.data(chunk);
  });
  socket.on('close', () => events.closed());
  // 'close' follows every 'error' and is what the broker acts on.
  socket.on('error', () => undefined);
}
