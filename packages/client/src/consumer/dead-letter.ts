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
export async function sendDeadLetter(
  producer: Producer,
  o: { to: string; source: RecordSource; record: RecordView; issues: SchemaIssues },
): Promise<void> {
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

/** Only the options name the dead letter topic: its own error would be taken for one of the topic that is read. */
function notBuried(cause: QError, o: { to: string; source: RecordSource; record: RecordView }): QError {
  const { topic, partition } = o.source;
  const { offset } = o.record;
  const what = `The record of topic "${topic}", partition ${partition}, offset ${offset} does not match its schema`;
  const message = `${what} and could not be sent to the dead letter topic "${o.to}": ${cause.message}`;
  return new QError(cause.code, message, {
    cause,
    details: { ...cause.details, topic, partition, offset, deadLetter: o.to },
  });
}

function letterOf({ key, value, timestampMs }: RecordView, headers: PlainRecord['headers']): PlainRecord {
  return { key, value, headers, timestampMs: timestampMs < 0 ? undefined : timestampMs };
}
