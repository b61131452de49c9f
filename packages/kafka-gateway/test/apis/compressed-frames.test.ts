/**
 * Frames of each codec as clients write them, and which of them Kafka takes: Kafka 4.3.1 with eight clients, and these
 * bytes with Kafka 4.4.0, seen on the wire 2026-11-30.
 * They are made by hand, so that no codec of ours has a say in them.
 */
import { compress, encodeBatch } from '@q/protocol';
import { describe, expect, it } from 'vitest';
import { kafkaBroker, RawClient } from '../harness.ts';
import { nativeClient, readNatively } from '../native.ts';
import { batchAt, batchOf, changed, sendOne } from '../producing.ts';

const codec = { gzip: 1, snappy: 2, lz4: 3, zstd: 4 } as const;
type Codec = keyof typeof codec;

const plain = encodeBatch([{ key: 'k', value: 'hello', timestampMs: 1_700_000_000_000 }]);
const records = plain.subarray(batchAt.records);
const zeros = Buffer.alloc(4);

/** The batch with this in the place of its records. */
function packed(name: Codec, section: Buffer): Buffer {
  const made = Buffer.concat([plain.subarray(0, batchAt.records), section]);
  made.writeInt32BE(made.length - 12, 8);
  return changed(made, () => made.writeInt16BE(codec[name], batchAt.attributes));
}

const hex = (text: string): Buffer => Buffer.from(text, 'hex');

/** A frame of one block that is stored as it is. `checks`: what stands behind the block, and behind the last one. */
function lz4(header: string, { block = '', content = '' } = {}, section = records): Buffer {
  const size = Buffer.alloc(4);
  size.writeUInt32LE(0x8000_0000 + section.length);
  return Buffer.concat([hex(`04224d18${header}`), size, section, hex(block), zeros, hex(content)]);
}

/** What XXH32 makes of the records. */
const checksum = '68fbf1a3';

function lengthBefore(section: Buffer): Buffer {
  const length = Buffer.alloc(4);
  length.writeInt32BE(section.length);
  return Buffer.concat([length, section]);
}

/** One literal. */
const rawSnappy = Buffer.concat([Buffer.from([records.length, (records.length - 1) << 2]), records]);

/** A frame of one raw block, with a window of 2^`windowLog` bytes. */
function zstd(windowLog: number, section = records): Buffer {
  const head = Buffer.alloc(3);
  head.writeUIntLE((section.length << 3) | 1, 0, 3);
  return Buffer.concat([hex('28b52ffd00'), Buffer.from([(windowLog - 10) << 3]), head, section]);
}

const halves = [records.subarray(0, 5), records.subarray(5)] as const;

const taken: readonly (readonly [string, Codec, Buffer])[] = [
  ['lz4 of Java, librdkafka and platformatic: flags 0x60', 'lz4', lz4('604082')],
  ['lz4 of franz-go and sarama: flags 0x64, a checksum of the content', 'lz4', lz4('6440a7', { content: checksum })],
  ['lz4 of kafka-python: flags 0x68, the size of the content', 'lz4', lz4('68400d000000000000008c')],
  ['lz4 of aiokafka: flags 0x70, checksums of blocks', 'lz4', lz4('7040ad', { block: checksum })],
  ['raw snappy of librdkafka, franz-go and platformatic', 'snappy', rawSnappy],
  [
    'xerial snappy of Java, sarama and aiokafka',
    'snappy',
    Buffer.concat([hex('82534e41505059000000000100000001'), lengthBefore(rawSnappy)]),
  ],
  ['one member of gzip, as every client writes it', 'gzip', compress('gzip', records)],
  ['zstd with a window of 2^27', 'zstd', zstd(27)],
  // The zlib of Node 24 reads the first one only.
  ['two frames of zstd, both of which are read', 'zstd', Buffer.concat(halves.map((half) => zstd(17, half)))],
];

const refused: readonly (readonly [string, Codec, Buffer])[] = [
  // Kafka says 87 to the second frame of lz4, and -1 to linked blocks, Google's framing and the window.
  ['lz4 of lz4js, cramjam and Python above one block: linked', 'lz4', lz4('4040c0')],
  ['a second frame of lz4', 'lz4', Buffer.concat(halves.map((half) => lz4('604082', {}, half)))],
  [
    'snappy in the framing of Google',
    'snappy',
    Buffer.concat([hex('ff060000734e61507059'), hex('01110000'), zeros, records]),
  ],
  // Clients read it differently, one of them silently wrong; Kafka takes it.
  ['two members of gzip', 'gzip', Buffer.concat(halves.map((half) => compress('gzip', half)))],
  ['zstd with a window of 2^28', 'zstd', zstd(28)],
];

async function setUp() {
  const { broker, kafkaPort } = await kafkaBroker();
  const q = await nativeClient(broker);
  await q.admin.createTopic('orders');
  return { q, client: await RawClient.connect(kafkaPort) };
}

describe('compressed batches as clients write them', () => {
  it.each(taken)('B1 %s: taken, and read natively', async (_what, name, section) => {
    const { q, client } = await setUp();
    expect(await sendOne(client, { name: 'orders' }, packed(name, section))).toMatchObject({ errorCode: 0 });
    const [message] = await readNatively(q, 'orders', 1);
    expect(String(message!.value)).toBe('hello');
  });

  it.each(refused)('B1 %s: refused for good', async (_what, name, section) => {
    const { client } = await setUp();
    const answer = await sendOne(client, { name: 'orders' }, packed(name, section));
    // Not 2, at which clients send the same again and again.
    expect(answer).toMatchObject({ errorCode: 87, baseOffset: -1, errorMessage: expect.stringContaining(name) });
    expect(await sendOne(client, { name: 'orders' }, batchOf('next'))).toMatchObject({ errorCode: 0, baseOffset: 0 });
  });
});
