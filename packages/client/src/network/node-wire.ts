import type { Socket } from 'node:net';

import type { Wire } from './network.ts';

/** A socket of Node's as the client sees it. */
export class NodeWire implements Wire {
  readonly isEncrypted: boolean;
  readonly #socket: Socket;

  constructor(socket: Socket, { isEncrypted }: { readonly isEncrypted: boolean }) {
    this.#socket = socket;
    this.isEncrypted = isEncrypted;
  }

  write(buffers: readonly Buffer[]): boolean {
    const socket = this.#socket;
    if (buffers.length === 1) return socket.write(buffers[0] as Buffer);
    socket.cork();
    let mayGoOn = true;
    for (const buffer of buffers) mayGoOn = socket.write(buffer);
    socket.uncork();
    return mayGoOn;
  }

  destroy(): void {
    this.#socket.destroy();
  }
}
