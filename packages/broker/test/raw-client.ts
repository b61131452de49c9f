import { connect } from 'node:net';
import type { Socket } from 'node:net';
import {
  CreateTopic,
  DeleteTopic,
  Fetch,
  FrameDecoder,
  Hello,
  Metadata,
  Produce,
  QError,
  decodeErrorBody,
  decodeResponseBody,
  decodeResponseHeader,
  encodeRequest,
  helloMagic,
} from '@q/protocol';
import type { Api, FetchResponsePartition, HelloResponse, MetadataTopic, ProduceResponsePartition } from '@q/protocol';

interface Waiting {
  readonly resolve: (frame: Buffer) => void;
  readonly reject: (error: Error) => void;
}

/** A client that does nothing by itself: it frames, counts correlation ids, and can send nonsense. */
export class RawClient {
  readonly socket: Socket;
  /** Answers that nobody asked for by correlation id, such as an error with id 0. */
  readonly stray: Buffer[] = [];
  readonly closed: Promise<void>;
  readonly #decoder = new FrameDecoder({ frameBytesMax: 64 << 20 });
  readonly #waiting = new Map<number, Waiting>();
  readonly #strayWaiters: (() => void)[] = [];
  #lastCorrelationId = 0;

  private constructor(socket: Socket) {
    this.socket = socket;
    this.closed = new Promise((resolve) => socket.on('close', () => resolve()));
    socket.on('data', (chunk: Buffer) => this.#take(chunk));
    socket.on('error', () => undefined);
    socket.on('close', () => {
      for (const { reject } of this.#waiting.values()) reject(new QError('CONNECTION_LOST', 'the broker hung up'));
      for (const wake of this.#strayWaiters) wake();
    });
  }

  /** Connected, but silent. */
  static async dial(address: { host: string; port: number }): Promise<RawClient> {
    const socket = connect({ host: address.host, port: address.port, noDelay: true });
    await new Promise<void>((resolve, reject) => {
      socket.once('connect', resolve);
      socket.once('error', reject);
    });
    return new RawClient(socket);
  }

  /** Connected, and has said hello. */
  static async connect(address: { host: string; port: number }): Promise<RawClient> {
    const client = await RawClient.dial(address);
    await client.hello();
    return client;
  }

  hello(clientId = 'raw'): Promise<HelloResponse> {
    return this.request(Hello, { magic: helloMagic, clientId, software: 'test', softwareVersion: '0' });
  }

  /** Sends one request; rejects with the error of the answer. */
  request<Q, A>(api: Api<Q, A>, body: Q, version = api.versions.max): Promise<A> {
    const { buffers, frame } = this.prepare(api, body, version);
    this.write(...buffers);
    return frame.then((answer) => {
      // Looked at first: the answer to a version that this client does not speak is an error that it does.
      if (decodeResponseHeader(answer).errorCode !== 0) throw decodeErrorBody(answer);
      return decodeResponseBody(api, version, answer);
    });
  }

  /** A request that is not sent yet, and its answer. */
  prepare<Q, A>(api: Api<Q, A>, body: Q, version = api.versions.max): { buffers: Buffer[]; frame: Promise<Buffer> } {
    this.#lastCorrelationId += 1;
    const correlationId = this.#lastCorrelationId;
    // Also versions that this client itself could not encode.
    const known = Math.min(version, api.versions.max);
    const buffers = encodeRequest(api, { version: known, correlationId, body });
    buffers[0]!.writeUInt16BE(version, 6);
    return { buffers, frame: this.answer(correlationId) };
  }

  answer(correlationId: number): Promise<Buffer> {
    return new Promise((resolve, reject) => this.#waiting.set(correlationId, { resolve, reject }));
  }

  write(...buffers: Buffer[]): void {
    this.socket.write(Buffer.concat(buffers));
  }

  /** The next error that answers no request. */
  async strayError(): Promise<QError> {
    while (this.stray.length === 0) {
      if (this.socket.destroyed) throw new QError('CONNECTION_LOST', 'the broker hung up without a word');
      await new Promise<void>((resolve) => this.#strayWaiters.push(resolve));
    }
    return decodeErrorBody(this.stray.shift()!);
  }

  async close(): Promise<void> {
    this.socket.destroy();
    await this.closed;
  }

  // ── the few requests that most tests need ──

  async createTopic(
    name: string,
    options: { partitions?: number; configs?: Record<string, string> } = {},
  ): Promise<MetadataTopic> {
    const configs = Object.entries(options.configs ?? {}).map(([key, value]) => ({ key, value }));
    await this.request(CreateTopic, {
      name,
      partitions: options.partitions ?? 1,
      replicas: 1,
      configs,
      validateOnly: false,
    });
    return this.topic(name);
  }

  deleteTopic(name: string): Promise<{ topicId: string }> {
    return this.request(DeleteTopic, { name });
  }

  async topic(name: string): Promise<MetadataTopic> {
    const { topics } = await this.request(Metadata, { topics: [name] });
    return topics[0]!;
  }

  async produce(
    topicId: string,
    records: Buffer,
    options: { partition?: number; leaderEpoch?: number; timeoutMs?: number } = {},
  ): Promise<ProduceResponsePartition> {
    const { partition = 0, leaderEpoch = -1, timeoutMs = 5_000 } = options;
    const answer = await this.request(Produce, {
      timeoutMs,
      traceContexts: [],
      topics: [{ topicId, partitions: [{ partition, leaderEpoch, records }] }],
    });
    return answer.topics[0]!.partitions[0]!;
  }

  async fetch(
    topicId: string,
    fetchOffset: number,
    options: {
      partition?: number;
      leaderEpoch?: number;
      maxWaitMs?: number;
      minBytes?: number;
      maxBytes?: number;
    } = {},
  ): Promise<FetchResponsePartition> {
    const { partition = 0, leaderEpoch = -1, maxWaitMs = 0, minBytes = 1, maxBytes = 1 << 20 } = options;
    const partitions = [{ partition, leaderEpoch, fetchOffset, maxBytes }];
    const answer = await this.request(Fetch, {
      maxWaitMs,
      minBytes,
      maxBytes,
      isolation: 0,
      throttleWaitMs: -1,
      topics: [{ topicId, partitions }],
    });
    return answer.topics[0]!.partitions[0]!;
  }

  #take(chunk: Buffer): void {
    this.#decoder.push(chunk);
    for (let frame = this.#decoder.next(); frame !== null; frame = this.#decoder.next()) {
      const { correlationId } = decodeResponseHeader(frame);
      const waiting = this.#waiting.get(correlationId);
      this.#waiting.delete(correlationId);
      if (waiting !== undefined) waiting.resolve(frame);
      else this.stray.push(frame);
    }
    for (const wake of this.#strayWaiters.splice(0)) wake();
  }
}
