import type { RecordSource, RecordView } from '@q/protocol';

import type { Producer } from '../producer/producer.ts';
import type { SchemaIssues } from '../topic/schema-issues.ts';

/** Headers that say where a dead letter came from, and why. */
export const deadLetterHeaders = {
  topic: 'q-dead-letter-topic',
  partition: 'q-dead-letter-partition',
  offset: 'q-dead-letter-offset',
  reason: 'q-dead-letter-reason',
} as const;

/** Sends a record to a dead letter topic: bytes, headers and time as they are, with its origin beside them. */
export async function sendDeadLetter(producer: Producer, o: { to: string; source: RecordSource; record: RecordView; issues: SchemaIssues }): Promise<void> {
  const { source, record, issues } = o;
  const origin: [string, string][] = [
    [deadLetterHeaders.topic, source.topic],
    [deadLetterHeaders.partition, String(source.partition)],
    [deadLetterHeaders.offset, String(record.offset)],
    [deadLetterHeaders.reason, `${issues.part}: ${issues.message}`],
  ];
  const headers = [...record.headers, ...origin.map(([key, value]) => ({ key, value: Buffer.from(value) }))];
  await producer.send(o.to, { key: record.key, value: record.value, headers, timestampMs: record.timestampMs < 0 ? undefined : record.timestampMs });
}
