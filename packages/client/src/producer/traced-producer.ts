import type { BytesIn, Topic } from '../topic/topic.ts';
import type { RecordToTrace, TracedSend, Tracing } from '../tracing/tracing.ts';
import type { SendResult } from './delivery.ts';
import type { CloseResult, Producer } from './producer.ts';
import type { ProducerRecord } from './record.ts';
import { headersOf, withHeaders } from './record-check.ts';

/**
 * A producer whose sends are traced: a span for each call, and its context in the headers of the records. What is no
 * record, or none that can be read, goes on as it is: the producer says what is wrong with it.
 */
export class TracedProducer implements Producer {
  readonly #producer: Producer;
  readonly #tracing: Tracing;

  constructor(producer: Producer, tracing: Tracing) {
    this.#producer = producer;
    this.#tracing = tracing;
  }

  get bufferedBytes(): number {
    return this.#producer.bufferedBytes;
  }

  async send<KI = BytesIn, VI = BytesIn, KO = unknown, VO = unknown>(
    topic: Topic<KI, VI, KO, VO> | string,
    record: ProducerRecord<NoInfer<KI>, NoInfer<VI>>,
  ): Promise<SendResult> {
    const name = nameOf(topic);
    const toTrace = asTraced(record);
    if (name === null || toTrace === null) return this.#producer.send(topic, record);
    const span = this.#tracing.send({ topic: name, records: [toTrace], isBatch: false });
    const sending = this.#producer.send(topic, withHeaders(record, span.headers[0] ?? []));
    return this.#ended(span, sending, (result) => [result]);
  }

  async sendBatch<KI = BytesIn, VI = BytesIn, KO = unknown, VO = unknown>(
    topic: Topic<KI, VI, KO, VO> | string,
    records: readonly ProducerRecord<NoInfer<KI>, NoInfer<VI>>[],
  ): Promise<SendResult[]> {
    const name = nameOf(topic);
    const toTrace = Array.isArray(records) ? Array.from(records, asTraced) : [];
    if (name === null || toTrace.length === 0 || !areAll(toTrace)) return this.#producer.sendBatch(topic, records);
    const span = this.#tracing.send({ topic: name, records: toTrace, isBatch: true });
    const sending = this.#producer.sendBatch(
      topic,
      records.map((record, at) => withHeaders(record, span.headers[at] ?? [])),
    );
    return this.#ended(span, sending, (results) => results);
  }

  enqueue<KI = BytesIn, VI = BytesIn, KO = unknown, VO = unknown>(
    topic: Topic<KI, VI, KO, VO> | string,
    record: ProducerRecord<NoInfer<KI>, NoInfer<VI>>,
  ): boolean {
    const name = nameOf(topic);
    const toTrace = asTraced(record);
    if (name === null || toTrace === null) return this.#producer.enqueue(topic, record);
    return this.#producer.enqueue(topic, withHeaders(record, this.#tracing.headersFor(name, toTrace)));
  }

  ready(): Promise<void> {
    return this.#producer.ready();
  }

  flush(options?: { readonly signal?: AbortSignal }): Promise<void> {
    return this.#producer.flush(options);
  }

  close(options?: { readonly timeoutMs?: number }): Promise<CloseResult> {
    return this.#producer.close(options);
  }

  [Symbol.asyncDispose](): PromiseLike<void> {
    return this.#producer[Symbol.asyncDispose]();
  }

  async #ended<T>(span: TracedSend, sending: Promise<T>, results: (sent: T) => readonly SendResult[]): Promise<T> {
    try {
      const sent = await sending;
      span.succeeded(results(sent));
      return sent;
    } catch (thrown) {
      span.failed(thrown);
      throw thrown;
    }
  }
}

function areAll(records: readonly (RecordToTrace | null)[]): records is readonly RecordToTrace[] {
  return records.every((record) => record !== null);
}

/** Null: what was given for a topic is none. */
function nameOf(topic: unknown): string | null {
  if (typeof topic === 'string') return topic;
  const name: unknown = typeof topic === 'object' && topic !== null ? Reflect.get(topic, 'name') : null;
  return typeof name === 'string' ? name : null;
}

/** Null: it is no record, or none that can be read. */
function asTraced(record: unknown): RecordToTrace | null {
  try {
    if (typeof record !== 'object' || record === null) return null;
    const messageId: unknown = Reflect.get(record, 'messageId');
    return {
      headers: headersOf(Reflect.get(record, 'headers')),
      messageId: typeof messageId === 'string' ? messageId : null,
    };
  } catch {
    // A getter or a proxy may throw anything; so it will when the producer reads it, which then says so.
    return null;
  }
}
