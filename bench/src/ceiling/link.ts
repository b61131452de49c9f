import { once } from 'node:events';
import { connect } from 'node:net';
import type { Socket } from 'node:net';
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

  static async open(port: number): Promise<CeilingLink> {
    const socket = connect({ host: '127.0.0.1', port, noDelay: true });
    await once(socket, 'connect');
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
