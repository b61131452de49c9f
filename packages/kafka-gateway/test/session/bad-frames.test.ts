/** Requests that are none: each closes its own connection without an answer, and nobody else notices. */
import { describe, expect, it } from 'vitest';
import { apiVersions } from '../../src/messages/api-versions.ts';
import { fetch } from '../../src/messages/fetch.ts';
import { metadata } from '../../src/messages/metadata.ts';
import { produce } from '../../src/messages/produce.ts';
import { WireWriter } from '../../src/wire/writer.ts';
import { kafkaBroker, RawClient, requestFrame } from '../harness.ts';

const named = { clientSoftwareName: 'raw', clientSoftwareVersion: '1.0' };

/** A frame of the fields that `write` writes. */
function frameOf(write: (writer: WireWriter) => void): Buffer {
  const writer = new WireWriter();
  write(writer);
  return Buffer.concat(writer.finish());
}

/** The head of a request in front of what `write` writes: an int16 client id, and whatever the version wants then. */
function headed(head: { key: number; version: number }, write: (writer: WireWriter) => void): Buffer {
  return frameOf((writer) => {
    writer.int16(head.key);
    writer.int16(head.version);
    writer.int32(1);
    write(writer);
  });
}

/** ApiVersions in version 3, with a body that `write` writes. */
function flexible(write: (writer: WireWriter) => void): Buffer {
  return headed({ key: 18, version: 3 }, (writer) => {
    writer.int16(-1);
    write(writer);
  });
}

/** The two texts of ApiVersions 3 in their compact form. */
function writeNames(writer: WireWriter): void {
  for (let field = 0; field < 2; field += 1) {
    writer.varint(2);
    writer.text('x', 1);
  }
}

const nothing = Buffer.alloc(0);
const emptyFetch = { maxWaitMs: 0, minBytes: 0, maxBytes: 0, isolationLevel: 0, topics: [] };

const badFrames: Readonly<Record<string, Buffer>> = {
  'an API that does not exist': headed({ key: 999, version: 0 }, (writer) => writer.int16(-1)),
  'a negative API': headed({ key: -1, version: 0 }, (writer) => writer.int16(-1)),
  'an API for brokers only': headed({ key: 4, version: 0 }, (writer) => writer.int16(-1)),
  'a version that is too new': headed({ key: 3, version: 14 }, (writer) => writer.int16(-1)),
  'a negative version': headed({ key: 3, version: -1 }, (writer) => writer.int16(-1)),
  'a version that is too old': headed({ key: 1, version: 3 }, (writer) => writer.int16(-1)),
  'no header': Buffer.from('0012', 'hex').subarray(0, 2),
  'half a header': Buffer.from('001200000000', 'hex'),
  'no client id': headed({ key: 18, version: 0 }, () => undefined),
  'a client id of minus two': headed({ key: 18, version: 0 }, (writer) => writer.int16(-2)),
  'a client id beyond the frame': headed({ key: 18, version: 0 }, (writer) => writer.int16(0x7fff)),
  'a client id that is no UTF-8': headed({ key: 18, version: 0 }, (writer) => {
    writer.int16(2);
    writer.raw(Buffer.from('c328', 'hex'));
  }),
  'half a body': requestFrame(metadata, {
    version: 1,
    correlationId: 1,
    body: { topics: [{ name: 'orders' }] },
  }).subarray(0, -3),
  'null where there is none': flexible((writer) => {
    writer.varint(0);
    for (const byte of [0, 1, 0]) writer.varint(byte);
  }),
  'a varint of five full bytes': flexible((writer) => {
    writer.varint(0);
    writer.raw(Buffer.from('ffffffffff', 'hex'));
  }),
  'a text longer than the frame': flexible((writer) => {
    writer.varint(0);
    writer.varint(10_000);
    writer.raw(Buffer.from('short'));
  }),
  'more tagged fields than there are bytes': flexible((writer) => {
    writer.varint(0);
    writeNames(writer);
    writer.varint(9_000);
  }),
  'more tagged fields than anybody has': flexible((writer) => {
    writer.varint(0);
    writeNames(writer);
    writer.varint(10_001);
    for (let tag = 0; tag < 10_001; tag += 1) writeTag(writer, tag, nothing);
  }),
  'more tagged fields in the header than anybody has': flexible((writer) => {
    writer.varint(10_001);
    for (let tag = 0; tag < 10_001; tag += 1) writeTag(writer, tag, nothing);
    writeNames(writer);
    writer.varint(0);
  }),
  'tagged fields out of order': flexible((writer) => {
    writer.varint(0);
    writeNames(writer);
    writer.varint(2);
    writeTag(writer, 7, nothing);
    writeTag(writer, 6, nothing);
  }),
  'a tagged field twice': flexible((writer) => {
    writer.varint(0);
    writeNames(writer);
    writer.varint(2);
    writeTag(writer, 7, nothing);
    writeTag(writer, 7, nothing);
  }),
  'a tagged field larger than the frame': flexible((writer) => {
    writer.varint(0);
    writeNames(writer);
    writer.varint(1);
    writer.varint(7);
    writer.varint(1_000);
  }),
  'a known tagged field that is shorter than it says': Buffer.concat([
    requestFrame(fetch, { version: 12, correlationId: 1, body: emptyFetch }).subarray(0, -1),
    // One tagged field: tag 0, three bytes, of which the text of one letter takes two.
    Buffer.from('010003027800', 'hex'),
  ]),
  'an array of a negative count': headed({ key: 3, version: 1 }, (writer) => {
    writer.int16(-1);
    writer.int32(-2);
  }),
  'an array of more elements than bytes': headed({ key: 3, version: 1 }, (writer) => {
    writer.int16(-1);
    writer.int32(0x7fff_ffff);
  }),
  'an array of more than a million elements': headed({ key: 3, version: 1 }, (writer) => {
    writer.int16(-1);
    writer.int32(1_000_001);
    writer.raw(Buffer.alloc(2 * 1_000_001));
  }),
  'arrays of more than a million elements together': requestFrame(produce, {
    version: 3,
    correlationId: 1,
    body: {
      acks: 1,
      timeoutMs: 0,
      topicData: Array.from({ length: 1_001 }, () => ({
        name: '',
        partitionData: Array.from({ length: 999 }, () => ({ index: 0, records: null })),
      })),
    },
  }),
};

function writeTag(writer: WireWriter, tag: number, value: Buffer): void {
  writer.varint(tag);
  writer.varint(value.length);
  writer.raw(value);
}

describe('a frame that is no request', () => {
  it.each(Object.entries(badFrames))('B1 %s closes its connection, and no other', async (_, frame) => {
    const { kafkaPort } = await kafkaBroker();
    const [honest, hostile] = [await RawClient.connect(kafkaPort), await RawClient.connect(kafkaPort)];
    expect((await hostile.ask(apiVersions, 0, named)).errorCode).toBe(0);
    hostile.sendFrame(frame);
    expect(await hostile.nextFrame()).toBeNull();
    expect((await honest.ask(apiVersions, 0, named)).errorCode).toBe(0);
  });
});

describe('bytes that are no frame', () => {
  const lengths: Readonly<Record<string, string>> = {
    'a length of nothing': '00000000',
    'a length shorter than a header': '0000000500120000000000',
    'a negative length': 'ffffffff',
    'a length beyond the limit': '7fffffff',
    'an HTTP request': Buffer.from('GET / HTTP/1.1\r\n\r\n').toString('hex'),
    'a TLS greeting': '1603010200010001fc0303',
  };

  it.each(Object.entries(lengths))('B1 %s closes the connection, and nothing is sent', async (_, hex) => {
    const { kafkaPort } = await kafkaBroker();
    const client = await RawClient.connect(kafkaPort);
    client.socket.write(Buffer.from(hex, 'hex'));
    expect(await client.nextFrame()).toBeNull();
    expect(client.socket.bytesRead).toBe(0);
  });

  it('B1 half a frame and no more does no harm', async () => {
    const { kafkaPort } = await kafkaBroker();
    const client = await RawClient.connect(kafkaPort);
    client.socket.end(Buffer.from('000000100012', 'hex'));
    expect(await client.nextFrame()).toBeNull();
  });

  it('B1 half a frame that stays so is not waited for without end', async () => {
    const { kafkaPort } = await kafkaBroker({ limits: { frameTimeoutMs: 50, sweepIntervalMs: 10 } });
    const client = await RawClient.connect(kafkaPort);
    await client.ask(apiVersions, 0, named);
    client.socket.write(Buffer.from('000000100012', 'hex'));
    expect(await client.nextFrame()).toBeNull();
  });

  it('B1 a client that says nothing is not waited for without end', async () => {
    const { kafkaPort } = await kafkaBroker({ limits: { idleTimeoutMs: 50, sweepIntervalMs: 10 } });
    const client = await RawClient.connect(kafkaPort);
    expect(await client.nextFrame()).toBeNull();
  });
});
