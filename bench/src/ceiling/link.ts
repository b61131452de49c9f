import { once } from 'node:events';
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { FrameCutter, requestHead } from './frame.ts';

/** A connection of a bare client to the bare server; the caller hears of each acknowledgement through its `onAck`. */
export class CeilingLink {
  readonly #socket: Socket;
  readonly #onAck = new Map<number, () => void>();
  #correlation = 0;

  private constructor(socket: Socket) {
    this.#socket = socket;
    const cutter = new FrameCutter((body) => {
      const correlation = body.readUInt32BE(0);
      const onAck = this.#onAck.get(correlation);
      this.#onAck.delete(correlation);
      onAck?.();
    });
    socket.on('data', (chunk: Buffer) => cutter.push(chunk));
  }

  /** With the authority's certificate `ca` through TLS. */
  static async open(port: number, ca: Buffer | null = null): Promise<CeilingLink> {
    const to = { host: '127.0.0.1', port };
    const socket = ca === null ? connect({ ...to, noDelay: true }) : connectTls({ ...to, ca });
    await once(socket, ca === null ? 'connect' : 'secureConnect');
    socket.setNoDelay(true);
    return new CeilingLink(socket);
  }

  get inFlight(): number {
    return this.#onAck.size;
  }

  send(partition: number, batch: Buffer, onAck: () => void): void {
    const correlation = this.#correlation++ >>> 0;
    this.#onAck.set(correlation, onAck);
    this.#socket.cork();
    this.#socket.write(requestHead({ correlation, partition, batchBytes: batch.length }));
    this.#socket.write(batch);
    this.#socket.uncork();
  }
}
