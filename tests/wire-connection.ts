import { once } from 'node:events';
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import {
  CreateTopic,
  decodeResponseBody,
  decodeResponseHeader,
  encodeRequest,
  FrameDecoder,
  Hello,
  helloMagic,
  Metadata,
  Produce,
  protocolLimits,
} from '@q/protocol';
import type { Api, ProduceResponsePartition } from '@q/protocol';

/** A place to write to, as PRODUCE names it. */
export interface WirePartition {
  readonly topicId: string;
  readonly partition: number;
}

type Waiting = (frame: Buffer | Error) => void;

/**
 * The native protocol with nothing on top of it: what is sent is what the test says, no more and no less. For what
 * `@q/client` would never do, such as sending the same batch twice on purpose.
 */
export class WireConnection implements AsyncDisposable {
  readonly #socket: Socket;
  readonly #waiting = new Map<number, Waiting>();
  #correlationId = 0;

  private constructor(socket: Socket) {
    this.#socket = socket;
    const decoder = new FrameDecoder({ frameBytesMax: protocolLimits.frameBytesMax });
    socket.on('data', (chunk: Buffer) => {
      decoder.push(chunk);
      for (let frame = decoder.next(); frame !== null; frame = decoder.next()) this.#answer(frame);
    });
    socket.on('error', () => socket.destroy());
    socket.on('close', () => this.#end());
  }

  /** Connects to `q://host:port` and says hello. */
  static async open(url: string): Promise<WireConnection> {
    const { hostname, port } = new URL(url);
    const socket = connect({ host: hostname, port: Number(port), noDelay: true });
    await once(socket, 'connect');
    const connection = new WireConnection(socket);
    await connection.call(Hello, { magic: helloMagic, clientId: 'wire', software: 'q-tests', softwareVersion: '0' });
    return connection;
  }

  /** Sends one request and waits for its answer. Throws the QError of an error answer. */
  async call<Q, A>(api: Api<Q, A>, body: Q, version = 0): Promise<A> {
    const correlationId = ++this.#correlationId;
    const { promise, resolve } = Promise.withResolvers<Buffer | Error>();
    this.#waiting.set(correlationId, resolve);
    for (const buffer of encodeRequest(api, { version, correlationId, body })) this.#socket.write(buffer);
    const frame = await promise;
    if (frame instanceof Error) throw frame;
    return decodeResponseBody(api, version, frame);
  }

  async createTopic(name: string, config: Readonly<Record<string, string>> = {}): Promise<WirePartition> {
    const configs = Object.entries(config).map(([key, value]) => ({ key, value }));
    const { topicId } = await this.call(CreateTopic, {
      name,
      partitions: 1,
      replicas: 1,
      configs,
      validateOnly: false,
    });
    return { topicId, partition: 0 };
  }

  async topicId(name: string): Promise<string> {
    const { topics } = await this.call(Metadata, { topics: [name] });
    return topics[0]!.topicId;
  }

  /** Sends one batch. The bytes are copied: a broker in the same process must not change the caller's. */
  async produce(to: WirePartition, batch: Buffer): Promise<ProduceResponsePartition> {
    const partitions = [{ partition: to.partition, leaderEpoch: -1, records: Buffer.from(batch) }];
    const { topics } = await this.call(Produce, {
      timeoutMs: 30_000,
      topics: [{ topicId: to.topicId, partitions }],
      traceContexts: [],
    });
    return topics[0]!.partitions[0]!;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#socket.closed) return;
    const closed = once(this.#socket, 'close');
    this.#socket.destroy();
    await closed;
  }

  #answer(frame: Buffer): void {
    const { correlationId } = decodeResponseHeader(frame);
    this.#waiting.get(correlationId)?.(frame);
    this.#waiting.delete(correlationId);
  }

  #end(): void {
    for (const waiting of this.#waiting.values())
      waiting(new Error('the connection was closed before the answer came'));
    this.#waiting.clear();
  }
}
