import { once } from 'node:events';
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { FrameDecoder, iterateBatches, iterateRecords } from '@q/protocol';
import { fetch } from '../packages/kafka-gateway/src/messages/fetch.ts';
import { createTopics } from '../packages/kafka-gateway/src/messages/create-topics.ts';
import { produce } from '../packages/kafka-gateway/src/messages/produce.ts';
import type { Api } from '../packages/kafka-gateway/src/messages/api.ts';
import { readAnswer, requestFrame } from '../packages/kafka-gateway/test/frames.ts';

/** The last versions in which topics have names instead of ids. */
const version = { produce: 12, fetch: 12, createTopics: 5 } as const;
const frameBytesMax = 256 << 20;
const timeoutMs = 30_000;

/** A request as a client sends it, with its length. */
export function kafkaRequestBytes<Q, QIn, A, AIn>(
  api: Api<Q, QIn, A, AIn>,
  o: { readonly version: number; readonly correlationId?: number; readonly body: QIn },
): Buffer {
  const frame = requestFrame(api, { correlationId: 1, ...o });
  const length = Buffer.alloc(4);
  length.writeUInt32BE(frame.length);
  return Buffer.concat([length, frame]);
}

/** FETCH of one partition, as much as fits in `maxBytes`. */
export function kafkaFetchBody(
  topic: string,
  o: { readonly partition?: number; readonly from: number; readonly maxBytes: number; readonly maxWaitMs?: number },
) {
  const { partition = 0, from: fetchOffset, maxBytes, maxWaitMs = 0 } = o;
  const partitions = [{ partition, fetchOffset, partitionMaxBytes: maxBytes }];
  return { maxWaitMs, minBytes: 1, maxBytes, isolationLevel: 0, topics: [{ topic, partitions }] };
}

/**
 * The Kafka protocol with nothing on top of it: what is sent is what the test says, no more and no less. Answers come
 * in the order of requests, or the connection is done with.
 */
export class KafkaConnection implements AsyncDisposable {
  readonly #socket: Socket;
  readonly #waiting: { readonly correlationId: number; readonly answered: (frame: Buffer | Error) => void }[] = [];
  #correlationId = 0;

  private constructor(socket: Socket) {
    this.#socket = socket;
    const decoder = new FrameDecoder({ frameBytesMax });
    socket.on('data', (chunk: Buffer) => {
      decoder.push(chunk);
      for (let frame = decoder.next(); frame !== null; frame = decoder.next()) this.#answer(frame);
    });
    socket.on('error', () => socket.destroy());
    socket.on('close', () => this.#end());
  }

  static async open(port: number): Promise<KafkaConnection> {
    const socket = connect({ host: '127.0.0.1', port, noDelay: true });
    await once(socket, 'connect');
    return new KafkaConnection(socket);
  }

  /** Sends one request and waits for its answer. @throws Error when the connection is closed before it comes */
  async ask<Q, QIn, A, AIn>(api: Api<Q, QIn, A, AIn>, apiVersion: number, body: QIn): Promise<A> {
    const correlationId = ++this.#correlationId;
    const { promise, resolve } = Promise.withResolvers<Buffer | Error>();
    this.#waiting.push({ correlationId, answered: resolve });
    this.#socket.write(kafkaRequestBytes(api, { version: apiVersion, correlationId, body }));
    const frame = await promise;
    if (frame instanceof Error) throw frame;
    return readAnswer(api, apiVersion, frame).body;
  }

  async createTopic(name: string, config: Readonly<Record<string, string>> = {}): Promise<void> {
    const configs = Object.entries(config).map(([key, value]) => ({ name: key, value }));
    const topics = [{ name, numPartitions: 1, replicationFactor: 1, assignments: [], configs }];
    const answer = await this.ask(createTopics, version.createTopics, { topics, timeoutMs, validateOnly: false });
    const { errorCode } = answer.topics[0]!;
    if (errorCode !== 0) throw new Error(`the topic ${name} was not made: ${errorCode}`);
  }

  /** Sends one batch to partition 0. Resolves with its error code and the offset of its first record. */
  async produce(topic: string, batch: Buffer): Promise<{ errorCode: number; baseOffset: number }> {
    const partitionData = [{ index: 0, records: [batch] }];
    const body = { acks: -1, timeoutMs, topicData: [{ name: topic, partitionData }] };
    return (await this.ask(produce, version.produce, body)).responses[0]!.partitionResponses[0]!;
  }

  /** All values of a partition, from its beginning to where it ends now. */
  async readValues(topic: string, partition: number): Promise<string[]> {
    const values: string[] = [];
    for (let next = 0; ;) {
      const query = kafkaFetchBody(topic, { partition, from: next, maxBytes: 1 << 20 });
      const answer = await this.ask(fetch, version.fetch, query);
      const { errorCode, highWatermark, records } = answer.responses[0]!.partitions[0]!;
      if (errorCode !== 0) throw new Error(`a fetch from ${next} is answered with ${errorCode}`);
      for (const batch of iterateBatches(Buffer.concat(records ?? []))) {
        for (const record of iterateRecords(batch)) {
          if (record.offset < next) continue;
          values.push(record.valueText() ?? '');
          next = record.offset + 1;
        }
      }
      if (next >= highWatermark) return values;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#socket.closed) return;
    const closed = once(this.#socket, 'close');
    this.#socket.destroy();
    await closed;
  }

  #answer(frame: Buffer): void {
    const first = this.#waiting.shift();
    if (first?.correlationId === frame.readInt32BE()) first.answered(frame);
    else {
      first?.answered(new Error('answers come in another order than their requests'));
      this.#socket.destroy();
    }
  }

  #end(): void {
    for (const { answered } of this.#waiting.splice(0))
      answered(new Error('the connection was closed before the answer came'));
  }
}
