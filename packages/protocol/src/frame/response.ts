import type { Api } from '../apis/api.ts';
import { QError } from '../errors.ts';
import { checkVersion, decodeBody, encodeBody } from './body.ts';
import { decodeErrorBody } from './error-response.ts';
import { HeadSizes } from './head-sizes.ts';
import { finishFrame, startFrame, writeCorrelationId } from './length.ts';

// An answer on the wire, with its length field:
//
//     0        4               8           10
//     | length | correlationId | errorCode | body …
//       u32      u32             i16
//
// errorCode 0: the body is the response of the API, in the version of the request. Any other: see error-response.ts.

const headerBytes = 6;
const headSizes = new HeadSizes();

/** What stands before the body of an answer. */
export interface ResponseHeader {
  readonly correlationId: number;
  /** 0, or the number of an error; then the body is an error body. */
  readonly errorCode: number;
  /** Where the body begins in the payload. */
  readonly bodyOffset: 6;
}

/** An answer to encode. */
export interface ResponseOptions<A> {
  /** The version of the request. */
  readonly version: number;
  readonly correlationId: number;
  readonly body: A;
}

/**
 * Encodes an answer with its length field, as a list of buffers to be sent in their order. Long `bytes` fields of the
 * body are in the list by reference and must not change until they are sent; the other buffers belong to the caller.
 *
 * @throws QError INVALID_REQUEST (a value does not fit its field; the message names it) or UNSUPPORTED_VERSION
 */
export function encodeResponse<Q, A>(api: Api<Q, A>, options: ResponseOptions<A>): Buffer[] {
  checkVersion(api, options.version);
  const writer = headSizes.writerFor(api);
  startFrame(writer);
  writeCorrelationId(writer, options.correlationId);
  writer.i16(0);
  encodeBody(writer, options.body, { struct: api.response, version: options.version });
  headSizes.note(api, writer);
  return finishFrame(writer);
}

/**
 * Reads the header of an answer from its payload (as {@link FrameDecoder} gives it).
 *
 * @throws QError MALFORMED_FRAME
 */
export function decodeResponseHeader(frame: Buffer): ResponseHeader {
  if (frame.length < headerBytes) {
    throw new QError(
      'MALFORMED_FRAME',
      `an answer has a header of ${headerBytes} bytes, this frame has ${frame.length}`,
    );
  }
  return { correlationId: frame.readUInt32BE(0), errorCode: frame.readInt16BE(4), bodyOffset: headerBytes };
}

/**
 * Reads the body of an answer from its payload. `bytes` fields are views of the payload.
 *
 * @throws QError the error that the answer carries, if it carries one; MALFORMED_FRAME (the message names the field);
 * UNSUPPORTED_VERSION
 */
export function decodeResponseBody<Q, A>(api: Api<Q, A>, version: number, frame: Buffer): A {
  checkVersion(api, version);
  if (decodeResponseHeader(frame).errorCode !== 0) throw decodeErrorBody(frame);
  return decodeBody(frame, headerBytes, { struct: api.response, version });
}
