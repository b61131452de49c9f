import { once } from 'node:events';
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { FrameCutter } from '../ceiling/frame.ts';

/** A socket that frames go out of and come in by, whatever is in them. */
export class FrameLink {
  readonly #socket: Socket;
  #onFrame: (frame: Buffer) => void = () => undefined;
  #onEnd: (error: Error) => void = () => undefined;
  #end: Error | null = null;

  private constructor(socket: Socket) {
    this.#socket = socket;
    const cutter = new FrameCutter((frame) => this.#onFrame(frame));
    socket.on('data', (chunk: Buffer) => cutter.push(chunk));
    socket.on('close', () => {
      this.#end = new Error('the broker hung up');
      this.#onEnd(this.#end);
    });
    socket.on('error', () => socket.destroy());
  }

  static async open(port: number): Promise<FrameLink> {
    const socket = connect({ host: '127.0.0.1', port, noDelay: true });
    await once(socket, 'connect');
    return new FrameLink(socket);
  }

  /** `bytes`: whole frames, with their lengths. */
  send(bytes: Buffer): void {
    this.#socket.write(bytes);
  }

  /** The next frame that comes, without its length. Only one may wait, and nobody may listen. */
  next(): Promise<Buffer> {
    return new Promise((resolve, reject) => this.listen(resolve, reject));
  }

  /** From now on, whatever comes goes there. A frame is a view of what the socket has read. */
  listen(onFrame: (frame: Buffer) => void, onEnd: (error: Error) => void): void {
    this.#onFrame = onFrame;
    this.#onEnd = onEnd;
    if (this.#end !== null) onEnd(this.#end);
  }
}
