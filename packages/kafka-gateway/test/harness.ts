import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { ConnectionOptions } from 'node:tls';
import { once } from 'node:events';
import { startBroker } from '@q/broker';
import type { Broker, BrokerOptions, TlsOptions } from '@q/broker';
import { onTestFinished } from 'vitest';
import { kafkaDoor } from '../src/index.ts';
import type { KafkaDoorOptions } from '../src/index.ts';
import type { Api } from '../src/messages/api.ts';
import { readAnswer, requestFrame } from './frames.ts';

export { readAnswer, requestFrame };

/** A broker in memory with a Kafka door, gone with the test. */
export async function kafkaBroker({
  kafka = {},
  doorTls,
  ...options
}: BrokerOptions & { kafka?: KafkaDoorOptions; doorTls?: TlsOptions } = {}): Promise<{
  broker: Broker;
  kafkaPort: number;
}> {
  const broker = await startBroker({
    storage: 'memory',
    port: 0,
    admin: false,
    ...options,
    doors: [{ ...kafkaDoor({ port: 0, ...kafka }), ...(doorTls !== undefined && { tls: doorTls }) }],
  });
  onTestFinished(() => broker.close());
  return { broker, kafkaPort: broker.doors[0]!.port };
}

/** A client that knows frames, and nothing of what a Kafka client does by itself. Answers are taken in order. */
export class RawClient {
  readonly socket: Socket;
  #chunks: Buffer[] = [];
  #bytes = 0;
  /** So many of them have to be there before it is worth a look. */
  #wanted = 4;
  readonly #frames: Buffer[] = [];
  #wake: () => void = () => undefined;
  #isClosed = false;
  #correlationId = 0;

  private constructor(socket: Socket) {
    this.socket = socket;
    socket.on('data', (chunk: Buffer) => {
      this.#cut(chunk);
      this.#wake();
    });
    socket.on('error', () => undefined);
    socket.on('close', () => {
      this.#isClosed = true;
      this.#wake();
    });
  }

  /** With `ca` through TLS. */
  static async connect(
    port: number,
    { ca, ...others }: Pick<ConnectionOptions, 'ca' | 'cert' | 'key' | 'maxVersion'> = {},
  ): Promise<RawClient> {
    const to = { host: '127.0.0.1', port, noDelay: true };
    const socket = ca === undefined ? connect(to) : connectTls({ ...to, ca, ...others });
    await once(socket, ca === undefined ? 'connect' : 'secureConnect');
    onTestFinished(() => void socket.destroy());
    return new RawClient(socket);
  }

  /** Frames may be empty: so is the answer to a bare message of PLAIN. */
  #cut(chunk: Buffer): void {
    this.#chunks.push(chunk);
    this.#bytes += chunk.length;
    if (this.#bytes < this.#wanted) return;
    let rest = Buffer.concat(this.#chunks);
    for (;;) {
      this.#wanted = 4 + (rest.length < 4 ? 0 : rest.readUInt32BE(0));
      if (rest.length < this.#wanted) break;
      this.#frames.push(rest.subarray(4, this.#wanted));
      rest = rest.subarray(this.#wanted);
    }
    this.#chunks = [rest];
    this.#bytes = rest.length;
  }

  /** The next answer's frame, or null when the broker has hung up. */
  async nextFrame(): Promise<Buffer | null> {
    while (this.#frames.length === 0 && !this.#isClosed) await new Promise<void>((resolve) => (this.#wake = resolve));
    return this.#frames.shift() ?? null;
  }

  /** Sends bytes behind their length. */
  sendFrame(frame: Buffer): void {
    const length = Buffer.alloc(4);
    length.writeUInt32BE(frame.length);
    this.socket.write(Buffer.concat([length, frame]));
  }

  /** Sends a request and does not wait for its answer. Returns its correlation id. */
  send<Q, QIn, A, AIn>(api: Api<Q, QIn, A, AIn>, version: number, body: QIn): number {
    this.#correlationId += 1;
    this.sendFrame(requestFrame(api, { version, correlationId: this.#correlationId, body }));
    return this.#correlationId;
  }

  /** Sends a request, and reads the next answer as its own. */
  async ask<Q, QIn, A, AIn>(api: Api<Q, QIn, A, AIn>, version: number, body: QIn): Promise<A> {
    const correlationId = this.send(api, version, body);
    const frame = await this.nextFrame();
    if (frame === null) throw new Error(`the broker hung up on ${api.name} v${version}`);
    const answer = readAnswer(api, version, frame);
    if (answer.correlationId !== correlationId) throw new Error('answers come in another order');
    return answer.body;
  }
}
