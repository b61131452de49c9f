import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { once } from 'node:events';
import { FrameDecoder } from '@q/protocol';
import { startBroker } from '@q/broker';
import type { Broker, BrokerOptions } from '@q/broker';
import { onTestFinished } from 'vitest';
import { kafkaDoor } from '../src/index.ts';
import type { KafkaDoorOptions } from '../src/index.ts';
import type { Api } from '../src/messages/api.ts';
import { readAnswer, requestFrame } from './frames.ts';

export { readAnswer, requestFrame };

/** A broker in memory with a Kafka door, gone with the test. */
export async function kafkaBroker({
  kafka = {},
  ...options
}: BrokerOptions & { kafka?: KafkaDoorOptions } = {}): Promise<{
  broker: Broker;
  kafkaPort: number;
}> {
  const broker = await startBroker({
    storage: 'memory',
    port: 0,
    admin: false,
    ...options,
    doors: [kafkaDoor({ port: 0, ...kafka })],
  });
  onTestFinished(() => broker.close());
  return { broker, kafkaPort: broker.doors[0]!.port };
}

/** A client that knows frames, and nothing of what a Kafka client does by itself. Answers are taken in order. */
export class RawClient {
  readonly socket: Socket;
  readonly #decoder = new FrameDecoder({ frameBytesMax: 256 << 20 });
  readonly #frames: Buffer[] = [];
  #wake: () => void = () => undefined;
  #isClosed = false;
  #correlationId = 0;

  private constructor(socket: Socket) {
    this.socket = socket;
    socket.on('data', (chunk: Buffer) => {
      this.#decoder.push(chunk);
      for (let frame = this.#decoder.next(); frame !== null; frame = this.#decoder.next()) this.#frames.push(frame);
      this.#wake();
    });
    socket.on('error', () => undefined);
    socket.on('close', () => {
      this.#isClosed = true;
      this.#wake();
    });
  }

  static async connect(port: number): Promise<RawClient> {
    const socket = connect({ host: '127.0.0.1', port, noDelay: true });
    await once(socket, 'connect');
    onTestFinished(() => void socket.destroy());
    return new RawClient(socket);
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
