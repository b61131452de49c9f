/*
 * Consumers, each with a connection of its own, that read a topic from its start, slower than it is written: after each
 * batch they wait for as long as it may take them. They go on until the process is ended.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { connect } from '@q/client';
import type { Q } from '@q/client';
import { report, workerOptions } from '../measure/worker-channel.ts';

export interface SlowConsumersOptions {
  readonly url: string;
  readonly topic: string;
  readonly consumers: number;
  /** Of values, each of them. */
  readonly bytesPerSecond: number;
}

const { url, topic, consumers, bytesPerSecond } = workerOptions<SlowConsumersOptions>();
const clients = await Promise.all(Array.from({ length: consumers }, () => connect(url)));

async function read(q: Q): Promise<void> {
  for await (const batch of q.consumer(topic, { from: 'earliest' }).batches()) {
    let valueBytes = 0;
    for (const { value } of batch.records) valueBytes += value?.length ?? 0;
    await sleep((valueBytes * 1000) / bytesPerSecond);
  }
}

const reading = Promise.all(clients.map(read));
await report('ready');
await reading;
