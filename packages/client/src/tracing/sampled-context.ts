import type { RecordHeader } from '@q/protocol';

const traceparentBytes = 55;

/**
 * The trace context of a record that is sampled, for the broker, which knows W3C's `traceparent` alone and does not
 * look into records; null where there is none. Whether it is valid the broker finds out.
 */
export function sampledContext(headers: readonly RecordHeader[]): string | null {
  const value = headers.findLast(({ key }) => key === 'traceparent')?.value ?? null;
  if (value === null || value.length !== traceparentBytes) return null;
  const text = Buffer.from(value.buffer, value.byteOffset, value.length).toString('latin1');
  const flags = Number.parseInt(text.slice(-2), 16);
  return (flags & 1) === 1 ? text : null;
}
