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
  /** The record is committed in a transaction of this id; absent: it is in none. */
  readonly transactionalId?: string;
}

const { url, topic, transactionalId } = workerOptions<FirstAckOptions>();
await report('waiting');
const q = await connect(url, { retry: { initialMs: 5, maxMs: 20 }, connectTimeoutMs: 60_000 });
await q.admin.createTopic(topic);
const record = { value: 'still here' };
const { durability } =
  transactionalId === undefined
    ? await q.producer().send(topic, record)
    : await q.producer({ transactionalId }).transaction((tx) => tx.send(topic, record));
if (durability !== 'fsync') throw new Error(`the acknowledgement means ${durability}`);
await report('result');
