import { QError } from '../errors.ts';
import type { Writer } from '../schema/writer.ts';

const lengthBytes = 4;

/** Leaves room for the length field, which is known only at the end. */
export function startFrame(writer: Writer): void {
  writer.u32(0);
}

/** @throws QError INVALID_REQUEST */
export function writeCorrelationId(writer: Writer, correlationId: number): void {
  if (correlationId !== correlationId >>> 0) {
    throw new QError('INVALID_REQUEST', `a correlation id is an unsigned number of 32 bits, not ${correlationId}`);
  }
  writer.u32(correlationId);
}

/** Fills the length field in; gives the gather list. */
export function finishFrame(writer: Writer): Buffer[] {
  const payloadBytes = writer.bytesWritten - lengthBytes;
  const parts = writer.finish();
  parts[0]?.writeUInt32BE(payloadBytes, 0);
  return parts;
}
