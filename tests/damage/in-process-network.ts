import {
  decodeErrorBody,
  decodeResponseBody,
  decodeResponseHeader,
  encodeRequest,
  FrameDecoder,
  Hello,
  helloMagic,
  protocolLimits,
} from '@q/protocol';
import type { Api } from '@q/protocol';
import type { ListenOptions, Listener, Network, StreamEvents } from '@q/broker';

/**
 * A network of one broker and its clients in the same process, without sockets: thousands of brokers a minute can be
 * asked something. Fits the broker's port `Network`.
 */
export class InProcessNetwork implements Network {
  #accept: ListenOptions['accept'] | null = null;

  async listen(options: ListenOptions): Promise<Listener> {
    this.#accept = options.accept;
    return { host: options.host, port: options.port === 0 ? 1 : options.port, close: async () => undefined };
  }

  /** A client that has said hello. */
  async connect(): Promise<InProcessClient> {
    if (this.#accept === null) throw new Error('nobody listens');
    const client = new InProcessClient(this.#accept);
    await client.call(Hello, { magic: helloMagic, clientId: 'in-process', software: 'q-tests', softwareVersion: '0' });
    return client;
  }
}

/** One request at a time, as bytes, to the broker that has accepted it. */
export class InProcessClient {
  readonly #events: StreamEvents;
  readonly #decoder = new FrameDecoder({ frameBytesMax: protocolLimits.frameBytesMax });
  #waiting: ((frame: Buffer) => void) | null = null;
  #correlationId = 0;

  constructor(accept: ListenOptions['accept']) {
    this.#events = accept({
      remoteAddress: '127.0.0.1',
      localAddress: '127.0.0.1',
      write: (buffers, written) => {
        this.#take(Buffer.concat(buffers));
        written();
      },
      pauseReading: () => undefined,
      resumeReading: () => undefined,
      end: () => this.#events.closed(),
      destroy: () => this.#events.closed(),
    });
  }

  /** Throws the QError of an error answer. */
  async call<Q, A>(api: Api<Q, A>, body: Q): Promise<A> {
    const correlationId = ++this.#correlationId;
    const answer = Promise.withResolvers<Buffer>();
    this.#waiting = answer.resolve;
    this.#events.data(Buffer.concat(encodeRequest(api, { version: api.versions.max, correlationId, body })));
    const frame = await answer.promise;
    if (decodeResponseHeader(frame).errorCode !== 0) throw decodeErrorBody(frame);
    return decodeResponseBody(api, api.versions.max, frame);
  }

  close(): void {
    this.#events.closed();
  }

  #take(bytes: Buffer): void {
    this.#decoder.push(bytes);
    for (let frame = this.#decoder.next(); frame !== null; frame = this.#decoder.next()) this.#waiting?.(frame);
  }
}
