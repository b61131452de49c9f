/*
 * The product's producers, each with a connection of its own: `enqueue` until the buffer is full, `ready`, again;
 * `flush` at the end, so that every record that counts is acknowledged. Default settings but for what the case names.
 */
import type { Producer, ProducerOptions, Q, Transaction } from '@q/client';
import { recordValues } from '../ceiling/record-values.ts';
import { report, workerOptions } from '../measure/worker-channel.ts';
import { comeIn } from './way-in.ts';
import type { WayIn } from './way-in.ts';

export interface ProductProduceOptions {
  readonly url: string;
  readonly wayIn?: WayIn;
  readonly topic: string;
  readonly partitions: number;
  readonly producers: number;
  readonly durability: 'fsync' | 'interval' | 'os';
  /** Further settings of the topic. With some, `ready` is said once it is there. */
  readonly topicConfig?: Readonly<Record<string, string | number>>;
  readonly codec: NonNullable<ProducerOptions['compression']>;
  readonly valueBytes: number;
  readonly isVaried: boolean;
  /** In transactions that are open for so long; absent: in none. */
  readonly transactionMs?: number;
  readonly warmUpMs: number;
  readonly measureMs: number;
}

/** Asking for the time costs more than buffering a record, so it is asked once for this many bytes. */
const bytesPerLook = 32 << 10;

const options = workerOptions<ProductProduceOptions>();
const recordsPerLook = Math.max(1, Math.floor(bytesPerLook / options.valueBytes));
const clients = await Promise.all(Array.from({ length: options.producers }, () => comeIn(options)));
await clients[0]!.admin.createTopic(options.topic, {
  partitions: options.partitions,
  config: { durability: options.durability, ...options.topicConfig },
});
if (options.topicConfig !== undefined) await report('ready');
const records = recordValues(options).map((value) => ({ value }));

type Sending = Pick<Producer, 'enqueue' | 'ready'> | Pick<Transaction, 'enqueue' | 'ready'>;

async function sendThrough(producer: Sending, untilMs: number): Promise<number> {
  let sent = 0;
  while (performance.now() < untilMs) {
    for (let count = 0; count < recordsPerLook; count += 1) {
      // False: it was taken, and is to be the last one for now.
      if (!producer.enqueue(options.topic, records[sent % records.length]!)) await producer.ready();
      sent += 1;
    }
  }
  return sent;
}

/** Sends until then; what it returns is acknowledged. */
type Sender = (untilMs: number) => Promise<number>;

function plainSender(q: Q): Sender {
  const producer = q.producer({ compression: options.codec });
  return async (untilMs) => {
    const sent = await sendThrough(producer, untilMs);
    await producer.flush();
    return sent;
  };
}

function transactionalSender(q: Q, index: number, transactionMs: number): Sender {
  const producer = q.producer({ transactionalId: `bench-${index}`, compression: options.codec });
  return async (untilMs) => {
    let sent = 0;
    for (let nowMs = performance.now(); nowMs < untilMs; nowMs = performance.now()) {
      const endMs = Math.min(untilMs, nowMs + transactionMs);
      sent += await producer.transaction((tx) => sendThrough(tx, endMs));
    }
    return sent;
  };
}

const { transactionMs } = options;
const senders = clients.map((q, index) =>
  transactionMs === undefined ? plainSender(q) : transactionalSender(q, index, transactionMs),
);

async function sendFor(durationMs: number): Promise<number> {
  const untilMs = performance.now() + durationMs;
  const counts = await Promise.all(senders.map((send) => send(untilMs)));
  return counts.reduce((sum, count) => sum + count, 0);
}

await sendFor(options.warmUpMs);
await report('measuring');
const startMs = performance.now();
const sent = await sendFor(options.measureMs);
await report('result', { records: sent, elapsedMs: performance.now() - startMs });
