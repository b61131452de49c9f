/**
 * The honest client of the hostile mix, in a process of its own, so that what it sees is the broker's doing: sends a
 * record every few milliseconds, whatever became of the ones before, and notes how long each took to be acknowledged
 * and to come back to its consumer.
 *
 * Every record that is acknowledged must come back once, and in its order.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { connect } from '@q/client';
import { answerParent } from './child.ts';
import { everyMs } from './honest-rate.ts';
import { latencyOf } from './latency.ts';
import type { Latency } from './latency.ts';

const troublesMax = 20;

export interface Latencies {
  readonly produce: Latency;
  /** From the call of `send` to the loop that reads it. */
  readonly fetch: Latency;
}

export interface HonestEnd {
  readonly acknowledged: number;
  readonly read: number;
  readonly troubles: readonly string[];
}

const q = await connect(process.argv[2]!);
const topic = 'honest';
await q.admin.createTopic(topic);
const producer = q.producer();
const consumer = q.consumer(topic, { from: 'earliest' });

const troubles: string[] = [];
const sentAt = new Map<number, number>();
let produceMs: number[] = [];
let fetchMs: number[] = [];
let sent = 0;
let acknowledged = 0;
let read = 0;
let isStopping = false;
const open = new Set<Promise<void>>();

const reading = readAll();
const sending = sendAll();

answerParent({ begin, latencies, end });

/** Resolves when a record has made the whole way. */
async function begin(): Promise<void> {
  while (read === 0) await pause(everyMs);
  produceMs = [];
  fetchMs = [];
}

/** Since `begin`, or the last time that it was asked. */
function latencies(): Latencies {
  const found = { produce: latencyOf(produceMs), fetch: latencyOf(fetchMs) };
  produceMs = [];
  fetchMs = [];
  return found;
}

async function end(): Promise<HonestEnd> {
  isStopping = true;
  await sending;
  await Promise.all(open);
  // Only what was acknowledged has to come; the parent's patience is the limit.
  while (read < acknowledged) await pause(everyMs);
  await consumer.close();
  await reading;
  return { acknowledged, read, troubles };
}

async function sendAll(): Promise<void> {
  while (!isStopping) {
    const sending_ = sendOne(sent++).finally(() => open.delete(sending_));
    open.add(sending_);
    await pause(everyMs);
  }
}

async function sendOne(number: number): Promise<void> {
  const startedAt = performance.now();
  sentAt.set(number, startedAt);
  try {
    await producer.send(topic, { value: String(number) });
    acknowledged += 1;
    produceMs.push(performance.now() - startedAt);
  } catch (error) {
    complain(`record ${number} was not acknowledged: ${String(error)}`);
  }
}

async function readAll(): Promise<void> {
  let expected = 0;
  for await (const { value } of consumer) {
    const number = Number(value);
    if (number !== expected) complain(`record ${number} came where ${expected} was due`);
    expected = number + 1;
    read += 1;
    fetchMs.push(performance.now() - sentAt.get(number)!);
    sentAt.delete(number);
  }
}

function complain(trouble: string): void {
  if (troubles.length < troublesMax) troubles.push(trouble);
}
