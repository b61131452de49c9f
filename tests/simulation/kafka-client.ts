import { FrameDecoder } from '@q/protocol';
import type { ProcessClock } from '@q/testkit';
import type { Api } from '../../packages/kafka-gateway/src/messages/api.ts';
import { readAnswer } from '../../packages/kafka-gateway/test/frames.ts';
import { kafkaRequestBytes } from '../kafka-connection.ts';
import { kafkaAddress } from './simulated-broker.ts';
import type { World } from './world.ts';

const requestTimeoutMs = 2_000;
const frameBytesMax = 16 << 20;

/** A request has no answer: its connection is gone, or it took too long. Whether it was served nobody knows. */
export class NoAnswer extends Error {
  override readonly name = 'NoAnswer';
}

/** Null for a request without an answer. Any other error is a mistake of somebody. */
export function noAnswer(error: unknown): null {
  if (error instanceof NoAnswer) return null;
  throw error;
}

interface Waiting {
  readonly correlationId: number;
  readonly answered: (frame: Buffer) => void;
  readonly lost: (error: NoAnswer) => void;
}

interface Connected {
  readonly send: (bytes: Buffer) => void;
  readonly destroy: () => void;
  readonly waiting: Waiting[];
}

/**
 * The Kafka protocol in a simulated process, over one connection at a time: a new one is opened by the request that
 * finds none.
 *
 * Invariants
 * - Answers come in the order of requests, or the broker has broken a promise.
 * - A request settles by an answer or by `NoAnswer`, unless its process dies.
 */
export class KafkaClient {
  readonly #world: World;
  readonly #clock: ProcessClock;
  #connected: Promise<Connected> | null = null;
  #correlationId = 0;

  constructor(world: World, clock: ProcessClock) {
    this.#world = world;
    this.#clock = clock;
  }

  /** @throws NoAnswer */
  async ask<Q, QIn, A, AIn>(
    api: Api<Q, QIn, A, AIn>,
    version: number,
    body: QIn,
    { timeoutMs = requestTimeoutMs }: { readonly timeoutMs?: number } = {},
  ): Promise<A> {
    const connected = await (this.#connected ??= this.#connect());
    const correlationId = ++this.#correlationId;
    const answer = Promise.withResolvers<Buffer>();
    const timer = this.#clock.schedule(timeoutMs, () => connected.destroy());
    connected.waiting.push({ correlationId, answered: answer.resolve, lost: answer.reject });
    connected.send(kafkaRequestBytes(api, { version, correlationId, body }));
    const frame = await answer.promise.finally(() => timer.cancel());
    return readAnswer(api, version, frame).body;
  }

  async close(): Promise<void> {
    const connected = await this.#connected?.catch(() => null);
    connected?.destroy();
  }

  #connect(): Promise<Connected> {
    const opened = Promise.withResolvers<Connected>();
    const waiting: Waiting[] = [];
    const decoder = new FrameDecoder({ frameBytesMax, chunksAreLent: true });
    const wire = this.#world.network.forClient(this.#clock).connect(kafkaAddress, {
      onOpen: () => opened.resolve(connected),
      onData: (chunk) => {
        decoder.push(chunk);
        for (let frame = decoder.next(); frame !== null; frame = decoder.next()) this.#answered(waiting, frame);
      },
      onDrain: () => undefined,
      onClose: () => {
        timer.cancel();
        this.#connected = null;
        opened.reject(new NoAnswer('not connected'));
        for (const { lost } of waiting.splice(0)) lost(new NoAnswer('the connection is gone'));
      },
    });
    const connected: Connected = {
      send: (bytes) => void wire.write([bytes]),
      destroy: () => wire.destroy(),
      waiting,
    };
    const timer = this.#clock.schedule(requestTimeoutMs, () => wire.destroy());
    opened.promise.then(
      () => timer.cancel(),
      () => undefined,
    );
    return opened.promise;
  }

  #answered(waiting: Waiting[], frame: Buffer): void {
    const first = waiting.shift();
    const correlationId = frame.readInt32BE();
    if (first?.correlationId === correlationId) first.answered(frame);
    else this.#world.problem(`request ${first?.correlationId} of a Kafka client is answered as ${correlationId}`);
  }
}
