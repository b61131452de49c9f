/*
 * The first acknowledgement of a broker that is about to start: tries to connect until it is there, and sends one
 * record.
 */
import { connect } from '@q/client';
import { report, workerOptions } from '../measure/worker-channel.ts';

export interface FirstAckOptions {
  readonly url: string;
  /** One that is not there yet. */
  readonly topic: string;
}

const { url, topic } = workerOptions<FirstAckOptions>();
await report('waiting');
const q = await connect(url, { retry: { initialMs: 5, maxMs: 20 }, connectTimeoutMs: 60_000 });
await q.admin.createTopic(topic);
const { durability } = await q.producer().send(topic, { value: 'still here' });
if (durability !== 'fsync') throw new Error(`the acknowledgement means ${durability}`);
await report('result');
