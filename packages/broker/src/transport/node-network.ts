import { createServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';
import type { ByteStream, ListenOptions, Listener, Network, StreamEvents } from './network.ts';
import { readThrough } from './node-read-memory.ts';

/** TCP. */
export const nodeNetwork: Network = {
  listen: (options) =>
    new Promise<Listener>((resolve, reject) => {
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
    }),
};

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

class SocketStream implements ByteStream {
  readonly remoteAddress: string;
  readonly localAddress: string;
  ended = false;
  readonly #socket: Socket;

  constructor(socket: Socket) {
    this.#socket = socket;
    this.remoteAddress = socket.remoteAddress ?? 'unknown';
    this.localAddress = socket.localAddress ?? 'unknown';
  }

  write(buffers: readonly Buffer[], written: () => void): void {
    const socket = this.#socket;
    if (socket.destroyed || this.ended) return;
    const last = buffers.length - 1;
    // Corked writes leave in one writev.
    socket.cork();
    for (let i = 0; i < last; i += 1) socket.write(buffers[i]!);
    socket.write(buffers[last]!, (error) => {
      if (error === null || error === undefined) written();
    });
    socket.uncork();
  }

  pauseReading(): void {
    this.#socket.pause();
  }

  resumeReading(): void {
    this.#socket.resume();
  }

  end(): void {
    this.ended = true;
    this.#socket.end();
    // Closing with unread input would reset the connection, and the peer might lose the answer that explains it.
    this.#socket.resume();
  }

  destroy(): void {
    this.#socket.destroy();
  }
}
