import {
  apis,
  decodeErrorBody,
  decodeRequestBody,
  decodeRequestHeader,
  decodeResponseBody,
  decodeResponseHeader,
  encodeRequest,
  encodeResponse,
  FrameDecoder,
  QError,
} from '@q/protocol';
import type { Api } from '@q/protocol';
import { errorPayloads, payloadsOf, requestFrames } from './corpus.ts';
import { Contradiction } from './target.ts';
import type { FuzzTarget } from './target.ts';

const smallBytes = 1 << 20;
const frameBytesMax = 4_096;
const lengthBytes = 4;

/** Every message of every API in every version, the error body, and the cutting of frames. */
export function messageTargets(): FuzzTarget[] {
  const perVersion = apis.flatMap((api) =>
    versionsOf(api).flatMap((version) => [requestTarget(api, version), responseTarget(api, version)]),
  );
  return [...perVersion, errorTarget, frameTarget];
}

function versionsOf({ versions: { min, max } }: Api<unknown, unknown>): number[] {
  return Array.from({ length: max - min + 1 }, (_, index) => min + index);
}

function requestTarget(api: Api<unknown, unknown>, version: number): FuzzTarget {
  return {
    name: `${api.name} request ${version}`,
    corpus: payloadsOf('requests', api.name, version),
    allocatedBytesMax: smallBytes,
    decode: (input) => {
      const { correlationId, apiKey } = decodeRequestHeader(input);
      const body = decodeRequestBody(api, version, input);
      // The header is the frame's business, not the body's.
      if (apiKey !== api.key || input.readUInt16BE(2) !== version) return;
      checkOneForm(input, encodeRequest(api, { version, correlationId, body }));
    },
  };
}

function responseTarget(api: Api<unknown, unknown>, version: number): FuzzTarget {
  return {
    name: `${api.name} answer ${version}`,
    corpus: payloadsOf('responses', api.name, version),
    allocatedBytesMax: smallBytes,
    decode: (input) => {
      const { correlationId } = decodeResponseHeader(input);
      const body = decodeResponseBody(api, version, input);
      checkOneForm(input, encodeResponse(api, { version, correlationId, body }));
    },
  };
}

/** A message has one encoding: what was decoded must come out as the same bytes. */
function checkOneForm(payload: Buffer, encoded: readonly Buffer[]): void {
  if (!Buffer.concat(encoded).subarray(lengthBytes).equals(payload))
    throw new Contradiction('a message was accepted that is written in another form');
}

const errorTarget: FuzzTarget = {
  name: 'error answer',
  corpus: errorPayloads,
  allocatedBytesMax: smallBytes,
  decode: (input) => {
    decodeResponseHeader(input);
    if (!QError.is(decodeErrorBody(input))) throw new Contradiction('an error body gave no error');
  },
};

/** A stream of frames, whole and in pieces: both must cut it the same way, or fail with the same error. */
const frameTarget: FuzzTarget = {
  name: 'frame decoder',
  corpus: [
    Buffer.concat(requestFrames.slice(0, 6)),
    ...requestFrames.slice(0, 40),
    Buffer.from('GET / HTTP/1.1\r\n\r\n'),
  ],
  allocatedBytesMax: smallBytes,
  decode: (input) => {
    const whole = cut(input, input.length);
    const pieces = cut(input, 1 + (input.length % 7));
    if (whole !== pieces) throw new Contradiction('a stream in pieces is cut in another way');
  },
};

/** The frames of the stream, and the error at its end, as one text. */
function cut(stream: Buffer, pieceBytes: number): string {
  const decoder = new FrameDecoder({ frameBytesMax });
  const frames: string[] = [];
  try {
    for (let at = 0; at < stream.length; at += pieceBytes) {
      decoder.push(stream.subarray(at, at + pieceBytes));
      for (let frame = decoder.next(); frame !== null; frame = decoder.next()) frames.push(frame.toString('latin1'));
    }
    return `${frames.join('|')} ${decoder.bufferedBytes}`;
  } catch (error) {
    if (!QError.is(error)) throw error;
    return `${frames.join('|')} ${error.code}`;
  }
}
