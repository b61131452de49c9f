import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { tongueOf } from './tongue.ts';
import type { Ports, Tongue } from './tongue.ts';

/** A broker takes so many connections from one address; the loopback network has plenty of addresses. */
const connectionsPerAddress = 1_000;

/**
 * A connection of somebody who means no good. What comes in is counted and thrown away, unless `stopReading` was
 * called. Number n chooses the address that it comes from, and the protocol that it speaks.
 */
export class HostileSocket {
  readonly socket: Socket;
  readonly tongue: Tongue;
  /** Settles when the connection is gone, by whichever side and however. */
  readonly gone: Promise<void>;
  receivedBytes = 0;
  #isGone = false;
  readonly #opened: Promise<boolean>;
  #firstBytes: () => void = () => undefined;

  constructor(ports: Ports, number: number) {
    const { tongue, port } = tongueOf(number, ports);
    this.tongue = tongue;
    const localAddress = `127.0.1.${1 + Math.floor(number / connectionsPerAddress)}`;
    this.socket = connect({ host: '127.0.0.1', port, localAddress, noDelay: true });
    const gone = Promise.withResolvers<void>();
    const opened = Promise.withResolvers<boolean>();
    this.gone = gone.promise;
    this.#opened = opened.promise;
    this.socket.on('connect', () => opened.resolve(true));
    // Being reset is what is asked for here; the close that follows is what counts.
    this.socket.on('error', () => opened.resolve(false));
    this.socket.on('close', () => {
      this.#isGone = true;
      this.#firstBytes();
      gone.resolve();
    });
    this.socket.on('data', (chunk) => {
      this.receivedBytes += chunk.length;
      this.#firstBytes();
    });
  }

  get isGone(): boolean {
    return this.#isGone;
  }

  /** False when the connection was refused. */
  async opened(): Promise<boolean> {
    return this.#opened;
  }

  /** Says what its protocol begins with, and waits for the answer (or the end). */
  async hello(): Promise<void> {
    if (!(await this.#opened)) return;
    const answered = new Promise<void>((resolve) => (this.#firstBytes = resolve));
    this.socket.write(this.tongue.greeting);
    await answered;
  }

  write(bytes: Buffer): void {
    if (!this.#isGone) this.socket.write(bytes);
  }

  stopReading(): void {
    this.socket.pause();
  }

  async close(): Promise<void> {
    this.socket.destroy();
    await this.gone;
  }
}

/** Opens many, a few at a time, so that the listener's own queue is not what gives way. */
export async function openMany(
  count: number,
  open: (number: number) => Promise<HostileSocket>,
): Promise<HostileSocket[]> {
  const sockets: HostileSocket[] = [];
  const inParallel = 64;
  let next = 0;
  const lane = async (): Promise<void> => {
    while (next < count) sockets.push(await open(next++));
  };
  await Promise.all(Array.from({ length: Math.min(inParallel, count) }, lane));
  return sockets;
}

export async function closeAll(sockets: readonly HostileSocket[]): Promise<void> {
  await Promise.all(sockets.map((each) => each.close()));
}
