import { QError } from '@q/protocol';
import type { RecordSource, RecordView } from '@q/protocol';

import type { Producer } from '../producer/producer.ts';
import type { PlainRecord } from '../producer/record.ts';
import { toQError } from '../retry.ts';
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
  try {
    await producer.send(o.to, letterOf(record, headers));
  } catch (thrown) {
    throw notBuried(toQError(thrown, 'sending a dead letter'), o);
  }
}

/** The dead letter topic is named by nobody but the options: its own error would be taken for one of the topic that is read. */
function notBuried(cause: QError, { to, source, record }: { to: string; source: RecordSource; record: RecordView }): QError {
  const { topic, partition } = source;
  const { offset } = record;
  const message = `The record of topic "${topic}", partition ${partition}, offset ${offset} does not match its schema and could not be sent to the dead letter topic "${to}"`;
  return new QError(cause.code, `${message}: ${cause.message}`, { cause, details: { ...cause.details, topic, partition, offset, deadLetter: to } });
}

function letterOf({ key, value, timestampMs }: RecordView, headers: PlainRecord['headers']): PlainRecord {
  return { key, value, headers, timestampMs: timestampMs < 0 ? undefined : timestampMs };
}
