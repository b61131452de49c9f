import { randomUUID } from 'node:crypto';
import { connect } from '@q/client';
import type { Consumer, Producer, Q, RecordHeaders, SendResult } from '@q/client';
import { ClientProxy } from '@nestjs/microservices';
import type { ReadPacket, WritePacket } from '@nestjs/microservices';
import { failedHeader, headerOf, idHeader, Keyed, replyToHeader, topicOf } from './q-topic.ts';
import type { JsonTopic } from './q-topic.ts';

export interface QClientOptions {
  readonly url: string;
  /** Where answers to this service go. All of its instances read all of them, and take their own. */
  readonly replyTopic: string;
}

interface Connected {
  readonly q: Q;
  readonly producer: Producer;
}

/**
 * `emit` resolves when the broker has acknowledged the event; `send` gives the one answer of a `@MessagePattern`.
 * An answer may never come: always `send(…).pipe(timeout(5_000))`, which also forgets the request.
 */
export class QClientProxy extends ClientProxy {
  readonly #options: QClientOptions;
  readonly #replies: JsonTopic;
  readonly #waiting = new Map<string, (packet: WritePacket) => void>();
  #connecting: Promise<Connected> | undefined;

  constructor(options: QClientOptions) {
    super();
    this.#options = options;
    this.#replies = topicOf(options.replyTopic);
  }

  /** Nest calls it before each `send` and `emit`. One that failed is tried anew. */
  connect(): Promise<Connected> {
    this.#connecting ??= this.#connect().catch((error: unknown) => {
      this.#connecting = undefined;
      throw error;
    });
    return this.#connecting;
  }

  async close(): Promise<void> {
    const connecting = this.#connecting;
    this.#connecting = undefined;
    if (connecting !== undefined) await (await connecting).q.close();
  }

  unwrap<T>(): T {
    return this.#connecting as T;
  }

  protected async dispatchEvent<T>(packet: ReadPacket): Promise<T> {
    return (await this.#send(packet, {})) as T;
  }

  protected publish(packet: ReadPacket, callback: (packet: WritePacket) => void): () => void {
    const id = randomUUID();
    this.#waiting.set(id, callback);
    const headers = { [replyToHeader]: this.#replies.name, [idHeader]: id };
    this.#send(packet, headers).catch((err: unknown) => this.#settle(id, { err }));
    return () => void this.#waiting.delete(id); // called when nobody listens any more
  }

  async #send({ pattern, data }: ReadPacket, headers: RecordHeaders): Promise<SendResult> {
    const { producer } = await this.connect();
    const record = data instanceof Keyed ? { key: data.key, value: data.value } : { value: data as unknown };
    return await producer.send(topicOf(this.normalizePattern(pattern as string)), { ...record, headers });
  }

  async #connect(): Promise<Connected> {
    const q = await connect(this.#options.url);
    try {
      await q.admin.ensureTopic(this.#replies.name, { partitions: 1, config: { 'retention.ms': '1h' } });
      const consumer = q.consumer(this.#replies, { from: 'latest' });
      await consumer.ready(); // no answer to what is sent from here on is missed
      void this.#read(consumer);
      return { q, producer: q.producer() };
    } catch (error) {
      await q.close();
      throw error;
    }
  }

  /** Until the client closes, or cannot go on: then all who wait hear of it, and the next `send` connects anew. */
  async #read(consumer: Consumer<string | null, unknown>): Promise<void> {
    let err: unknown = new Error('The client was closed before the answer came');
    try {
      for await (const message of consumer) {
        const id = headerOf(message, idHeader) ?? '';
        const isFailed = headerOf(message, failedHeader) !== undefined;
        this.#settle(id, isFailed ? { err: message.value } : { response: message.value });
      }
    } catch (error) {
      err = error;
      await this.close();
    }
    for (const id of this.#waiting.keys()) this.#settle(id, { err });
  }

  #settle(id: string, packet: WritePacket): void {
    this.#waiting.get(id)?.({ ...packet, isDisposed: true });
    this.#waiting.delete(id);
  }
}
