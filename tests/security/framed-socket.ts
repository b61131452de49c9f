import { once } from 'node:events';
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { ConnectionOptions } from 'node:tls';

const lengthBytes = 4;

/** Frames of either protocol, a length of four bytes before each, and nothing that a client would do by itself. */
export class FramedSocket implements AsyncDisposable {
  readonly socket: Socket;
  /** Everything that came, in one piece. */
  received: Buffer = Buffer.alloc(0);
  #at = 0;
  #isClosed = false;
  readonly #wakers = new Set<() => void>();

  private constructor(socket: Socket) {
    this.socket = socket;
    const wake = (): void => {
      for (const waker of this.#wakers) waker();
    };
    socket.on('data', (chunk: Buffer) => {
      this.received = Buffer.concat([this.received, chunk]);
      wake();
    });
    socket.on('error', () => undefined);
    socket.on('close', () => {
      this.#isClosed = true;
      wake();
    });
  }

  /** With `tls` encrypted. `from`: the address of the loopback that it comes from. */
  static async open(
    port: number,
    tls: ConnectionOptions | null = null,
    from: string = '127.0.0.1',
  ): Promise<FramedSocket> {
    const to = { host: '127.0.0.1', port, localAddress: from };
    const socket = tls === null ? connect({ ...to, noDelay: true }) : connectTls({ ...to, ...tls });
    const framed = new FramedSocket(socket);
    await once(socket, tls === null ? 'connect' : 'secureConnect');
    return framed;
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** The next frame with its length, or null when the broker has hung up. */
  async next(): Promise<Buffer | null> {
    for (;;) {
      const rest = this.received.subarray(this.#at);
      const bytes = rest.length < lengthBytes ? Infinity : lengthBytes + rest.readUInt32BE(0);
      if (rest.length >= bytes) {
        this.#at += bytes;
        return rest.subarray(0, bytes);
      }
      if (this.#isClosed) return null;
      await this.#news();
    }
  }

  /** Resolves when the broker has hung up. */
  async closed(): Promise<void> {
    while (!this.#isClosed) await this.#news();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.socket.destroy();
    await this.closed();
  }

  async #news(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<undefined>();
    const waker = (): void => resolve(undefined);
    this.#wakers.add(waker);
    await promise;
    this.#wakers.delete(waker);
  }
}
