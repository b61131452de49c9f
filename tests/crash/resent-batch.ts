import { encodeBatch, InitProducer } from '@q/protocol';
import { expect } from 'vitest';
import { WireConnection } from '../wire-connection.ts';

const topic = 'resent';

/**
 * A producer that speaks the protocol itself, so that it can send the very same batch again: before a crash it gets an
 * acknowledgement, after the crash it behaves as if that had been lost.
 */
export class ResentBatch {
  readonly #producerId: number;
  readonly #producerEpoch: number;
  #sequence = 0;
  #lastBatch: Buffer | null = null;
  #lastOffset = -1;

  private constructor(identity: { producerId: number; producerEpoch: number }) {
    this.#producerId = identity.producerId;
    this.#producerEpoch = identity.producerEpoch;
  }

  static async create(url: string): Promise<ResentBatch> {
    await using connection = await WireConnection.open(url);
    await connection.createTopic(topic);
    return new ResentBatch(
      await connection.call(InitProducer, {
        producerId: -1,
        producerEpoch: -1,
        transactionalId: null,
        transactionTimeoutMs: -1,
      }),
    );
  }

  /** Sends the last batch again, which must get its first offset and not be stored twice; then a new one. */
  async resendThenSend(url: string): Promise<void> {
    await using connection = await WireConnection.open(url);
    const to = { topicId: await connection.topicId(topic), partition: 0 };
    if (this.#lastBatch !== null) {
      const again = await connection.produce(to, this.#lastBatch);
      expect(again).toMatchObject({ errorCode: 0, duplicate: true, baseOffset: this.#lastOffset });
    }
    const batch = this.#nextBatch();
    const answer = await connection.produce(to, batch);
    expect(answer).toMatchObject({ errorCode: 0, duplicate: false, baseOffset: this.#sequence - 2 });
    this.#lastBatch = batch;
    this.#lastOffset = answer.baseOffset;
  }

  #nextBatch(): Buffer {
    const baseSequence = this.#sequence;
    this.#sequence += 2;
    const records = [
      { value: Buffer.from(`resent ${baseSequence}`) },
      { value: Buffer.from(`resent ${baseSequence + 1}`) },
    ];
    return encodeBatch(records, {
      producerId: this.#producerId,
      producerEpoch: this.#producerEpoch,
      baseSequence,
      timestampMs: Date.now(),
    });
  }
}
