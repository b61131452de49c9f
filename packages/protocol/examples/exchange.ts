// One request and its answer, as bytes: what a connection sends and receives.
import {
  decodeRequestBody,
  decodeRequestHeader,
  decodeResponseBody,
  encodeBatch,
  encodeRequest,
  encodeResponse,
  FrameDecoder,
  iterateRecords,
  Produce,
} from '@q/protocol';

const topicId = '6f1c2a8e-04b7-4d0e-9a55-7e3f8b1d2c60';

// The client: records become one batch, the batch goes into a request.
const records = encodeBatch([{ key: 'customer-1', value: '{"amount":12.5}' }], {
  codec: 'zstd',
  timestampMs: 1_763_800_000_000,
});
const request = encodeRequest(Produce, {
  version: 0,
  correlationId: 1,
  body: {
    timeoutMs: 30_000,
    topics: [{ topicId, partitions: [{ partition: 0, leaderEpoch: -1, records }] }],
    traceContexts: [],
  },
});

// The broker: chunks of any size go in, frames come out.
const incoming = new FrameDecoder({ frameBytesMax: 16 * 1024 * 1024 });
for (const buffer of request) incoming.push(buffer);
const frame = incoming.next();
if (frame === null) throw new Error('the frame is not complete yet');

const { apiKey, apiVersion, correlationId } = decodeRequestHeader(frame);
const [topic] = decodeRequestBody(Produce, apiVersion, frame).topics;
const batch = topic!.partitions[0]!.records; // a view of the frame, never copied
for (const record of iterateRecords(batch)) console.log(`api ${apiKey} ${record.keyText()} -> ${record.valueText()}`);

const answer = encodeResponse(Produce, {
  version: apiVersion,
  correlationId,
  body: {
    topics: [
      {
        topicId,
        partitions: [
          {
            partition: 0,
            errorCode: 0,
            errorMessage: null,
            baseOffset: 1042,
            logAppendTimeMs: -1,
            logStartOffset: 0,
            duplicate: false,
            durability: 0,
          },
        ],
      },
    ],
    retryAfterMs: 0,
    throttleTimeMs: 0,
  },
});

// The client again. An answer that carries an error would be thrown as a QError here.
const outgoing = new FrameDecoder({ frameBytesMax: 16 * 1024 * 1024 });
for (const buffer of answer) outgoing.push(buffer);
const { topics } = decodeResponseBody(Produce, 0, outgoing.next()!);
console.log(`stored at offset ${topics[0]!.partitions[0]!.baseOffset}`);
