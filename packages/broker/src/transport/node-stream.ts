import type { Socket } from 'node:net';
import type { ByteStream } from './network.ts';
import type { PeerCertificate } from '../tls/tls-options.ts';

/** A socket of Node's as the broker sees it. */
export class SocketStream implements ByteStream {
  readonly remoteAddress: string;
  readonly localAddress: string;
  readonly isEncrypted: boolean;
  readonly certificate: PeerCertificate | null;
  ended = false;
  readonly #socket: Socket;

  /** `tls`: it is encrypted, and which certificate the peer has shown. */
  constructor(socket: Socket, tls: { readonly certificate: PeerCertificate | null } | null = null) {
    this.#socket = socket;
    this.isEncrypted = tls !== null;
    this.certificate = tls?.certificate ?? null;
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
