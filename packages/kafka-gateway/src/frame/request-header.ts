/**
 * What a frame begins with, behind its length. The client id keeps its i16 length in every layout.
 *
 *   request   apiKey int16 │ apiVersion int16 │ correlationId int32 │ clientId string? │ flexible: tagged fields
 *   answer    correlationId int32 │ flexible, but not of ApiVersions: tagged fields
 */
import { WireFault } from '../wire/fault.ts';
import { int16Length } from '../wire/scalars.ts';
import { WireReader } from '../wire/reader.ts';
import { wireLimits } from '../wire/limits.ts';

/** The part of a header that every request has, in whatever version. */
export interface RequestHead {
  readonly apiKey: number;
  readonly apiVersion: number;
  readonly correlationId: number;
}

export interface RequestHeader extends RequestHead {
  /** Null when the client does not name itself. */
  readonly clientId: string | null;
  /** Where the body begins in the frame. */
  readonly bodyAt: number;
}

/** @throws WireFault */
export function readRequestHead(frame: Buffer): RequestHead {
  const reader = new WireReader(frame);
  return { apiKey: reader.int16(), apiVersion: reader.int16(), correlationId: reader.int32() };
}

/** @throws WireFault */
export function readRequestHeader(frame: Buffer, head: RequestHead, isFlexible: boolean): RequestHeader {
  const reader = new WireReader(frame, requestHeadBytes);
  const length = int16Length.read(reader);
  if (length < -1) throw new WireFault(`a length of ${length} is neither a length nor null`);
  const clientId = length === -1 ? null : reader.text(length);
  if (isFlexible) skipTaggedFields(reader);
  return { ...head, clientId, bodyAt: reader.position };
}

const requestHeadBytes = 8;

function skipTaggedFields(reader: WireReader): void {
  const count = reader.varint();
  if (count > wireLimits.taggedFieldsMax) throw new WireFault(`${count} tagged fields are too many`);
  for (let index = 0; index < count; index += 1) {
    reader.varint();
    reader.skip(reader.varint());
  }
}
