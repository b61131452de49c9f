import { createServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';
import type { ByteStream, ListenOptions, Listener, Network, StreamEvents } from './network.ts';
import { readThrough } from './node-read-memory.ts';
import { SocketStream } from './node-stream.ts';
import { listenTls } from './node-tls.ts';

/** TCP, and TLS over it. */
export const nodeNetwork: Network = {
  listen: (options) => (options.tls === undefined ? listenTcp(options) : listenTls(options, options.tls)),
};

function listenTcp(options: ListenOptions): Promise<Listener> {
  return new Promise((resolve, reject) => {
    // Not a byte is read before it is known where to.
    const server = createServer({ noDelay: true, keepAlive: true, pauseOnConnect: true }, (accepted) =>
      connect(accepted, options.accept),
    );
    server.once('error', reject);
    server.listen({ host: options.host, port: options.port, backlog: 1024 }, () => {
      server.removeListener('error', reject);
      server.on('error', options.acceptFailed);
      resolve(listener(server, options));
    });
  });
}

function listener(server: Server, options: ListenOptions): Listener {
  const { port } = server.address() as AddressInfo;
  return {
    host: options.host,
    port,
    // Not awaited until the last connection has gone, which is what Node's callback waits for.
    close: () => {
      server.close();
      return Promise.resolve();
    },
  };
}

function connect(accepted: Socket, accept: (stream: ByteStream) => StreamEvents): void {
  const socket = readThrough(accepted, (chunk) => {
    if (!stream.ended) events.data(chunk);
  });
  const stream = new SocketStream(socket);
  // Nothing is heard before this turn of the event loop is over.
  socket.resume();
  const events = accept(stream);
  socket.on('close', () => events.closed());
  // 'close' follows every 'error' and is what the broker acts on.
  socket.on('error', () => undefined);
}
