import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';

/** Where a proxy forwards to. */
export interface TcpTarget {
  readonly host: string;
  readonly port: number;
}

interface Pair {
  readonly client: Socket;
  readonly server: Socket;
}

/**
 * A TCP proxy on 127.0.0.1 for tests of connection faults: it forwards bytes both ways until it is told to cut, hold,
 * swallow or refuse. Faults strike existing and new connections alike, and last until they are taken back.
 *
 * Invariants: a pair is in `#pairs` from the moment the client is accepted until both of its sockets are destroyed;
 * one socket's end or error destroys the other, so neither side outlives its partner.
 */
export class TcpProxy implements AsyncDisposable {
  readonly #server: Server;
  readonly #pairs = new Set<Pair>();
  #target: TcpTarget;
  #refusing = false;
  #holding = false;
  #swallowing = false;
  #accepted = 0;

  private constructor(server: Server, target: TcpTarget) {
    this.#server = server;
    this.#target = target;
    server.on('connection', (client) => this.#accept(client));
  }

  /** Listens on a free port of 127.0.0.1 and forwards to `target`. */
  static async start(target: TcpTarget): Promise<TcpProxy> {
    const server = createServer({ noDelay: true, allowHalfOpen: false });
    const proxy = new TcpProxy(server, target);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return proxy;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** `host:port` that clients dial. */
  get address(): string {
    return `127.0.0.1:${this.port}`;
  }

  /** Connections that are open now. */
  get connections(): number {
    return this.#pairs.size;
  }

  /** Connections accepted since the start, refused ones not counted. */
  get accepted(): number {
    return this.#accepted;
  }

  /** New connections go to another server from now on, e.g. a broker that was started again on another port. */
  retarget(target: TcpTarget): void {
    this.#target = target;
  }

  /** Resets every open connection at once, as a crashed host or a firewall does. */
  cut(): void {
    for (const { client, server } of this.#pairs) {
      client.resetAndDestroy();
      server.resetAndDestroy();
    }
  }

  /** Resets new connections until `accept()`. Those that are open stay. */
  refuse(): void {
    this.#refusing = true;
  }

  accept(): void {
    this.#refusing = false;
  }

  /** Stops reading from both sides until `release()`: the network hangs, connections stay open. */
  hold(): void {
    this.#holding = true;
    for (const { client, server } of this.#pairs) {
      client.pause();
      server.pause();
    }
  }

  release(): void {
    this.#holding = false;
    for (const { client, server } of this.#pairs) {
      client.resume();
      server.resume();
    }
  }

  /** Requests still reach the server, its answers are thrown away until `passAnswers()`: acknowledgements get lost. */
  swallowAnswers(): void {
    this.#swallowing = true;
  }

  passAnswers(): void {
    this.#swallowing = false;
  }

  async close(): Promise<void> {
    this.cut();
    if (!this.#server.listening) return;
    const closed = once(this.#server, 'close');
    this.#server.close();
    await closed;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #accept(client: Socket): void {
    if (this.#refusing) {
      client.on('error', () => client.destroy());
      client.resetAndDestroy();
      return;
    }
    this.#accepted += 1;
    const server = connect({ ...this.#target, noDelay: true });
    const pair: Pair = { client, server };
    this.#pairs.add(pair);
    this.#forward(client, server, () => true);
    this.#forward(server, client, () => !this.#swallowing);
    if (this.#holding) {
      client.pause();
      server.pause();
    }
    const forget = (): void => {
      client.destroy();
      server.destroy();
      this.#pairs.delete(pair);
    };
    for (const socket of [client, server]) {
      // Faults are what this proxy is for: an error on one side is passed on as the end of the other.
      socket.on('error', forget);
      socket.on('close', forget);
    }
  }

  #forward(from: Socket, to: Socket, passes: () => boolean): void {
    from.on('data', (chunk: Buffer) => {
      if (!passes()) return;
      if (!to.write(chunk)) from.pause();
    });
    to.on('drain', () => {
      if (!this.#holding) from.resume();
    });
    from.on('end', () => to.end());
  }
}
