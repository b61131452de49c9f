import type { Api } from '../apis/api.ts';
import { QError } from '../errors.ts';
import { checkVersion, decodeBody, encodeBody } from './body.ts';
import { HeadSizes } from './head-sizes.ts';
import { finishFrame, startFrame, writeCorrelationId } from './length.ts';

// A request on the wire, with its length field:
//
//     0        4        6            8               12
//     | length | apiKey | apiVersion | correlationId | body …
//       u32      u16      u16          u32

const headerBytes = 8;
const headSizes = new HeadSizes();

/** What stands before the body of a request. */
export interface RequestHeader {
  readonly apiKey: number;
  readonly apiVersion: number;
  readonly correlationId: number;
  /** Where the body begins in the payload. */
  readonly bodyOffset: 8;
}

/** A request to encode. */
export interface RequestOptions<Q> {
  readonly version: number;
  /** Comes back in the answer; u32. */
  readonly correlationId: number;
  readonly body: Q;
}

/**
 * Encodes a request with its length field, as a list of buffers to be sent in their order. Long `bytes` fields of the
 * body are in the list by reference and must not change until they are sent; the other buffers belong to the caller.
 *
 * @throws QError INVALID_REQUEST (a value does not fit its field; the message names it) or UNSUPPORTED_VERSION
 */
export function encodeRequest<Q, A>(api: Api<Q, A>, options: RequestOptions<Q>): Buffer[] {
  checkVersion(api, options.version);
  const writer = headSizes.writerFor(api);
  startFrame(writer);
  writer.u16(api.key);
  writer.u16(options.version);
  writeCorrelationId(writer, options.correlationId);
  encodeBody(writer, options.body, { struct: api.request, version: options.version });
  headSizes.note(api, writer);
  return finishFrame(writer);
}

/**
 * Reads the header of a request from its payload (as {@link FrameDecoder} gives it).
 *
 * @throws QError MALFORMED_FRAME
 */
export function decodeRequestHeader(frame: Buffer): RequestHeader {
  if (frame.length < headerBytes) {
    throw new QError(
      'MALFORMED_FRAME',
      `a request has a header of ${headerBytes} bytes, this frame has ${frame.length}`,
    );
  }
  return {
    apiKey: frame.readUInt16BE(0),
    apiVersion: frame.readUInt16BE(2),
    correlationId: frame.readUInt32BE(4),
    bodyOffset: headerBytes,
  };
}

/**
 * Reads the body of a request from its payload. `bytes` fields are views of the payload.
 *
 * @throws QError MALFORMED_FRAME (the message names the field) or UNSUPPORTED_VERSION
 */
export function decodeRequestBody<Q, A>(api: Api<Q, A>, version: number, frame: Buffer): Q {
  checkVersion(api, version);
  return decodeBody(frame, headerBytes, { struct: api.request, version });
}
