import type { Q } from '@q/client';
import type { CommandContext } from '../command-context.ts';
import { usageError } from '../command-error.ts';

export interface BenchTopicOptions {
  /** Of somebody else: neither made nor deleted. */
  readonly topic?: string;
  readonly partitions?: number;
  /** Leave the one that was made. */
  readonly keep?: boolean;
}

/** Should the command be killed, the records do not stay for ever. */
const retentionMs = 3_600_000;

/** Measures in a topic of its own, and deletes it whatever comes of it; or in the one that was named. */
export async function inBenchTopic<T>(
  q: Q,
  o: { context: CommandContext; options: BenchTopicOptions; what: string },
  measure: (topic: string) => Promise<T>,
): Promise<T> {
  const { options, context } = o;
  if (options.topic !== undefined) {
    if (options.partitions !== undefined) throw usageError('--partitions does not go with --topic, which has some');
    // Asked for its check alone.
    await q.admin.describeTopic(options.topic);
    return measure(options.topic);
  }
  const topic = `q-bench-${o.what}-${process.pid}-${Date.now().toString(36)}`;
  await q.admin.createTopic(topic, {
    partitions: options.partitions ?? 1,
    config: { 'retention.ms': retentionMs, 'segment.ms': retentionMs },
  });
  try {
    return await measure(topic);
  } finally {
    if (options.keep === true) context.stderr.write(`${topic} is kept\n`);
    else await q.admin.deleteTopic(topic).catch((error: Error) => tellLeftOver(context, topic, error));
  }
}

function tellLeftOver(context: CommandContext, topic: string, error: Error): void {
  context.stderr.write(`${topic} could not be deleted, and is left over: ${error.message}\n`);
}
