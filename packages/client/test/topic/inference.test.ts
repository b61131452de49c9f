import { describe, expectTypeOf, it } from 'vitest';
import { z } from 'zod';

import type { Consumer } from '../../src/consumer/consumer.ts';
import type { Message } from '../../src/consumer/message.ts';
import type { Producer } from '../../src/producer/producer.ts';
import type { ProducerRecord } from '../../src/producer/record.ts';
import type { Q } from '../../src/q.ts';
import { topic } from '../../src/topic/topic.ts';
import type { BytesIn, Topic } from '../../src/topic/topic.ts';

type RecordOf<T> = T extends Topic<infer KI, infer VI, unknown, unknown> ? ProducerRecord<KI, VI> : never;
type MessageOf<C> = C extends Consumer<infer K, infer V> ? Message<K, V> : never;

const Price = z.object({ amount: z.string().transform(Number), currency: z.string().default('EUR') });
const Prices = topic('prices', { key: z.string(), value: Price });
const Bytes = topic('bytes');
const Raw = topic('raw', { value: Price, onInvalid: 'raw' });
const Deleted = topic('deleted', { key: z.string(), value: Price, tombstones: true });
const Texts = topic('texts', { valueCodec: 'string' });

// Only for its types.
declare const q: Q;
const consumerOf = {
  prices: () => q.consumer(Prices),
  bytes: () => q.consumer(Bytes),
  named: () => q.consumer('bytes'),
  raw: () => q.consumer(Raw),
  deleted: () => q.consumer(Deleted),
  texts: () => q.consumer(Texts),
};

describe('types', () => {
  it('B4 takes the input of the schema on send', () => {
    expectTypeOf<RecordOf<typeof Prices>['key']>().toEqualTypeOf<string>();
    expectTypeOf<RecordOf<typeof Prices>['value']>().toEqualTypeOf<{ amount: string; currency?: string | undefined }>();
    expectTypeOf<RecordOf<typeof Deleted>['value']>().toEqualTypeOf<{
      amount: string;
      currency?: string | undefined;
    } | null>();
    expectTypeOf<RecordOf<typeof Bytes>['value']>().toEqualTypeOf<BytesIn>();
    expectTypeOf<{ key: string }>().not.toExtend<RecordOf<typeof Prices>>();
    expectTypeOf<{ value: string }>().toExtend<RecordOf<typeof Bytes>>();
  });

  it('B4 gives the output of the schema on consume', () => {
    type Prices = MessageOf<ReturnType<typeof consumerOf.prices>>;
    expectTypeOf<Prices['key']>().toEqualTypeOf<string>();
    expectTypeOf<Prices['value']>().toEqualTypeOf<{ amount: number; currency: string }>();
    expectTypeOf<MessageOf<ReturnType<typeof consumerOf.bytes>>['value']>().toEqualTypeOf<Buffer | null>();
    expectTypeOf<MessageOf<ReturnType<typeof consumerOf.named>>['key']>().toEqualTypeOf<Buffer | null>();
    expectTypeOf<MessageOf<ReturnType<typeof consumerOf.raw>>['value']>().toEqualTypeOf<
      { amount: number; currency: string } | Buffer | null
    >();
    expectTypeOf<MessageOf<ReturnType<typeof consumerOf.deleted>>['value']>().toEqualTypeOf<{
      amount: number;
      currency: string;
    } | null>();
    expectTypeOf<MessageOf<ReturnType<typeof consumerOf.texts>>['value']>().toEqualTypeOf<string | null>();
  });

  it('B4 tells of the record that is wrong, and not of the topic', () => {
    // Of overloads the compiler tells what the last one has against the call: that a typed topic is no text. So there
    // is one signature, and what is left to be wrong is the record.
    expectTypeOf<Parameters<Producer['send']>[0]>().not.toEqualTypeOf<string>();
    expectTypeOf<Parameters<Producer['sendBatch']>[0]>().not.toEqualTypeOf<string>();
    expectTypeOf<Parameters<Producer['enqueue']>[0]>().not.toEqualTypeOf<string>();
    type SendPrices = Producer['send'] extends (
      topic: typeof Prices,
      record: { key: string; value: { amount: number } },
    ) => unknown
      ? true
      : false;
    type SendBytes = Producer['send'] extends (topic: string, record: { value: number }) => unknown ? true : false;
    expectTypeOf<SendPrices>().toEqualTypeOf<false>();
    expectTypeOf<SendBytes>().toEqualTypeOf<false>();
    const generic = <K, V>(
      producer: Producer,
      to: Topic<K, V, unknown, unknown>,
      record: ProducerRecord<K, V>,
    ): unknown => producer.send(to, record);
    expectTypeOf(generic).toBeFunction();
  });

  it('B4 infers both from the topic in the calls themselves', () => {
    const send = (): unknown => q.producer().send(Prices, { key: 'k', value: { amount: '1' } });
    const sendName = (): unknown => q.producer().send('bytes', { value: 'text', key: null });
    const enqueue = (): boolean => q.producer().enqueue(Deleted, { key: 'k', value: null });
    expectTypeOf(send).toBeFunction();
    expectTypeOf(sendName).toBeFunction();
    expectTypeOf(enqueue).toBeFunction();
    type Send = (record: RecordOf<typeof Prices>) => void;
    expectTypeOf<Send>().parameter(0).not.toEqualTypeOf<ProducerRecord>();
  });
});
