/*
 * One member of a group in a process of its own, to be killed: consumes and acknowledges until then.
 */
import { connect } from '@q/client';
import { report, workerOptions } from '../measure/worker-channel.ts';

export interface GroupMemberOptions {
  readonly url: string;
  readonly topic: string;
  readonly group: string;
  readonly sessionTimeoutMs: number;
  /** It says `ready` once it owns so many partitions. */
  readonly partitions: number;
}

const { url, topic, group, sessionTimeoutMs, partitions } = workerOptions<GroupMemberOptions>();
const q = await connect(url);
const consumer = q.consumer(topic, { group, sessionTimeoutMs });
let said = false;
for await (const message of consumer) {
  message.ack();
  if (said || consumer.partitions.length !== partitions) continue;
  said = true;
  await report('ready', { owned: consumer.partitions });
}
